//! Logins: name and password for tokens, a refresh token for newer ones, and the end of both.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use d2d_api::{ProblemCode, Token};
use d2d_store::{Account, NewSession, RefreshToken, Refreshed};
use poem::http::HeaderValue;
use poem::http::header::RETRY_AFTER;
use uuid::Uuid;

use super::token::Claims;
use super::{Auth, Source, secret, token};
use crate::http::problem::Failure;

impl Auth {
    /// Tokens for the account of that name and password. Takes as long if there is none.
    pub(crate) async fn login(&self, name: &str, password: &str, from: Source) -> Result<Token, Failure> {
        self.admit(name, from)?;
        let account = self.store.account(name).await?;
        let hash = account.as_ref().map(|account| account.password_hash.as_str());
        let matches = self.passwords.verify(password, hash).await?;
        let account = account.filter(|account| matches && !account.disabled);
        self.settle(name, from, account.is_some())?;
        let Some(account) = account else {
            tracing::info!(account = name.escape_debug().to_string(), "a login was refused");
            return Err(Failure::new(ProblemCode::AuthBadCredentials, "there is no such account with that password"));
        };
        self.open_session(&account).await
    }

    /// Newer tokens for a refresh token, which can be used once.
    pub(crate) async fn refresh(&self, refresh_token: &str) -> Result<Token, Failure> {
        let now = Utc::now();
        let (new, kept) = self.new_refresh_token(now)?;
        let ends = self.session_end(now);
        match self.store.refresh_session(&secret::sha256(refresh_token), kept, ends).await? {
            Refreshed::Done { session, account } => self.tokens(&account.name, &session, new, now),
            Refreshed::Reused { account } => {
                tracing::warn!(account, "a refresh token was used a second time: its session was ended");
                Err(bad_refresh_token("it was used before, so its session was ended: log in again"))
            }
            Refreshed::Unknown => Err(bad_refresh_token("it is not one of ours, or it has ended: log in again")),
        }
    }

    /// Ends the session of a token, access or refresh, valid or not. One that is not ours is passed over.
    pub(crate) async fn revoke(&self, given: &str) -> Result<(), Failure> {
        if secret::is_refresh_token(given) {
            self.store.end_session_of(&secret::sha256(given)).await?;
        } else if let Some(kid) = token::key_name(given)
            && let Some(key) = self.keys.verifying(&kid).await?
            && let Ok(claims) = token::verify_signature(given, &key, &self.issuer)
        {
            self.store.end_session(&claims.sid).await?;
        }
        Ok(())
    }

    /// Whether that is the password of the account; counted as a login is.
    pub(crate) async fn is_password_of(
        &self,
        account: &Account,
        password: &str,
        from: Source,
    ) -> Result<bool, Failure> {
        self.admit(&account.name, from)?;
        let matches = self.passwords.verify(password, Some(&account.password_hash)).await?;
        self.settle(&account.name, from, matches)?;
        Ok(matches)
    }

    /// The hash of a new password.
    pub(crate) async fn hash(&self, password: &str) -> Result<String, Failure> {
        self.passwords.hash(password).await
    }

    /// Refuses a login of which too many have failed.
    fn admit(&self, name: &str, from: Source) -> Result<(), Failure> {
        let attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        attempts.wait(name, from, Instant::now()).map_or(Ok(()), |wait| Err(too_many(wait)))
    }

    /// Takes down how a login went.
    fn settle(&self, name: &str, from: Source, success: bool) -> Result<(), Failure> {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        attempts.settle(name, from, success, Instant::now()).map_err(too_many)
    }

    async fn open_session(&self, account: &Account) -> Result<Token, Failure> {
        let now = Utc::now();
        let (refresh_token, refresh) = self.new_refresh_token(now)?;
        let session = NewSession {
            id: Uuid::new_v4().simple().to_string(),
            account: account.name.clone(),
            generation: account.generation,
            expires_at: self.session_end(now),
            refresh,
        };
        let id = session.id.clone();
        self.store.create_session(session).await?;
        self.tokens(&account.name, &id, refresh_token, now)
    }

    fn new_refresh_token(&self, now: DateTime<Utc>) -> Result<(String, RefreshToken), Failure> {
        let token = secret::refresh_token()?;
        let kept = RefreshToken { sha256: secret::sha256(&token), expires_at: after(now, self.refresh_ttl) };
        Ok((token, kept))
    }

    /// When the last of the tokens ends that are given out now.
    fn session_end(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        after(now, self.refresh_ttl.max(self.token_ttl))
    }

    fn tokens(
        &self,
        account: &str,
        session: &str,
        refresh_token: String,
        now: DateTime<Utc>,
    ) -> Result<Token, Failure> {
        let claims = Claims::new(&self.issuer, account, session, now, self.token_ttl);
        Ok(Token {
            access_token: token::sign(&claims, &self.keys.signing())?,
            token_type: "Bearer".to_owned(),
            expires_in: self.token_ttl.as_secs(),
            refresh_token,
            refresh_expires_in: self.refresh_ttl.as_secs(),
        })
    }
}

fn after(now: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(by).ok().and_then(|by| now.checked_add_signed(by)).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

fn bad_refresh_token(detail: &str) -> Failure {
    Failure::new(ProblemCode::AuthBadRefreshToken, format!("the refresh token can't be used: {detail}"))
}

/// The refusal of a login that has to wait so long; whole seconds, so that it is let in when they are over.
fn too_many(wait: Duration) -> Failure {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let detail = format!("too many logins failed: try again in {seconds} seconds");
    Failure::new(ProblemCode::AuthRateLimited, detail).with_header(RETRY_AFTER, HeaderValue::from(seconds))
}

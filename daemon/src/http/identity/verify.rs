//! Whose access token or API key a request carries, and whether it is valid now.

use chrono::{DateTime, Utc};
use d2d_api::ProblemCode;
use d2d_store::{Account, ApiKeyRow};

use super::token::{Claims, TokenFault};
use super::{Auth, secret, token};
use crate::http::caller::{Caller, Credential};
use crate::http::problem::Failure;

impl Auth {
    /// Whose access token or API key that is.
    pub(in crate::http) async fn verify(&self, given: &str) -> Result<Caller, Failure> {
        if secret::is_api_key(given) { self.verify_api_key(given).await } else { self.verify_token(given).await }
    }

    /// Whose access token that is, if it is valid now, its session has not ended and its account stands as it did at the
    /// login.
    pub(in crate::http) async fn verify_token(&self, given: &str) -> Result<Caller, Failure> {
        let claims = self.claims(given).await?;
        let account = self.store.session_account(&claims.sid).await?.filter(|account| account.name == claims.sub);
        let account = account.ok_or_else(ended)?;
        Ok(of_session(account, claims.sid, DateTime::from_timestamp(claims.exp, 0)))
    }

    async fn claims(&self, given: &str) -> Result<Claims, Failure> {
        let kid = token::key_name(given).ok_or_else(|| bad_token("it is not one of ours"))?;
        let key = self.keys.verifying(&kid).await?;
        let key = key.ok_or_else(|| bad_token("it was signed with a key that is not known here"))?;
        token::verify(given, &key, &self.issuer).map_err(|fault| match fault {
            TokenFault::Expired => expired(),
            TokenFault::Invalid => bad_token("its signature or its claims are not valid"),
        })
    }

    async fn verify_api_key(&self, given: &str) -> Result<Caller, Failure> {
        let id = secret::api_key_id(given).ok_or_else(|| bad_token("it is not written like an API key"))?;
        let found = self.store.api_key(id).await?;
        let sha256 = secret::sha256(given);
        let (key, account) = found
            .filter(|(key, _)| secret::same(&key.sha256, &sha256))
            .ok_or_else(|| bad_token("there is no such API key, or its account is shut out"))?;
        let caller = of_api_key(account, key)?;
        self.note_use(id);
        Ok(caller)
    }
}

/// Somebody who came in with a token.
pub(super) fn of_session(account: Account, session: String, token_expires_at: Option<DateTime<Utc>>) -> Caller {
    let credential = Credential::Session(session);
    Caller { name: account.name, role: account.role, token_expires_at, credential }
}

/// Somebody who came in with an API key, if it has not ended.
pub(super) fn of_api_key(account: Account, key: ApiKeyRow) -> Result<Caller, Failure> {
    if key.expires_at.is_some_and(|at| at <= Utc::now()) {
        return Err(Failure::new(ProblemCode::AuthExpiredToken, "the API key has expired: make a new one"));
    }
    let credential = Credential::ApiKey { id: key.id, scopes: key.scopes };
    Ok(Caller { name: account.name, role: account.role, token_expires_at: key.expires_at, credential })
}

pub(super) fn expired() -> Failure {
    Failure::new(ProblemCode::AuthExpiredToken, "the token has expired: refresh it or log in again")
}

/// The refusal of a token whose session has ended.
pub(super) fn ended() -> Failure {
    bad_token("it ended when it was revoked or its account was changed: log in again")
}

fn bad_token(detail: &str) -> Failure {
    Failure::new(ProblemCode::AuthBadToken, format!("the token can't be used: {detail}"))
}

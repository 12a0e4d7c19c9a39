//! Accounts as HTTP needs them: checking passwords, giving out tokens, and telling whose token a request carries.

mod keys;
mod link;
mod password;
mod token;

use std::time::Duration;

use chrono::{DateTime, Utc};
use d2d_api::{ProblemCode, Token};
use d2d_config::Config;
use d2d_store::{Account, Store, StoreError};

pub(in crate::http) use self::link::{Target, bad_link};
pub(crate) use self::password::hash_password;

use self::keys::Keys;
use self::password::Passwords;
use self::token::{Claims, TokenFault};
use super::caller::Caller;
use super::problem::Failure;

/// Accounts and tokens.
pub(crate) struct Auth {
    store: Store,
    keys: Keys,
    passwords: Passwords,
    issuer: String,
    token_ttl: Duration,
}

/// Why accounts and tokens can't be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuthError {
    /// The store failed.
    #[error("accounts and signing keys can't be read: {0}")]
    Store(#[from] StoreError),
    /// A password can't be hashed.
    #[error("a password can't be hashed with these settings of `[auth]`: {0}")]
    Hash(String),
    /// A signing key can't be made or used.
    #[error("the signing key `{kid}` can't be used: {detail}")]
    Key {
        /// Its name.
        kid: String,
        /// What is wrong.
        detail: String,
    },
}

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        Self::internal(&error)
    }
}

impl Auth {
    /// The accounts and signing keys in `store`; the first signing key is made here.
    pub(crate) async fn new(config: &Config, store: Store) -> Result<Self, AuthError> {
        Ok(Self {
            keys: Keys::load(&store).await?,
            passwords: Passwords::new(&config.auth).await?,
            issuer: config.auth.issuer.clone(),
            token_ttl: config.auth.token_ttl,
            store,
        })
    }

    /// A token for the account of that name and password. Takes as long if there is none.
    pub(crate) async fn login(&self, name: &str, password: &str) -> Result<Token, Failure> {
        let account = self.store.account(name).await?;
        let hash = account.as_ref().map(|account| account.password_hash.as_str());
        let matches = self.passwords.verify(password, hash).await?;
        match account {
            Some(account) if matches && !account.disabled => self.token(&account),
            _ => {
                tracing::info!(account = name.escape_debug().to_string(), "a login was refused");
                Err(Failure::new(ProblemCode::AuthBadCredentials, "there is no such account with that password"))
            }
        }
    }

    fn token(&self, account: &Account) -> Result<Token, Failure> {
        let claims = Claims::new(&self.issuer, account, Utc::now(), self.token_ttl);
        let access_token = token::sign(&claims, &self.keys.signing())?;
        Ok(Token { access_token, token_type: "Bearer".to_owned(), expires_in: self.token_ttl.as_secs() })
    }

    /// Whose token that is, if it is valid now and its account still stands as it did when it was given out.
    pub(in crate::http) async fn verify(&self, token: &str) -> Result<Caller, Failure> {
        let claims = self.claims(token).await?;
        let account = self.store.account(&claims.sub).await?;
        let account = account
            .filter(|account| !account.disabled && account.generation == claims.generation)
            .ok_or_else(|| bad_token("it ended when its account was changed: log in again"))?;
        Ok(Caller { name: account.name, role: account.role, token_expires_at: DateTime::from_timestamp(claims.exp, 0) })
    }

    async fn claims(&self, token: &str) -> Result<Claims, Failure> {
        let kid = token::key_name(token).ok_or_else(|| bad_token("it is not one of ours"))?;
        let key = self.keys.verifying(&kid, &self.store).await?;
        let key = key.ok_or_else(|| bad_token("it was signed with a key that is not known here"))?;
        token::verify(token, &key, &self.issuer).map_err(|fault| match fault {
            TokenFault::Expired => Failure::new(ProblemCode::AuthExpiredToken, "the token has expired: log in again"),
            TokenFault::Invalid => bad_token("its signature or its claims are not valid"),
        })
    }

    /// The hash of a new password.
    pub(crate) async fn hash(&self, password: &str) -> Result<String, Failure> {
        self.passwords.hash(password).await
    }

    /// Whether that is the password of the account.
    pub(crate) async fn is_password_of(&self, account: &Account, password: &str) -> Result<bool, Failure> {
        self.passwords.verify(password, Some(&account.password_hash)).await
    }

    /// The public halves of the signing keys, as a JWK Set (RFC 7517, RFC 8037).
    pub(crate) fn jwks(&self) -> serde_json::Value {
        self.keys.jwks()
    }
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Auth").field("issuer", &self.issuer).field("token_ttl", &self.token_ttl).finish_non_exhaustive()
    }
}

fn bad_token(detail: &str) -> Failure {
    Failure::new(ProblemCode::AuthBadToken, format!("the token can't be used: {detail}"))
}

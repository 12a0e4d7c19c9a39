//! Accounts as HTTP needs them: checking passwords, giving out tokens and keys, and telling whose they are.
//!
//! ```text
//! login        name and password, or a refresh token, for tokens
//!  ├ password  -> argon   hashes, only so many at once
//!  ├ attempts  <- address how many may fail, and from where
//!  └ token     <- keys <- ring   JWT, and the keys that sign them
//! verify       whose token or API key a request carries
//!  └ standing  whether it still holds, for connections that last
//! api_key, ticket          secrets of their own kinds
//! ```

mod address;
mod api_key;
mod argon;
mod attempts;
mod keys;
mod link;
mod login;
mod password;
mod ring;
mod secret;
mod standing;
mod ticket;
mod token;
mod verify;

use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use d2d_api::SigningKeyInfo;
use d2d_config::Config;
use d2d_store::{Store, StoreError};
use ipnet::IpNet;
use poem::http::HeaderMap;
use tokio::time::{MissedTickBehavior, interval};

pub(crate) use self::address::Source;
pub(in crate::http) use self::link::{Target, bad_link};
pub(crate) use self::password::hash_password;
pub(crate) use self::standing::Standing;

use self::api_key::Uses;
use self::attempts::Attempts;
use self::keys::Keys;
use self::password::Passwords;
use super::problem::Failure;

/// How often keys and sessions are looked after.
const TEND_EVERY: Duration = Duration::from_mins(1);

/// Accounts, tokens and keys.
pub(crate) struct Auth {
    store: Store,
    keys: Keys,
    passwords: Passwords,
    attempts: Mutex<Attempts>,
    uses: Uses,
    issuer: String,
    token_ttl: Duration,
    refresh_ttl: Duration,
    trusted_proxies: Vec<IpNet>,
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
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(String),
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
        let failures = usize::try_from(config.auth.login_failures).unwrap_or(usize::MAX);
        Ok(Self {
            keys: Keys::load(config, &store).await?,
            passwords: Passwords::new(&config.auth).await?,
            attempts: Mutex::new(Attempts::new(failures, config.auth.login_window)),
            uses: Uses::default(),
            issuer: config.auth.issuer.clone(),
            token_ttl: config.auth.token_ttl,
            refresh_ttl: config.auth.refresh_ttl,
            trusted_proxies: config.http.trusted_proxies.clone(),
            store,
        })
    }

    /// Rotates the signing keys and removes what has ended, from time to time, for ever.
    pub(crate) async fn tend(self: Arc<Self>) {
        let mut times = interval(TEND_EVERY);
        times.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            times.tick().await;
            if let Err(error) = self.tend_once(Utc::now()).await {
                tracing::warn!(%error, "signing keys and sessions could not be looked after: trying again soon");
            }
        }
    }

    pub(super) async fn tend_once(&self, now: DateTime<Utc>) -> Result<(), AuthError> {
        self.keys.tend(now).await?;
        while self.store.sweep_sessions(now).await? > 0 {}
        Ok(())
    }

    /// Makes a new key, which signs tokens from now on.
    pub(crate) async fn rotate_keys(&self) -> Result<SigningKeyInfo, Failure> {
        let signer = self.keys.rotate(Utc::now()).await?;
        Ok(SigningKeyInfo { kid: signer.kid.clone(), created_at: signer.created_at })
    }

    /// The public halves of the signing keys, as a JWK Set (RFC 7517, RFC 8037).
    pub(crate) fn jwks(&self) -> serde_json::Value {
        self.keys.jwks()
    }

    /// Where a request comes from that `peer` sent with these headers.
    pub(super) fn source(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Source {
        Source::of(peer, headers, &self.trusted_proxies)
    }
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Auth").field("issuer", &self.issuer).field("token_ttl", &self.token_ttl).finish_non_exhaustive()
    }
}

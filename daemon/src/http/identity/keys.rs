//! The Ed25519 keys that tokens are signed with: kept in the store, so that all daemons on it know them.
//!
//! A key signs for `auth.key_lifetime`. Then a newer one takes its place, and it only verifies, until the last token that
//! it signed has ended; then it is removed. Every daemon looks after that once a minute, and what one does the others find
//! in the store.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use d2d_api::MOST_LINK_SECONDS;
use d2d_config::{AuthConfig, Config};
use d2d_store::{SigningKey, Store};
use jsonwebtoken::DecodingKey;
use serde_json::Value;
use uuid::Uuid;

use super::AuthError;
use super::ring::{Ring, Signer, generate};

/// How long a daemon may go on signing with a key that another one has retired: it looks once a minute.
const NOTICED_WITHIN: Duration = Duration::from_mins(5);

/// The keys.
pub(super) struct Keys {
    ring: RwLock<Arc<Ring>>,
    store: Store,
    /// For how long what is signed may be valid.
    longest_ttl: Duration,
    lifetime: Duration,
}

/// For how long a token or a link may be valid.
fn longest_ttl(config: &Config) -> Duration {
    config.auth.token_ttl.max(Duration::from_secs(MOST_LINK_SECONDS))
}

impl Keys {
    /// The keys in the store; the first one is made if there is none that signs.
    pub(super) async fn load(config: &Config, store: &Store) -> Result<Self, AuthError> {
        let mut keys = store.signing_keys().await?;
        if newest(&keys).is_none() {
            store.rotate_signing_key(None, generate(longest_ttl(config), Utc::now())?).await?;
            // Another daemon on the same store may have made one at the same moment: read what there is now.
            keys = store.signing_keys().await?;
        }
        let ring = RwLock::new(Arc::new(Ring::new(&keys)?));
        let (longest_ttl, lifetime) = (longest_ttl(config), config.auth.key_lifetime);
        let loaded = Self { ring, store: store.clone(), longest_ttl, lifetime };
        loaded.note_ttl().await?;
        Ok(loaded)
    }

    /// The key that signs new tokens.
    pub(super) fn signing(&self) -> Arc<Signer> {
        Arc::clone(&self.ring().signing)
    }

    /// The public key of that name; asks the store if it is not known yet, since another daemon may have made it.
    pub(super) async fn verifying(&self, kid: &str) -> Result<Option<Arc<DecodingKey>>, AuthError> {
        if let Some(key) = self.ring().verifying(kid) {
            return Ok(Some(key));
        }
        // Strangers can name any: only what looks like a name of ours is looked up.
        if Uuid::try_parse(kid).is_err() || self.store.signing_key(kid).await?.is_none() {
            return Ok(None);
        }
        self.reload().await?;
        Ok(self.ring().verifying(kid))
    }

    /// The public keys, as a JWK Set.
    pub(super) fn jwks(&self) -> Value {
        self.ring().jwks()
    }

    /// Makes a new key, which signs from now on; answers the key that does, which another daemon may have made just now.
    pub(super) async fn rotate(&self, now: DateTime<Utc>) -> Result<Arc<Signer>, AuthError> {
        let old = self.signing();
        let new = generate(self.longest_ttl, now)?;
        let kid = new.kid.clone();
        if self.store.rotate_signing_key(Some(&old.kid), new).await? {
            tracing::info!(key.id = kid, key.old = old.kid, "a new key signs tokens");
        }
        self.reload().await?;
        Ok(self.signing())
    }

    /// Rotates the keys if it is time, and removes those that nobody needs any more.
    pub(super) async fn tend(&self, now: DateTime<Utc>) -> Result<(), AuthError> {
        self.reload().await?;
        if is_due(self.signing().created_at, self.lifetime, now) {
            self.rotate(now).await?;
        }
        let keys = self.store.signing_keys().await?;
        let ended: Vec<_> = keys.iter().filter(|key| has_ended(key, now)).map(|key| key.kid.clone()).collect();
        if !ended.is_empty() {
            self.store.remove_signing_keys(&ended).await?;
            self.reload().await?;
            tracing::info!(key.ids = ?ended, "signing keys whose tokens have all ended were removed");
        }
        Ok(())
    }

    async fn reload(&self) -> Result<(), AuthError> {
        let ring = Arc::new(Ring::new(&self.store.signing_keys().await?)?);
        let signs_anew = ring.signing.kid != self.signing().kid;
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = ring;
        if signs_anew { self.note_ttl().await } else { Ok(()) }
    }

    /// Writes down how long the tokens live that the key signs here.
    async fn note_ttl(&self) -> Result<(), AuthError> {
        Ok(self.store.note_signing_ttl(&self.signing().kid, self.longest_ttl.as_secs()).await?)
    }

    fn ring(&self) -> Arc<Ring> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The key that signs.
pub(super) fn newest(keys: &[SigningKey]) -> Option<&SigningKey> {
    keys.iter().filter(|key| key.retired_at.is_none()).max_by_key(|key| (key.created_at, &key.kid))
}

/// Whether a key has signed for its time.
fn is_due(created_at: DateTime<Utc>, lifetime: Duration, now: DateTime<Utc>) -> bool {
    later(created_at, lifetime) <= now
}

/// Whether the last token that a key can have signed has ended.
fn has_ended(key: &SigningKey, now: DateTime<Utc>) -> bool {
    let ttl = key.longest_ttl.map_or(AuthConfig::LONGEST_TOKEN_TTL, Duration::from_secs);
    key.retired_at.is_some_and(|retired_at| later(retired_at, ttl + NOTICED_WITHIN) < now)
}

fn later(time: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(by).ok().and_then(|by| time.checked_add_signed(by)).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn key(retired_at: Option<DateTime<Utc>>, longest_ttl: Option<u64>) -> SigningKey {
        SigningKey {
            kid: "k".to_owned(),
            secret: vec![1; 32],
            created_at: DateTime::UNIX_EPOCH,
            retired_at,
            longest_ttl,
        }
    }

    #[test]
    fn a_key_is_kept_as_long_as_its_longest_token() {
        let now = Utc::now();
        assert!(!has_ended(&key(None, Some(1)), now), "it signs");
        assert!(!has_ended(&key(Some(now - HOUR), Some(3600)), now), "another daemon may not have noticed at once");
        assert!(has_ended(&key(Some(now - HOUR - NOTICED_WITHIN), Some(3599)), now));
        assert!(!has_ended(&key(Some(now - HOUR * 24 * 30), None), now), "nobody knows how long its tokens live");
        assert!(has_ended(&key(Some(now - HOUR * 24 * 32), None), now));
    }

    #[test]
    fn a_key_signs_for_its_lifetime() {
        let now = Utc::now();
        assert!(!is_due(now - HOUR + Duration::from_secs(1), HOUR, now));
        assert!(is_due(now - HOUR, HOUR, now));
        assert!(!is_due(now, Duration::MAX, now));
    }

    #[test]
    fn the_newest_that_is_not_retired_signs() {
        let (old, retired) = (key(None, None), SigningKey { created_at: Utc::now(), ..key(Some(Utc::now()), None) });
        assert_eq!(newest(&[old.clone(), retired.clone()]), Some(&old));
        assert_eq!(newest(&[retired]), None);
    }
}

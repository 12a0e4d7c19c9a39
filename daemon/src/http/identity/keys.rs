//! The Ed25519 keys that tokens are signed with: kept in the store, so that all daemons on it know them.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::Utc;
use d2d_store::{SigningKey, Store};
use ed25519_dalek::pkcs8::EncodePrivateKey;
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde_json::{Value, json};
use uuid::Uuid;

use super::AuthError;

/// How often at most the store is asked for a key that is not known: strangers can name any.
const RELOAD_AFTER: Duration = Duration::from_secs(5);

/// The keys.
pub(super) struct Keys {
    known: RwLock<Known>,
}

/// What is known of the keys in the store.
struct Known {
    ring: Arc<Ring>,
    read_at: Instant,
}

struct Ring {
    signing: Arc<Signer>,
    verifying: BTreeMap<String, Public>,
}

/// The key that signs new tokens.
pub(super) struct Signer {
    /// Its name, for the header `kid`.
    pub(super) kid: String,
    /// The private key.
    pub(super) key: EncodingKey,
}

struct Public {
    key: Arc<DecodingKey>,
    /// The 32 bytes of the public key, in URL-safe base64: the `x` of its JWK.
    x: String,
}

impl Keys {
    /// The keys in the store; the first one is made if there is none that signs.
    pub(super) async fn load(store: &Store) -> Result<Self, AuthError> {
        let mut keys = store.signing_keys().await?;
        if !keys.iter().any(|key| key.retired_at.is_none()) {
            let key = generate()?;
            tracing::info!(key.id = %key.kid, "made a key to sign tokens with");
            store.add_signing_key(key).await?;
            // Another daemon on the same store may have made one at the same moment: read what there is now.
            keys = store.signing_keys().await?;
        }
        let known = Known { ring: Arc::new(Ring::new(&keys)?), read_at: Instant::now() };
        Ok(Self { known: RwLock::new(known) })
    }

    /// The key that signs new tokens.
    pub(super) fn signing(&self) -> Arc<Signer> {
        Arc::clone(&self.ring().signing)
    }

    /// The public key of that name; asks the store if it is not known yet, since another daemon may have made it.
    pub(super) async fn verifying(&self, kid: &str, store: &Store) -> Result<Option<Arc<DecodingKey>>, AuthError> {
        let find = |ring: &Ring| ring.verifying.get(kid).map(|public| Arc::clone(&public.key));
        if let Some(key) = find(&self.ring()) {
            return Ok(Some(key));
        }
        if !self.may_reload() {
            return Ok(None);
        }
        let ring = Arc::new(Ring::new(&store.signing_keys().await?)?);
        self.known.write().unwrap_or_else(PoisonError::into_inner).ring = Arc::clone(&ring);
        Ok(find(&ring))
    }

    /// The public keys, as a JWK Set.
    pub(super) fn jwks(&self) -> Value {
        let ring = self.ring();
        let keys = ring.verifying.iter().map(|(kid, public)| {
            json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": kid, "x": public.x })
        });
        json!({ "keys": keys.collect::<Vec<_>>() })
    }

    fn ring(&self) -> Arc<Ring> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner).ring)
    }

    fn may_reload(&self) -> bool {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let may = known.read_at.elapsed() >= RELOAD_AFTER;
        if may {
            known.read_at = Instant::now();
        }
        may
    }
}

impl Ring {
    fn new(keys: &[SigningKey]) -> Result<Self, AuthError> {
        let newest = keys.iter().filter(|key| key.retired_at.is_none()).max_by_key(|key| key.created_at);
        let newest = newest.ok_or_else(|| AuthError::Key { kid: String::new(), detail: "there is none".to_owned() })?;
        let verifying = keys.iter().map(|key| Ok((key.kid.clone(), public(key)?))).collect::<Result<_, AuthError>>()?;
        Ok(Self { signing: Arc::new(signer(newest)?), verifying })
    }
}

fn generate() -> Result<SigningKey, AuthError> {
    let kid = Uuid::now_v7().to_string();
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| unusable(&kid, &error))?;
    Ok(SigningKey { kid, secret: seed.to_vec(), created_at: Utc::now(), retired_at: None })
}

fn dalek(key: &SigningKey) -> Result<ed25519_dalek::SigningKey, AuthError> {
    let seed = key.secret.as_slice().try_into().map_err(|error| unusable(&key.kid, &error))?;
    Ok(ed25519_dalek::SigningKey::from_bytes(seed))
}

fn signer(key: &SigningKey) -> Result<Signer, AuthError> {
    let der = dalek(key)?.to_pkcs8_der().map_err(|error| unusable(&key.kid, &error))?;
    Ok(Signer { kid: key.kid.clone(), key: EncodingKey::from_ed_der(der.as_bytes()) })
}

fn public(key: &SigningKey) -> Result<Public, AuthError> {
    let bytes = dalek(key)?.verifying_key().to_bytes();
    Ok(Public { key: Arc::new(DecodingKey::from_ed_der(&bytes)), x: BASE64_URL_SAFE_NO_PAD.encode(bytes) })
}

fn unusable(kid: &str, error: &dyn std::fmt::Display) -> AuthError {
    AuthError::Key { kid: kid.to_owned(), detail: error.to_string() }
}

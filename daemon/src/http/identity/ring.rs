//! The signing keys, ready for use: one signs, all verify.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use d2d_store::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey;
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde_json::{Value, json};
use uuid::Uuid;

use super::AuthError;
use super::keys::newest;

/// The keys.
pub(super) struct Ring {
    /// The one that signs.
    pub(super) signing: Arc<Signer>,
    verifying: BTreeMap<String, Public>,
}

/// The key that signs new tokens.
pub(super) struct Signer {
    /// Its name, for the header `kid`.
    pub(super) kid: String,
    /// When it was made.
    pub(super) created_at: DateTime<Utc>,
    /// The private key.
    pub(super) key: EncodingKey,
}

struct Public {
    key: Arc<DecodingKey>,
    /// The 32 bytes of the public key, in URL-safe base64: the `x` of its JWK.
    x: String,
}

impl Ring {
    /// These keys, of which one must not be retired.
    pub(super) fn new(keys: &[SigningKey]) -> Result<Self, AuthError> {
        let newest = newest(keys).ok_or_else(|| unusable("", &"there is none"))?;
        let verifying = keys.iter().map(|key| Ok((key.kid.clone(), public(key)?))).collect::<Result<_, AuthError>>()?;
        Ok(Self { signing: Arc::new(signer(newest)?), verifying })
    }

    /// The public key of that name.
    pub(super) fn verifying(&self, kid: &str) -> Option<Arc<DecodingKey>> {
        self.verifying.get(kid).map(|public| Arc::clone(&public.key))
    }

    /// The public keys, as a JWK Set.
    pub(super) fn jwks(&self) -> Value {
        let keys = self.verifying.iter().map(|(kid, public)| {
            json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": kid, "x": public.x })
        });
        json!({ "keys": keys.collect::<Vec<_>>() })
    }
}

/// A new key, made `now`, for tokens that live so long.
pub(super) fn generate(token_ttl: Duration, now: DateTime<Utc>) -> Result<SigningKey, AuthError> {
    let kid = Uuid::now_v7().to_string();
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| unusable(&kid, &error))?;
    let longest_ttl = Some(token_ttl.as_secs());
    Ok(SigningKey { kid, secret: seed.to_vec(), created_at: now, retired_at: None, longest_ttl })
}

fn dalek(key: &SigningKey) -> Result<ed25519_dalek::SigningKey, AuthError> {
    let seed = key.secret.as_slice().try_into().map_err(|error| unusable(&key.kid, &error))?;
    Ok(ed25519_dalek::SigningKey::from_bytes(seed))
}

fn signer(key: &SigningKey) -> Result<Signer, AuthError> {
    let der = dalek(key)?.to_pkcs8_der().map_err(|error| unusable(&key.kid, &error))?;
    let (kid, created_at) = (key.kid.clone(), key.created_at);
    Ok(Signer { kid, created_at, key: EncodingKey::from_ed_der(der.as_bytes()) })
}

fn public(key: &SigningKey) -> Result<Public, AuthError> {
    let bytes = dalek(key)?.verifying_key().to_bytes();
    Ok(Public { key: Arc::new(DecodingKey::from_ed_der(&bytes)), x: BASE64_URL_SAFE_NO_PAD.encode(bytes) })
}

fn unusable(kid: &str, error: &dyn std::fmt::Display) -> AuthError {
    AuthError::Key { kid: kid.to_owned(), detail: error.to_string() }
}

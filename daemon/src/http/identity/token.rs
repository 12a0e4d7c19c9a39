//! Tokens: JWT (RFC 7519) signed with `EdDSA` (RFC 8037).

use std::time::Duration;

use chrono::{DateTime, Utc};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::AuthError;
use super::ring::Signer;

/// Whom tokens are for: this service and nobody else.
const AUDIENCE: &str = "data2data";

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claims {
    /// Who made it: the name of this service.
    iss: String,
    /// Whom it is for.
    aud: String,
    /// The account.
    pub(super) sub: String,
    /// When it ends, in seconds since 1970.
    pub(super) exp: i64,
    /// When it was made.
    iat: i64,
    /// Its own name.
    jti: String,
    /// Its session: when that ends, the token does.
    pub(super) sid: String,
}

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenFault {
    /// Its time is over.
    Expired,
    /// It is not what we sign.
    Invalid,
}

impl Claims {
    /// A token of the session of an account, from now on.
    pub(super) fn new(issuer: &str, account: &str, session: &str, now: DateTime<Utc>, ttl: Duration) -> Self {
        Self {
            iss: issuer.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: account.to_owned(),
            exp: now.timestamp().saturating_add_unsigned(ttl.as_secs()),
            iat: now.timestamp(),
            jti: Uuid::new_v4().to_string(),
            sid: session.to_owned(),
        }
    }
}

/// The token.
pub(super) fn sign(claims: &Claims, signer: &Signer) -> Result<String, AuthError> {
    let header = Header { kid: Some(signer.kid.clone()), ..Header::new(Algorithm::EdDSA) };
    jsonwebtoken::encode(&header, claims, &signer.key)
        .map_err(|error| AuthError::Key { kid: signer.kid.clone(), detail: error.to_string() })
}

/// The name of the key that a token says to be signed with.
pub(super) fn key_name(token: &str) -> Option<String> {
    jsonwebtoken::decode_header(token).ok()?.kid
}

/// What the token says, if it was signed with the key and is valid now.
pub(super) fn verify(token: &str, key: &DecodingKey, issuer: &str) -> Result<Claims, TokenFault> {
    check(token, key, issuer, true)
}

/// What the token says, if it was signed with the key, be its time over or not.
pub(super) fn verify_signature(token: &str, key: &DecodingKey, issuer: &str) -> Result<Claims, TokenFault> {
    check(token, key, issuer, false)
}

fn check(token: &str, key: &DecodingKey, issuer: &str, in_time: bool) -> Result<Claims, TokenFault> {
    let mut rules = Validation::new(Algorithm::EdDSA);
    rules.leeway = 0;
    rules.validate_exp = in_time;
    rules.set_issuer(&[issuer]);
    rules.set_audience(&[AUDIENCE]);
    rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    let token = jsonwebtoken::decode(token, key, &rules).map_err(|error| match error.kind() {
        ErrorKind::ExpiredSignature => TokenFault::Expired,
        _ => TokenFault::Invalid,
    })?;
    Ok(token.claims)
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    use ed25519_dalek::pkcs8::EncodePrivateKey;

    use super::*;

    fn keys(seed: u8) -> (Signer, DecodingKey) {
        let key = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]);
        let der = key.to_pkcs8_der().unwrap();
        let signer = Signer {
            kid: "k".to_owned(),
            created_at: Utc::now(),
            key: jsonwebtoken::EncodingKey::from_ed_der(der.as_bytes()),
        };
        (signer, DecodingKey::from_ed_der(key.verifying_key().as_bytes()))
    }

    fn claims(made: DateTime<Utc>) -> Claims {
        Claims::new("here", "anna", "s", made, Duration::from_mins(1))
    }

    #[test]
    fn a_token_reads_back_only_where_it_was_made() {
        let (signer, key) = keys(1);
        let claims = claims(Utc::now());
        let token = sign(&claims, &signer).unwrap();
        assert_eq!(key_name(&token).as_deref(), Some("k"));
        assert_eq!(verify(&token, &key, "here"), Ok(claims));
        assert_eq!(verify(&token, &key, "elsewhere"), Err(TokenFault::Invalid));
        assert_eq!(verify(&token, &keys(2).1, "here"), Err(TokenFault::Invalid));
    }

    #[test]
    fn time_ends_it() {
        let (signer, key) = keys(1);
        let token = sign(&claims(Utc::now() - Duration::from_secs(61)), &signer).unwrap();
        assert_eq!(verify(&token, &key, "here"), Err(TokenFault::Expired));
        assert!(verify_signature(&token, &key, "here").is_ok(), "but it can still be told whose it was");
        assert_eq!(verify_signature(&token, &keys(2).1, "here"), Err(TokenFault::Invalid));
    }

    /// Neither other claims under the same signature, nor a token that says it needs none (RFC 8725 section 2.1).
    #[test]
    fn tampering_is_noticed() {
        let (signer, key) = keys(1);
        let token = sign(&claims(Utc::now()), &signer).unwrap();
        let [header, _, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("not three parts") };
        let operator = Claims { sub: "root".to_owned(), ..claims(Utc::now()) };
        let body = BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(&operator).unwrap());
        assert_eq!(verify(&format!("{header}.{body}.{signature}"), &key, "here"), Err(TokenFault::Invalid));
        let none = BASE64_URL_SAFE_NO_PAD.encode(r#"{"alg":"none","kid":"k"}"#);
        assert_eq!(verify(&format!("{none}.{body}."), &key, "here"), Err(TokenFault::Invalid));
    }
}

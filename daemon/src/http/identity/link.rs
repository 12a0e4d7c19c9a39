//! Links to results that work without a token: who has the link can fetch the file, until its time is over, its task is
//! gone, or its owner's account is.
//!
//! A link carries a JWT as tokens do, signed with the same keys, but for another audience: neither passes as the other.

use std::time::Duration;

use chrono::{DateTime, Utc};
use d2d_api::{ArtifactId, Link, ProblemCode, TaskId};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use super::ring::Signer;
use super::{Auth, AuthError, token};
use crate::http::problem::Failure;

/// What links are for, and nothing else.
const AUDIENCE: &str = "data2data:downloads";

/// What a link leads to: a result file of a task, or without one the archive of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::http) struct Target {
    /// The task.
    pub(in crate::http) task: TaskId,
    /// The file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::http) file: Option<ArtifactId>,
}

/// What the token of a link says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    /// The owner of the task.
    sub: String,
    exp: i64,
    iat: i64,
    #[serde(flatten)]
    target: Target,
}

impl Auth {
    /// A link to a result of a task of the account `owner`, which is at `address`.
    pub(in crate::http) fn link(
        &self,
        owner: &str,
        target: Target,
        address: &str,
        ttl: Duration,
    ) -> Result<Link, Failure> {
        let now = Utc::now();
        let expires_at = now.timestamp().saturating_add_unsigned(ttl.as_secs());
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub: owner.to_owned(),
            exp: expires_at,
            iat: now.timestamp(),
            target,
        };
        let token = sign(&claims, &self.keys.signing())?;
        let expires_at =
            DateTime::from_timestamp(expires_at, 0).ok_or_else(|| Failure::internal(&"a time too late"))?;
        Ok(Link { url: format!("{address}?token={token}"), expires_at })
    }

    /// The account whose result the token of a link opens.
    pub(in crate::http) async fn open_link(&self, token: &str, target: Target) -> Result<String, Failure> {
        let kid = token::key_name(token).ok_or_else(bad_link)?;
        let key = self.keys.verifying(&kid).await?.ok_or_else(bad_link)?;
        let claims = verify(token, &key, &self.issuer).filter(|claims| claims.target == target).ok_or_else(bad_link)?;
        let account = self.store.account(&claims.sub).await?;
        // Nor does it open what a later account of the same name has.
        account
            .filter(|account| !account.disabled && account.created_at.timestamp() <= claims.iat)
            .map(|account| account.name)
            .ok_or_else(bad_link)
    }
}

/// Whatever is wrong with a link: who has it can't mend it.
pub(in crate::http) fn bad_link() -> Failure {
    let detail = "the link was changed, has expired, or its file is gone: ask who gave it to you for a new one";
    Failure::new(ProblemCode::DownloadBadLink, detail)
}

fn sign(claims: &Claims, signer: &Signer) -> Result<String, AuthError> {
    let header = Header { kid: Some(signer.kid.clone()), ..Header::new(Algorithm::EdDSA) };
    jsonwebtoken::encode(&header, claims, &signer.key)
        .map_err(|error| AuthError::Key { kid: signer.kid.clone(), detail: error.to_string() })
}

fn verify(token: &str, key: &DecodingKey, issuer: &str) -> Option<Claims> {
    let mut rules = Validation::new(Algorithm::EdDSA);
    rules.leeway = 0;
    rules.set_issuer(&[issuer]);
    rules.set_audience(&[AUDIENCE]);
    rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    jsonwebtoken::decode(token, key, &rules).ok().map(|token| token.claims)
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::pkcs8::EncodePrivateKey;

    use super::*;

    fn keys(seed: u8) -> (Signer, DecodingKey) {
        let key = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]);
        let der = key.to_pkcs8_der().unwrap();
        let secret = jsonwebtoken::EncodingKey::from_ed_der(der.as_bytes());
        let signer = Signer { kid: "k".to_owned(), key: secret, created_at: Utc::now() };
        (signer, DecodingKey::from_ed_der(key.verifying_key().as_bytes()))
    }

    fn claims(exp: i64, aud: &str) -> Claims {
        let target = Target { task: TaskId::generate(), file: Some(ArtifactId::generate()) };
        let (iss, sub) = ("here".to_owned(), "anna".to_owned());
        Claims { iss, aud: aud.to_owned(), sub, exp, iat: Utc::now().timestamp(), target }
    }

    #[test]
    fn a_link_reads_back_where_it_was_made_and_in_its_time() {
        let ((signer, key), later) = (keys(1), Utc::now().timestamp() + 60);
        let claims_ = claims(later, AUDIENCE);
        let token = sign(&claims_, &signer).unwrap();
        assert_eq!(verify(&token, &key, "here"), Some(claims_));
        assert_eq!(verify(&token, &key, "elsewhere"), None);
        assert_eq!(verify(&token, &keys(2).1, "here"), None);
        let expired = sign(&claims(Utc::now().timestamp() - 1, AUDIENCE), &signer).unwrap();
        assert_eq!(verify(&expired, &key, "here"), None);
    }

    /// An access token must not open a file, nor a link an account.
    #[test]
    fn tokens_for_others_are_no_links() {
        let ((signer, key), later) = (keys(1), Utc::now().timestamp() + 60);
        let other = sign(&claims(later, "data2data"), &signer).unwrap();
        assert_eq!(verify(&other, &key, "here"), None);
        let link = sign(&claims(later, AUDIENCE), &signer).unwrap();
        assert!(token::verify(&link, &key, "here").is_err());
    }

    #[test]
    fn a_link_to_the_archive_is_none_to_a_file() {
        let (task, file) = (TaskId::generate(), Some(ArtifactId::generate()));
        let archive = Target { task, file: None };
        assert_ne!(archive, Target { task, file });
        let json = serde_json::to_value(archive).unwrap();
        assert_eq!(serde_json::from_value::<Target>(json).unwrap(), archive);
    }
}

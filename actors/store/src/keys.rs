//! The keys that tokens are signed with.

use chrono::{DateTime, Utc};

use crate::{Store, StoreError};

/// An Ed25519 key that tokens are signed with.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// Its identifier, as in the header `kid` of a token (RFC 7515 section 4.1.4).
    pub kid: String,
    /// The 32-byte seed (RFC 8032 section 5.1.5).
    pub secret: Vec<u8>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Since when it signs no more, but still verifies.
    pub retired_at: Option<DateTime<Utc>>,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid)
            .field("created_at", &self.created_at)
            .field("retired_at", &self.retired_at)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// All signing keys, oldest first.
    pub async fn signing_keys(&self) -> Result<Vec<SigningKey>, StoreError> {
        Err(crate::error::unfinished())
    }

    /// Keeps a signing key.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if there is one of that `kid`.
    pub async fn add_signing_key(&self, key: SigningKey) -> Result<(), StoreError> {
        let _ = key;
        Err(crate::error::unfinished())
    }
}

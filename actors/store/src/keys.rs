//! The keys that tokens are signed with.

use chrono::{DateTime, Utc};
use surrealdb::types::{Bytes, SurrealValue};

use crate::database::bind;
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

/// A signing key, as it is stored.
#[derive(SurrealValue)]
struct KeyRecord {
    kid: String,
    secret: Bytes,
    created_at: DateTime<Utc>,
    retired_at: Option<DateTime<Utc>>,
}

impl From<KeyRecord> for SigningKey {
    fn from(record: KeyRecord) -> Self {
        Self {
            kid: record.kid,
            secret: record.secret.into_inner().to_vec(),
            created_at: record.created_at,
            retired_at: record.retired_at,
        }
    }
}

impl Store {
    /// All signing keys, oldest first.
    pub async fn signing_keys(&self) -> Result<Vec<SigningKey>, StoreError> {
        let query = "SELECT * FROM signing_key ORDER BY created_at, kid";
        let records: Vec<KeyRecord> = self.database().run("read the signing keys", query, bind! {}).await?;
        Ok(records.into_iter().map(SigningKey::from).collect())
    }

    /// Keeps a signing key.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if there is one of that `kid`.
    pub async fn add_signing_key(&self, key: SigningKey) -> Result<(), StoreError> {
        let query = "CREATE ONLY type::record('signing_key', $kid) CONTENT {
            kid: $kid,
            secret: $secret,
            created_at: $created_at,
            retired_at: $retired_at,
        }";
        let bindings = bind! {
            kid: key.kid,
            secret: Bytes::from(key.secret),
            created_at: key.created_at,
            retired_at: key.retired_at,
        };
        self.database().create::<KeyRecord>("keep a signing key", query, bindings).await?;
        Ok(())
    }
}

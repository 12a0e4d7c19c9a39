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
    /// The longest life, in seconds, of the tokens that it signed: it must verify for so long after it was retired.
    /// `None` if nobody wrote it down.
    pub longest_ttl: Option<u64>,
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
    longest_ttl: Option<u64>,
}

impl From<KeyRecord> for SigningKey {
    fn from(record: KeyRecord) -> Self {
        Self {
            kid: record.kid,
            secret: record.secret.into_inner().to_vec(),
            created_at: record.created_at,
            retired_at: record.retired_at,
            longest_ttl: record.longest_ttl,
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

    /// The signing key of that name.
    pub async fn signing_key(&self, kid: &str) -> Result<Option<SigningKey>, StoreError> {
        if kid.is_empty() {
            return Ok(None);
        }
        let query = "SELECT * FROM ONLY type::record('signing_key', $kid)";
        let record: Option<KeyRecord> = self.database().run("read a signing key", query, bind! { kid: kid }).await?;
        Ok(record.map(SigningKey::from))
    }

    /// Lets `new` sign in place of the key `old`, which is retired with all others when `new` was made; `None` is for the first key. If
    /// another daemon was faster, so that `old` is not the newest key any more, nothing happens and the answer is `false`.
    pub async fn rotate_signing_key(&self, old: Option<&str>, new: SigningKey) -> Result<bool, StoreError> {
        let query = "{
            UPSERT gate:signing_key SET passed = (passed ?? 0) + 1 RETURN NONE;
            LET $newest = (SELECT kid, created_at FROM signing_key WHERE retired_at = NONE
                ORDER BY created_at DESC, kid DESC LIMIT 1)[0].kid;
            IF $newest != $old { RETURN false };
            UPDATE signing_key SET retired_at = $created_at WHERE retired_at = NONE RETURN NONE;
            CREATE type::record('signing_key', $kid) CONTENT {
                kid: $kid, secret: $secret, created_at: $created_at, longest_ttl: $longest_ttl
            } RETURN NONE;
            RETURN true;
        }";
        let bindings = bind! {
            old: old,
            kid: new.kid,
            secret: Bytes::from(new.secret),
            created_at: new.created_at,
            longest_ttl: new.longest_ttl,
        };
        self.database().run("rotate the signing keys", query, bindings).await
    }

    /// Writes down that a key signs tokens of such a life, in seconds, if those before were shorter.
    pub async fn note_signing_ttl(&self, kid: &str, ttl: u64) -> Result<(), StoreError> {
        // A key of which nothing is known may have signed longer ones, as long as the settings let it: that stays.
        let query = "{
            UPDATE type::record('signing_key', $kid) SET longest_ttl = $ttl
                WHERE longest_ttl != NONE AND longest_ttl < $ttl RETURN NONE;
            RETURN true;
        }";
        let _: bool = self.database().run("note a signing key", query, bind! { kid: kid, ttl: ttl }).await?;
        Ok(())
    }

    /// Removes retired keys.
    pub async fn remove_signing_keys(&self, kids: &[String]) -> Result<(), StoreError> {
        let query = "{
            DELETE signing_key WHERE kid IN $kids AND retired_at != NONE RETURN NONE;
            RETURN true;
        }";
        let _: bool = self.database().run("remove signing keys", query, bind! { kids: kids.to_vec() }).await?;
        Ok(())
    }
}

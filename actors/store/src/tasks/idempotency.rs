//! Requests that a client may send again without knowing whether the first came through: each is done once.
//!
//! The key of such a request is written in the transaction that does it, with the task after it: so either both are there
//! or neither, whatever happens in between. Of two at the same time one conflicts, and finds the other's key when it is run
//! again.

use std::time::Duration;

use surrealdb::types::{Array, Object, RecordId, RecordIdKey, Value};

use super::IdempotencyKey;
use crate::database::bind;
use crate::{Store, StoreError};

/// Ends a transaction that was done before. Keys that have passed their time count no more.
pub(super) const EARLIER: &str = "LET $earlier = (SELECT * FROM ONLY $once);
    IF $earlier != NONE AND $earlier.created_at > time::now() - $once_kept {
        IF $earlier.request != $once_request { RETURN { reused: true } };
        RETURN { replayed: $earlier.answer };
    };";

/// Remembers that a transaction was done, and its `$row`.
pub(super) const REMEMBER: &str =
    "UPSERT $once CONTENT { request: $once_request, answer: $row, created_at: time::now() } RETURN NONE;";

/// How many keys are removed at once.
const SWEPT_AT_ONCE: usize = 1000;

/// What [`EARLIER`] and [`REMEMBER`] refer to: names that no transaction has for anything else.
pub(super) fn bindings(key: IdempotencyKey) -> Object {
    let name = Array::from(vec![Value::String(key.owner), Value::String(key.key)]);
    let once = RecordId::new("idempotency", RecordIdKey::Array(name));
    bind! { once: once, once_request: key.request, once_kept: key.keep }
}

impl Store {
    /// Forgets keys that are older than `older_than`, a bounded number of them; answers how many. Call it again while it
    /// answers some.
    pub async fn sweep_idempotency_keys(&self, older_than: Duration) -> Result<usize, StoreError> {
        let query = "{
            LET $old = SELECT VALUE id FROM idempotency WHERE created_at <= time::now() - $older_than LIMIT $size;
            DELETE $old RETURN NONE;
            RETURN array::len($old);
        }";
        let bindings = bind! { older_than: older_than, size: SWEPT_AT_ONCE };
        self.database().run("forget idempotency keys", query, bindings).await
    }
}

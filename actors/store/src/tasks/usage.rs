//! How much the tasks of an account keep.

use crate::database::bind;
use crate::{Store, StoreError};

impl Store {
    /// The bytes of all files and results that the tasks of `owner` keep.
    pub async fn stored_bytes(&self, owner: &str) -> Result<u64, StoreError> {
        let query = "(SELECT VALUE bytes FROM ONLY type::record('usage', $owner)) ?? 0";
        self.database().run("read what an account keeps", query, bind! { owner: owner }).await
    }
}

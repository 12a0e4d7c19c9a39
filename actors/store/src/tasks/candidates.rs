//! What a dispatcher may claim next.

use super::Candidate;
use crate::{Store, StoreError};

impl Store {
    /// Queued tasks, at most `limit_per_owner` of each owner, best first: by priority, then by the time they wait.
    pub async fn candidates(&self, limit_per_owner: usize) -> Result<Vec<Candidate>, StoreError> {
        let _ = limit_per_owner;
        Err(crate::error::unfinished())
    }
}

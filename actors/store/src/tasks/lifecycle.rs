//! What owners and operators do with a task: queue it, cancel it, remove it.

use d2d_api::TaskId;

use super::TaskRow;
use crate::{Store, StoreError};

impl Store {
    /// Queues a task whose files are here.
    ///
    /// # Errors
    /// [`StoreError::Refused`] if its state does not allow that, [`StoreError::NoFiles`] if it has no file,
    /// [`StoreError::NotFound`].
    pub async fn queue(&self, id: TaskId) -> Result<TaskRow, StoreError> {
        let _ = id;
        Err(crate::error::unfinished())
    }

    /// Cancels a live task, at once: a node that works on it can't commit any more.
    ///
    /// # Errors
    /// [`StoreError::Refused`] if it has ended, [`StoreError::NotFound`].
    pub async fn cancel(&self, id: TaskId, message: &str) -> Result<TaskRow, StoreError> {
        let _ = (id, message);
        Err(crate::error::unfinished())
    }

    /// Removes a task with all that belongs to it, whatever its state, and the blobs that nothing else refers to.
    /// Answers the SHA-256 of each blob removed.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn remove_task(&self, id: TaskId) -> Result<Vec<String>, StoreError> {
        let _ = id;
        Err(crate::error::unfinished())
    }
}

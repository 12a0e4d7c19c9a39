//! What owners and operators do with a task: queue it, cancel it.

use d2d_api::{TaskId, Transition};

use super::TaskRow;
use super::change::{Change, refused};
use crate::database::bind;
use crate::{Store, StoreError};

impl Store {
    /// Queues a task whose files are here.
    ///
    /// # Errors
    /// [`StoreError::Refused`] if its state does not allow that, [`StoreError::NoFiles`] if it has no file,
    /// [`StoreError::NotFound`].
    pub async fn queue(&self, id: TaskId) -> Result<TaskRow, StoreError> {
        let change = Change::transition("queue a task", id, Transition::Queue)
            .only_if("array::len(files) > 0")
            .set("status = $to, message = 'queued', queued_at = time::now()");
        self.change(change).await?.or_else(|before| refused(before, Transition::Queue, StoreError::NoFiles))
    }

    /// Cancels a live task, at once: a node that works on it can't commit any more.
    ///
    /// # Errors
    /// [`StoreError::Refused`] if it has ended, [`StoreError::NotFound`].
    pub async fn cancel(&self, id: TaskId, message: &str) -> Result<TaskRow, StoreError> {
        let change = Change::transition("cancel a task", id, Transition::Cancel)
            .set("status = $to, message = $message, lease = NONE, finished_at = time::now()")
            .bind(bind! { message: message });
        self.change(change).await?.or_else(|before| refused(before, Transition::Cancel, StoreError::NotFound))
    }
}

//! Trying a task again that did not end well.

use d2d_api::{TaskId, Transition};

use super::TaskRow;
use super::change::{Change, refused};
use crate::database::bind;
use crate::{Store, StoreError};

impl Store {
    /// Queues a task again that failed or was cancelled, with its files, its plan and its finished pages. Its attempts and
    /// its log go on; those attempts that there were do not count against the limit any more.
    ///
    /// # Errors
    /// [`StoreError::Refused`] if its state does not allow that, [`StoreError::NoFiles`] if its files never were complete,
    /// [`StoreError::QueueFull`] if as many tasks are live as may be, [`StoreError::NotFound`].
    pub async fn retry(&self, id: TaskId, message: &str, max_queued: u64) -> Result<TaskRow, StoreError> {
        // As a new task: see `create_task`.
        let _turn = self.inner.creating.lock().await;
        let change = Change::transition("try a task again", id, Transition::Retry)
            .only_if(
                "queued_at != NONE AND array::len(files) > 0 AND $max_queued > ((SELECT count() FROM task
                    WHERE status IN ['awaiting_files', 'fetching', 'queued', 'execution'] GROUP ALL)[0].count ?? 0)",
            )
            .set(
                "status = $to, message = $message, error = NONE, queued_at = time::now(), started_at = NONE,
                finished_at = NONE, attempts_before = attempt",
            )
            .also("UPSERT gate:task SET passed = (passed ?? 0) + 1 RETURN NONE;")
            .bind(bind! { message: message, max_queued: max_queued });
        self.change(change).await?.or_else(|before| {
            let complete = before.task.queued_at.is_some() && !before.task.files.is_empty();
            let otherwise = if complete { StoreError::QueueFull } else { StoreError::NoFiles };
            refused(before, Transition::Retry, otherwise)
        })
    }
}

//! What owners and operators do with a task: submit it, cancel it.

use d2d_api::{TaskId, TaskStatus, Transition};

use super::change::{Change, LOG, NEXT, PROCEED, refused};
use super::{Answer, IdempotencyKey, TaskRow};
use crate::database::bind;
use crate::{Store, StoreError};

impl Store {
    /// Queues a task whose files are here; one with files to fetch goes to `fetching` first.
    ///
    /// # Errors
    /// [`StoreError::Refused`] if its state does not allow that, [`StoreError::NoFiles`] if it has no file,
    /// [`StoreError::NotFound`].
    pub async fn queue(&self, id: TaskId) -> Result<TaskRow, StoreError> {
        self.queue_once(id, None).await.map(|answer| answer.row)
    }

    /// As [`Store::queue`], once for this key if there is one.
    ///
    /// # Errors
    /// As [`Store::queue`], and [`StoreError::KeyReused`] if the key was used for another request.
    pub async fn queue_once(&self, id: TaskId, key: Option<IdempotencyKey>) -> Result<Answer, StoreError> {
        let change = Change::within("queue a task", id, TaskStatus::AwaitingFiles)
            .first(NEXT)
            .only_if("array::len(files) + array::len(urls ?? []) > 0")
            .set(PROCEED)
            .bind(bind! { complete: true })
            .also(LOG)
            .once(key);
        self.change(change).await?.answer_or_else(|before| match before.task.status {
            TaskStatus::Fetching => StoreError::FilesClosed(TaskStatus::Fetching),
            _ => refused(before, Transition::Queue, StoreError::NoFiles),
        })
    }

    /// Cancels a live task, at once: a node that works on it can't commit any more.
    ///
    /// # Errors
    /// [`StoreError::Refused`] if it has ended, [`StoreError::NotFound`].
    pub async fn cancel(&self, id: TaskId, message: &str) -> Result<TaskRow, StoreError> {
        let change = Change::transition("cancel a task", id, Transition::Cancel)
            .set(
                "status = $to, message = $message, lease = NONE, awaits_until = NONE, finished_at = time::now(),
                urls = IF urls = NONE { NONE } ELSE {
                    urls.map(|$url| IF $url.status = 'fetching' { object::extend($url, { status: 'waiting' }) }
                        ELSE { $url })
                }",
            )
            .bind(bind! { message: message });
        self.change(change).await?.or_else(|before| refused(before, Transition::Cancel, StoreError::NotFound))
    }
}

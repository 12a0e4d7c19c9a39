//! Trying a task again that did not end well.

use d2d_api::{Task, TaskId, Transition, UrlStatus};

use super::TaskRow;
use super::change::{Change, refused};
use super::page_failures::{FORGET, FORGET_ROWS};
use crate::database::bind;
use crate::{Store, StoreError};

/// As many tasks are live as may be, of all accounts or of the owner.
const ROOM: &str = "$max_queued > ((SELECT count() FROM task
        WHERE status IN ['awaiting_files', 'fetching', 'queued', 'execution'] GROUP ALL)[0].count ?? 0)
    AND $max_queued_of_owner > ((SELECT count() FROM task WHERE owner = $owner
        AND status IN ['awaiting_files', 'fetching', 'queued', 'execution'] GROUP ALL)[0].count ?? 0)";
/// Its files were complete once, and are here.
const COMPLETE: &str = "queued_at != NONE AND array::len(files) > 0";
/// It was submitted, and some of its files could not be fetched.
const FETCHABLE: &str = "submitted = true AND array::len((urls ?? [])[WHERE status != 'done']) > 0";

const AGAIN: &str = "status = $to, message = $message, error = NONE, started_at = NONE, finished_at = NONE,
    ready_at = NONE, ready_after = NONE, attempts_before = attempt";
const QUEUE: &str = "queued_at = time::now()";
const FETCH: &str = "queued_at = NONE,
    urls = urls.map(|$url| IF $url.status = 'done' { $url } ELSE { { url: $url.url, status: 'waiting', bytes: 0 } })";

impl Store {
    /// Starts a task again that failed or was cancelled, with its files, its plan and its finished pages: it is queued, or
    /// what of its files could not be fetched is fetched first. Pages that could not be converted are to be tried again.
    /// Its attempts and its log go on; those attempts that there
    /// were do not count against the limit any more.
    ///
    /// # Errors
    /// [`StoreError::Refused`] if its state does not allow that, [`StoreError::NoFiles`] if its files never were complete,
    /// [`StoreError::QueueFull`] if as many tasks are live as may be, of all or of its owner, [`StoreError::NotFound`].
    pub async fn retry(
        &self,
        id: TaskId,
        message: &str,
        max_queued: u64,
        max_queued_of_owner: u64,
    ) -> Result<TaskRow, StoreError> {
        // As a new task: see `create_task`.
        let _turn = self.inner.creating.lock().await;
        let row = self.task(id).await?.ok_or(StoreError::NotFound)?;
        let (transition, condition, assignments) = if lacks_files(&row.task) {
            (Transition::Refetch, FETCHABLE, FETCH)
        } else {
            (Transition::Retry, COMPLETE, QUEUE)
        };
        let change = Change::transition("try a task again", id, transition)
            .only_if(&format!("{condition} AND {ROOM}"))
            .set(&format!("{AGAIN}, {FORGET}, {assignments}"))
            .also(FORGET_ROWS)
            .also("UPSERT gate:task SET passed = (passed ?? 0) + 1 RETURN NONE;")
            .bind(bind! {
                message: message,
                owner: row.owner,
                max_queued: max_queued,
                max_queued_of_owner: max_queued_of_owner,
            });
        self.change(change).await?.or_else(|before| {
            let otherwise = if can_be_retried(before) { StoreError::QueueFull } else { StoreError::NoFiles };
            refused(before, transition, otherwise)
        })
    }
}

/// Whether its files were complete once, or can be by being fetched.
fn can_be_retried(row: &TaskRow) -> bool {
    if lacks_files(&row.task) { row.submitted } else { row.task.queued_at.is_some() && !row.task.files.is_empty() }
}

fn lacks_files(task: &Task) -> bool {
    task.urls.iter().any(|url| url.status != UrlStatus::Done)
}

//! What a node does with a task whose files it fetches, under its lease.

use d2d_api::{InputFile, TaskError, TaskId, TaskStatus};
use surrealdb::types::{Object, SurrealValue};

use super::change::{Change, Changed, LOG, USED};
use super::{Lease, TaskRow};
use crate::database::bind;
use crate::records::{ErrorRecord, FileRecord};
use crate::{Store, StoreError};

/// What was being fetched is to be fetched from its beginning.
macro_rules! anew {
    () => {
        "urls = urls.map(|$url| IF $url.status = 'fetching' {
            object::extend($url, { status: 'waiting', bytes: 0 })
        } ELSE { $url })"
    };
}

const CLAIM: &str = concat!("lease = { node: $node, token: claims + 1, beat: 0 }, claims += 1, ", anew!());
const RELEASE: &str = concat!("lease = NONE, message = 'waiting to fetch its files', ", anew!());

/// Puts `$result` to a URL, and finds out where the file that it became stands: after those that were uploaded, and before
/// those of later URLs. The last one ends the fetching.
const SETTLED: &str = "LET $urls = (SELECT VALUE urls FROM ONLY $task) ?? [];
    LET $later = array::slice($urls, $index + 1);
    LET $urls = array::concat(
        array::slice($urls, 0, $index), [object::extend($urls[$index] ?? {}, $result)], $later
    );
    LET $from_end = array::len($later[WHERE status = 'done']);
    LET $failed = $urls[WHERE status = 'failed'];
    LET $next = IF array::len($urls[WHERE status IN ['waiting', 'fetching']]) > 0 { 'fetching' }
        ELSE IF array::len($failed) > 0 { 'failure' } ELSE { 'queued' };";
const SETTLE: &str = "urls = $urls, status = $next,
    files = IF $file = NONE { files } ELSE { array::concat(
        array::slice(files, 0, array::len(files) - $from_end), [$file], array::slice(files, array::len(files) - $from_end)
    ) },
    error = IF $next = 'failure' { $failed[0].error } ELSE { NONE },
    message = IF $next = 'queued' { 'queued' } ELSE IF $next = 'failure' { $failed[0].error.detail } ELSE { message },
    lease = IF $next = 'fetching' { lease } ELSE { NONE },
    queued_at = IF $next = 'queued' { time::now() } ELSE { NONE },
    finished_at = IF $next = 'failure' { time::now() } ELSE { NONE }";

/// How far a download is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UrlProgress {
    /// Which URL of the task, from 0.
    pub index: usize,
    /// The bytes that have come so far.
    pub bytes: u64,
}

impl Store {
    /// Takes a task in `fetching` that no node holds for `node`, which has to renew its lease from then on. What was being
    /// fetched begins anew; what is here stays. `None` if another node was faster.
    pub async fn claim_to_fetch(&self, id: TaskId, node: &str) -> Result<Option<(TaskRow, Lease)>, StoreError> {
        let change = Change::within("claim a task", id, TaskStatus::Fetching)
            .only_if("lease = NONE")
            .set(CLAIM)
            .bind(bind! { node: node });
        match self.change(change).await {
            Ok(Changed::Yes(record)) => {
                let lease = record.held(id, node)?;
                Ok(Some((TaskRow::try_from(*record)?, lease)))
            }
            Ok(Changed::Before(_) | Changed::No(_)) | Err(StoreError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Shows those who watch the lease of a task in `fetching` that its node is alive.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] if the task was cancelled or claimed anew; [`StoreError::NotFound`] if it was removed.
    pub async fn renew_fetching(&self, lease: &Lease) -> Result<(), StoreError> {
        let change = held("renew a lease", lease).set("lease.beat += 1").unseen();
        self.change(change).await?.or_else(|_| StoreError::LeaseLost).map(|_| ())
    }

    /// Tells how far the downloads are.
    ///
    /// # Errors
    /// As [`Store::renew_fetching`].
    pub async fn tell_fetching(
        &self,
        lease: &Lease,
        progress: &[UrlProgress],
        message: &str,
    ) -> Result<TaskRow, StoreError> {
        #[derive(SurrealValue)]
        struct Told {
            index: u64,
            bytes: u64,
        }
        let told: Vec<_> = progress.iter().map(|told| Told { index: told.index as u64, bytes: told.bytes }).collect();
        let change = held("tell progress", lease)
            .set(
                "message = $message, urls = array::range(0, array::len(urls)).map(|$index| {
                    LET $told = $told[WHERE index = $index][0];
                    LET $url = urls[$index];
                    RETURN IF $told != NONE AND $url.status IN ['waiting', 'fetching'] {
                        object::extend($url, { status: 'fetching', bytes: $told.bytes })
                    } ELSE { $url };
                })",
            )
            .bind(bind! { told: told, message: message });
        self.change(change).await?.or_else(|_| StoreError::LeaseLost)
    }

    /// A URL became a file. The last one queues the task: look at the status of the answer.
    ///
    /// Hold the [`crate::BlobRef`] of the file until this returns, so that its blob is not removed in between.
    ///
    /// # Errors
    /// As [`Store::renew_fetching`], and [`StoreError::TooManyBytes`] if the tasks of the owner would keep more than
    /// `max_bytes` with it.
    pub async fn fetched(
        &self,
        lease: &Lease,
        index: usize,
        file: InputFile,
        max_bytes: Option<u64>,
    ) -> Result<TaskRow, StoreError> {
        let result = bind! { status: "done", bytes: file.bytes, file: file.id.0 };
        let change = settle(lease, index, result)
            .first(USED)
            .only_if(
                "urls[$index].status IN ['waiting', 'fetching']
                AND ($max_bytes = NONE OR $used + $file.bytes <= $max_bytes)",
            )
            .also("UPSERT type::record('blob_use', [$file.sha256, $key]) SET task = $key RETURN NONE;")
            .bind(bind! { file: FileRecord::from(file), max_bytes: max_bytes });
        self.change(change).await?.or_else(|before| {
            // If another claim of this node has it now, its lease tells so the next time.
            let held = before.task.status == TaskStatus::Fetching && before.node.as_ref() == Some(&lease.node);
            if held { StoreError::TooManyBytes } else { StoreError::LeaseLost }
        })
    }

    /// A URL can't be fetched. Once all others were tried the task fails with the first such error.
    ///
    /// # Errors
    /// As [`Store::renew_fetching`].
    pub async fn not_fetched(&self, lease: &Lease, index: usize, error: TaskError) -> Result<TaskRow, StoreError> {
        let result = bind! { status: "failed", error: ErrorRecord::from(error) };
        let change = settle(lease, index, result)
            .only_if("urls[$index].status IN ['waiting', 'fetching']")
            .bind(bind! { file: None::<FileRecord> });
        self.change(change).await?.or_else(|_| StoreError::LeaseLost)
    }

    /// Gives a task back that is not fetched to its end: it stays in `fetching`, and any node may go on.
    ///
    /// # Errors
    /// As [`Store::renew_fetching`].
    pub async fn release_fetching(&self, lease: &Lease) -> Result<TaskRow, StoreError> {
        self.release_fetching_unrenewed(lease, None).await
    }

    /// As [`Store::release_fetching`], unless the lease was renewed since it had this beat, if one is given.
    ///
    /// # Errors
    /// As [`Store::renew_fetching`].
    pub async fn release_fetching_unrenewed(&self, lease: &Lease, beat: Option<u64>) -> Result<TaskRow, StoreError> {
        let change = held("release a task", lease).unrenewed_since(beat).set(RELEASE);
        self.change(change).await?.or_else(|_| StoreError::LeaseLost)
    }
}

fn held<'a>(action: &'static str, lease: &'a Lease) -> Change<'a> {
    Change::within(action, lease.task, TaskStatus::Fetching).under(lease)
}

fn settle(lease: &Lease, index: usize, result: Object) -> Change<'_> {
    held("end a download", lease)
        .first(SETTLED)
        .set(SETTLE)
        .also("IF $row.status != 'fetching' { ")
        .also(LOG)
        .also(" };")
        .bind(bind! { index: index as u64, result: result })
}

//! What a node does with a task under its lease.

use d2d_api::{Artifact, TaskError, TaskId, TaskStatus, Transition};

use super::candidates::READY;
use super::change::{Change, Changed, not_held};
use super::{FilePlan, Lease, PageResult, Progress, TaskRow};
use crate::database::bind;
use crate::records::{ArtifactRecord, ErrorRecord, PlanRecord};
use crate::{Store, StoreError};

/// Progress does not go back, whatever the node says.
pub(super) const ADVANCE: &str = "message = $message, progress = math::max([progress, $progress]),
    pages = { done: math::max([pages.done, $done]), total: math::max([pages.total, $total]) }";

impl Store {
    /// Takes a queued task for `node`, which has to renew its lease from then on. Its attempt is counted, its progress
    /// starts at 0, its finished pages stay. `None` if it is not queued any more, as another node may have been faster, or
    /// if it is to wait before it is tried again.
    pub async fn claim(&self, id: TaskId, node: &str) -> Result<Option<(TaskRow, Lease)>, StoreError> {
        let change = Change::transition("claim a task", id, Transition::Claim)
            .only_if(READY)
            .set(
                "status = $to, message = 'started', progress = 0f, error = NONE,
                pages = {
                    done: (SELECT count() FROM page:[$key]..[$key, []] GROUP ALL)[0].count ?? 0,
                    total: pages.total
                },
                attempt += 1, started_at = time::now(), ready_at = NONE, ready_after = NONE,
                lease = { node: $node, token: claims + 1, beat: 0 }, claims += 1",
            )
            .bind(bind! { node: node });
        let record = match self.change(change).await {
            Ok(Changed::Yes(record)) => record,
            Ok(Changed::Before(_) | Changed::No(_)) | Err(StoreError::NotFound) => return Ok(None),
            Err(error) => return Err(error),
        };
        let lease = record.held(id, node)?;
        Ok(Some((TaskRow::try_from(*record)?, lease)))
    }

    /// Shows those who watch the lease that its node is alive.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] if the task was cancelled, released, or claimed anew; [`StoreError::NotFound`] if it was
    /// removed.
    pub async fn renew(&self, lease: &Lease) -> Result<(), StoreError> {
        let change = Change::within("renew a lease", lease.task, TaskStatus::Execution)
            .under(lease)
            .set("lease.beat += 1")
            .unseen();
        self.change(change).await?.or_else(|_| StoreError::LeaseLost).map(|_| ())
    }

    /// Tells how far the work is. Progress and pages done never go back within an attempt.
    ///
    /// # Errors
    /// As [`Store::renew`].
    pub async fn progress(&self, lease: &Lease, progress: &Progress) -> Result<TaskRow, StoreError> {
        self.advance(advance("tell progress", lease, progress)).await
    }

    /// Keeps which pages are to be done, for this attempt and later ones.
    ///
    /// # Errors
    /// As [`Store::renew`].
    pub async fn set_plan(&self, lease: &Lease, plan: &[FilePlan], progress: &Progress) -> Result<TaskRow, StoreError> {
        let change = advance("keep a plan", lease, progress)
            .also("UPSERT type::record('plan', $key) SET files = $plan RETURN NONE;")
            .bind(bind! { plan: plan.iter().map(PlanRecord::from).collect::<Vec<_>>() });
        self.advance(change).await
    }

    /// Keeps the result of a page, so that it is not done again; a page that is kept already is replaced.
    ///
    /// Hold the [`crate::BlobRef`] of the result until this returns, so that its blob is not removed in between.
    ///
    /// # Errors
    /// As [`Store::renew`].
    pub async fn checkpoint(
        &self,
        lease: &Lease,
        page: &PageResult,
        progress: &Progress,
    ) -> Result<TaskRow, StoreError> {
        let change = advance("keep a page", lease, progress)
            .also(
                "UPSERT type::record('page', [$key, $file, $page])
                    CONTENT { file: $file, page: $page, blob: $blob } RETURN NONE;
                UPSERT type::record('blob_use', [$blob, $key]) SET task = $key RETURN NONE;",
            )
            .bind(bind! { file: page.file.0, page: page.page, blob: page.blob.as_str() });
        self.advance(change).await
    }

    /// Ends the task in `success`; its results can be read from the same moment on.
    ///
    /// Hold the [`crate::BlobRef`]s of the results until this returns, so that their blobs are not removed in between.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], or [`StoreError::Refused`] if the task has ended otherwise (cancelled), or
    /// [`StoreError::NotFound`] if it was removed.
    pub async fn succeed(&self, lease: &Lease, artifacts: &[Artifact], message: &str) -> Result<TaskRow, StoreError> {
        let change = Change::transition("end a task", lease.task, Transition::Succeed)
            .under(lease)
            .set(
                "status = $to, message = $message, progress = 100f, lease = NONE, finished_at = time::now(),
                result_bytes = math::sum($artifacts.bytes)",
            )
            .also(
                "FOR $i IN 0..array::len($artifacts) {
                    CREATE type::record('artifact', [$key, $i]) CONTENT $artifacts[$i] RETURN NONE;
                    UPSERT type::record('blob_use', [$artifacts[$i].sha256, $key]) SET task = $key RETURN NONE;
                };",
            )
            .bind(bind! {
                message: message,
                artifacts: artifacts.iter().map(ArtifactRecord::from).collect::<Vec<_>>(),
            });
        self.change(change).await?.or_else(|before| not_held(before, Transition::Succeed))
    }

    /// Ends the task in `failure`.
    ///
    /// # Errors
    /// As [`Store::succeed`].
    pub async fn fail(&self, lease: &Lease, error: TaskError) -> Result<TaskRow, StoreError> {
        self.fail_unrenewed(lease, None, error).await
    }

    /// As [`Store::fail`], unless the lease was renewed since it had this beat, if one is given.
    ///
    /// # Errors
    /// As [`Store::succeed`].
    pub async fn fail_unrenewed(
        &self,
        lease: &Lease,
        beat: Option<u64>,
        error: TaskError,
    ) -> Result<TaskRow, StoreError> {
        let change = Change::transition("end a task", lease.task, Transition::Fail)
            .under(lease)
            .unrenewed_since(beat)
            .set("status = $to, message = $error.detail, error = $error, lease = NONE, finished_at = time::now()")
            .bind(bind! { error: ErrorRecord::from(error) });
        self.change(change).await?.or_else(|before| not_held(before, Transition::Fail))
    }

    pub(super) async fn advance(&self, change: Change<'_>) -> Result<TaskRow, StoreError> {
        self.change(change).await?.or_else(|_| StoreError::LeaseLost)
    }
}

pub(super) fn advance<'a>(action: &'static str, lease: &'a Lease, progress: &Progress) -> Change<'a> {
    let percent = if progress.progress.is_nan() { 0.0 } else { progress.progress.clamp(0.0, 100.0) };
    Change::within(action, lease.task, TaskStatus::Execution).under(lease).set(ADVANCE).bind(bind! {
        message: progress.message.as_str(),
        progress: percent,
        done: progress.pages.done,
        total: progress.pages.total,
    })
}

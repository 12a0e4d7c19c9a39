//! What a node does with a task under its lease.

use std::time::Duration;

use d2d_api::{Artifact, TaskError, TaskId};

use super::{FilePlan, Lease, PageResult, Progress, TaskRow};
use crate::{Store, StoreError};

impl Store {
    /// Takes a queued task for `node` for as long as `ttl`, by the database's clock. Its attempt is counted, its progress
    /// starts at 0, its finished pages stay. `None` if it is not queued any more: another node may have been faster.
    pub async fn claim(&self, id: TaskId, node: &str, ttl: Duration) -> Result<Option<(TaskRow, Lease)>, StoreError> {
        let _ = (id, node, ttl);
        Err(crate::error::unfinished())
    }

    /// Keeps the lease for `ttl` from now.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] if the task was cancelled, removed, released, or claimed anew.
    pub async fn renew(&self, lease: &Lease, ttl: Duration) -> Result<(), StoreError> {
        let _ = (lease, ttl);
        Err(crate::error::unfinished())
    }

    /// Tells how far the work is. Progress and pages done never go back within an attempt.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`].
    pub async fn progress(&self, lease: &Lease, progress: &Progress) -> Result<TaskRow, StoreError> {
        let _ = (lease, progress);
        Err(crate::error::unfinished())
    }

    /// Keeps which pages are to be done, for this attempt and later ones.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`].
    pub async fn set_plan(&self, lease: &Lease, plan: &[FilePlan], progress: &Progress) -> Result<TaskRow, StoreError> {
        let _ = (lease, plan, progress);
        Err(crate::error::unfinished())
    }

    /// Keeps the result of a page, so that it is not done again; a page that is kept already is replaced.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`].
    pub async fn checkpoint(
        &self,
        lease: &Lease,
        page: &PageResult,
        progress: &Progress,
    ) -> Result<TaskRow, StoreError> {
        let _ = (lease, page, progress);
        Err(crate::error::unfinished())
    }

    /// Ends the task in `success` with these results.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], or [`StoreError::Refused`] if the task has ended otherwise (cancelled).
    pub async fn succeed(&self, lease: &Lease, artifacts: &[Artifact], message: &str) -> Result<TaskRow, StoreError> {
        let _ = (lease, artifacts, message);
        Err(crate::error::unfinished())
    }

    /// Ends the task in `failure`.
    ///
    /// # Errors
    /// As [`Store::succeed`].
    pub async fn fail(&self, lease: &Lease, error: TaskError) -> Result<TaskRow, StoreError> {
        let _ = (lease, error);
        Err(crate::error::unfinished())
    }

    /// Gives the task back to the queue unfinished, at its old place; the attempt does not count.
    ///
    /// # Errors
    /// As [`Store::succeed`].
    pub async fn release(&self, lease: &Lease, message: &str) -> Result<TaskRow, StoreError> {
        let _ = (lease, message);
        Err(crate::error::unfinished())
    }

    /// Gives all tasks that `node` holds back to the queue: for its start, when its earlier life holds none any more.
    /// Their attempts count.
    pub async fn release_node(&self, node: &str) -> Result<Vec<TaskRow>, StoreError> {
        let _ = node;
        Err(crate::error::unfinished())
    }

    /// Gives all tasks whose lease has run out, by the database's clock, back to the queue. Their attempts count.
    pub async fn release_expired(&self) -> Result<Vec<TaskRow>, StoreError> {
        Err(crate::error::unfinished())
    }
}

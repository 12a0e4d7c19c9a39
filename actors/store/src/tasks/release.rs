//! Leases as they are seen by all, and giving unfinished tasks back to the queue.

use std::time::Duration;

use d2d_api::{TaskId, TaskStatus, Transition};
use surrealdb::types::SurrealValue;

use super::change::{Change, not_held};
use super::{Lease, SeenLease, TaskRow};
use crate::database::bind;
use crate::records::LeaseRecord;
use crate::{Store, StoreError};

/// A task that a node works on, or did.
#[derive(SurrealValue)]
struct Held {
    key: uuid::Uuid,
    lease: LeaseRecord,
    attempt: u32,
    attempts_before: Option<u32>,
}

impl Store {
    /// Gives the task back to the queue unfinished, at its old place; the attempt does not count.
    ///
    /// # Errors
    /// As [`Store::succeed`].
    pub async fn release(&self, lease: &Lease, message: &str) -> Result<TaskRow, StoreError> {
        let change = back(lease).bind(bind! { message: message, unused: 1, delay: None::<Duration> });
        self.change(change).await?.or_else(|before| not_held(before, Transition::Release))
    }

    /// Gives a task back to the queue whose attempt came to nothing, which counts: at its old place, but it is not started
    /// again before `delay` is over. Not if the lease was renewed since it had this beat, if one is given.
    ///
    /// # Errors
    /// As [`Store::succeed`].
    pub async fn retry_later(
        &self,
        lease: &Lease,
        beat: Option<u64>,
        message: &str,
        delay: Duration,
    ) -> Result<TaskRow, StoreError> {
        let delay = Some(delay).filter(|delay| !delay.is_zero());
        let change = back(lease).unrenewed_since(beat).bind(bind! { message: message, unused: 0, delay: delay });
        self.change(change).await?.or_else(|before| not_held(before, Transition::Release))
    }

    /// The leases of all tasks in `status` that a node holds.
    pub async fn leases(&self, status: TaskStatus) -> Result<Vec<SeenLease>, StoreError> {
        let query = "SELECT key, lease, attempt, attempts_before FROM task WHERE status = $status AND lease != NONE";
        let held: Vec<Held> = self.database().run("list the leases", query, bind! { status: status.as_str() }).await?;
        Ok(held.into_iter().map(SeenLease::from).collect())
    }
}

fn back(lease: &Lease) -> Change<'_> {
    Change::transition("release a task", lease.task, Transition::Release).under(lease).set(
        "status = $to, message = $message, lease = NONE, started_at = NONE, attempt -= $unused,
        ready_at = IF $delay = NONE { NONE } ELSE { time::now() + $delay }, ready_after = $delay",
    )
}

impl From<Held> for SeenLease {
    fn from(Held { key, lease, attempt, attempts_before }: Held) -> Self {
        let tries = attempt.saturating_sub(attempts_before.unwrap_or_default());
        Self { lease: Lease { task: TaskId(key), node: lease.node, token: lease.token }, beat: lease.beat, tries }
    }
}

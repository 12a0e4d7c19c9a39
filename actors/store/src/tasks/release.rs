//! Giving unfinished tasks back to the queue.

use d2d_api::{TaskId, Transition};
use surrealdb::types::SurrealValue;

use super::change::{Change, not_held};
use super::{Lease, TaskRow};
use crate::database::bind;
use crate::records::LeaseRecord;
use crate::{Store, StoreError};

/// A task that a node works on, or did.
#[derive(SurrealValue)]
struct Held {
    key: uuid::Uuid,
    lease: LeaseRecord,
}

impl Store {
    /// Gives the task back to the queue unfinished, at its old place; the attempt does not count.
    ///
    /// # Errors
    /// As [`Store::succeed`].
    pub async fn release(&self, lease: &Lease, message: &str) -> Result<TaskRow, StoreError> {
        self.give_back(lease, message, 1).await
    }

    /// Gives all tasks that `node` holds back to the queue: for its start, when its earlier life holds none any more.
    /// Their attempts count.
    pub async fn release_node(&self, node: &str) -> Result<Vec<TaskRow>, StoreError> {
        let query = "SELECT key, lease.{ node, token } FROM task WHERE status = 'execution' AND lease.node = $node";
        let held = self.database().run("list the tasks of a node", query, bind! { node: node }).await?;
        self.give_all_back(held, "the daemon was started anew; queued again").await
    }

    /// Gives all tasks whose lease has run out, by the database's clock, back to the queue. Their attempts count.
    pub async fn release_expired(&self) -> Result<Vec<TaskRow>, StoreError> {
        let query = "SELECT key, lease.{ node, token } FROM task
            WHERE status = 'execution' AND lease.expires_at <= time::now()";
        let held = self.database().run("list expired leases", query, bind! {}).await?;
        self.give_all_back(held, "its node did not report any more; queued again").await
    }

    /// Each in a transaction of its own; those that ended, or were claimed by another, meanwhile are left out.
    async fn give_all_back(&self, held: Vec<Held>, message: &str) -> Result<Vec<TaskRow>, StoreError> {
        let mut released = Vec::with_capacity(held.len());
        for Held { key, lease } in held {
            let lease = Lease { task: TaskId(key), node: lease.node, token: lease.token };
            match self.give_back(&lease, message, 0).await {
                Ok(row) => released.push(row),
                Err(StoreError::LeaseLost | StoreError::Refused(_) | StoreError::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(released)
    }

    /// `unused` attempts do not count.
    async fn give_back(&self, lease: &Lease, message: &str, unused: u32) -> Result<TaskRow, StoreError> {
        let change = Change::transition("release a task", lease.task, Transition::Release)
            .under(lease)
            .set("status = $to, message = $message, lease = NONE, started_at = NONE, attempt -= $unused")
            .bind(bind! { message: message, unused: unused });
        self.change(change).await?.or_else(|before| not_held(before, Transition::Release))
    }
}

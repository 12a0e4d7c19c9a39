//! The one place through which every row that a change left in the store goes out to those who watch, and word of an end
//! to those who tell of it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use d2d_api::{Task, TaskStatus};
use d2d_store::TaskRow;

use crate::address::Address;
use crate::broadcaster::{BroadcasterMsg, Change};
use crate::pace::Pace;
use crate::retention::Retention;
use crate::webhooks::WebhooksMsg;

/// Publishes changes, and counts the tasks that ended. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Publisher {
    broadcaster: Address<BroadcasterMsg>,
    webhooks: Address<WebhooksMsg>,
    retention: Retention,
    ended: Arc<Ended>,
}

/// How many tasks ended since the system was started.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    succeeded: AtomicU64,
    failed: AtomicU64,
    cancelled: AtomicU64,
    pace: Mutex<Pace>,
}

impl Publisher {
    pub(crate) fn new(
        broadcaster: Address<BroadcasterMsg>,
        webhooks: Address<WebhooksMsg>,
        retention: Retention,
    ) -> Self {
        Self { broadcaster, webhooks, retention, ended: Arc::default() }
    }

    /// Publishes the row that a change left, and answers the task.
    pub(crate) fn publish(&self, row: TaskRow) -> Task {
        self.publish_with_eta(row, None)
    }

    /// Publishes the row of a running task together with the seconds that it still needs.
    pub(crate) fn publish_with_eta(&self, mut row: TaskRow, eta_seconds: Option<u64>) -> Task {
        self.retention.fill(&mut row);
        let task = Task { eta_seconds, ..row.task };
        self.ended.count(task.status);
        if task.status.is_terminal() && task.webhook.is_some() {
            // If nobody is there, the next one begins with a look.
            let _ = self.webhooks.cast(WebhooksMsg::Wake);
        }
        let change = Arc::new(Change { owner: row.owner, task: task.clone() });
        if self.broadcaster.cast(BroadcasterMsg::Publish(change)).is_err() {
            tracing::debug!(task.id = %task.id, "nobody broadcasts now: subscribers will start over with a snapshot");
        }
        task
    }

    /// After what time a place in a full queue is likely to be free.
    pub(crate) fn next_place(&self) -> Option<Duration> {
        self.ended.pace.lock().unwrap_or_else(PoisonError::into_inner).next_place(Instant::now())
    }

    /// Successes, failures and cancellations since the system was started.
    pub(crate) fn ended(&self) -> (u64, u64, u64) {
        let Ended { succeeded, failed, cancelled, .. } = &*self.ended;
        (succeeded.load(Ordering::Relaxed), failed.load(Ordering::Relaxed), cancelled.load(Ordering::Relaxed))
    }
}

impl Ended {
    fn count(&self, status: TaskStatus) {
        let counter = match status {
            TaskStatus::Success => &self.succeeded,
            TaskStatus::Failure => &self.failed,
            TaskStatus::Cancelled => &self.cancelled,
            _ => return,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        self.pace.lock().unwrap_or_else(PoisonError::into_inner).ended(Instant::now());
    }
}

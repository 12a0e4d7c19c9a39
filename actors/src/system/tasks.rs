//! Reading, watching, cancelling, retrying and removing tasks.

use std::sync::Arc;

use d2d_api::{LogEntry, Task, TaskId, TaskStatus};
use d2d_store::{StoreError, TaskFilter, TaskRow};

use super::System;
use crate::broadcaster::{BroadcasterMsg, Inbox, Subscriber};
use crate::{Access, QueuePlaces, Refused, Scope, Subscription};

/// A page of a list of tasks.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskPage {
    /// The tasks, newest first.
    pub rows: Vec<TaskRow>,
    /// Give this as `cursor` to get the next page; `None` on the last one.
    pub next_cursor: Option<TaskId>,
}

impl System {
    /// One task, with its place in the queue or the time that it still needs.
    ///
    /// # Errors
    /// `task.not_found`.
    pub async fn task(&self, access: &Access, id: TaskId) -> Result<Task, Refused> {
        Ok(self.task_row(access, id).await?.task)
    }

    /// One task as [`System::task`], with the account that it belongs to.
    ///
    /// # Errors
    /// `task.not_found`.
    pub async fn task_row(&self, access: &Access, id: TaskId) -> Result<TaskRow, Refused> {
        let mut row = self.row(access, id).await?;
        if row.task.status == TaskStatus::Queued {
            row.task.queue_position = self.inner.store.queue_position(id).await?;
        }
        self.fill_eta(&mut row);
        Ok(row)
    }

    /// At most `limit` tasks that pass the filter, newest first, after the one that `cursor` names. An owner sees only its
    /// own, whatever `filter.owner` says. Places in the queue are not filled in: ask for the single task.
    ///
    /// # Errors
    /// `internal` if the store fails.
    pub async fn tasks(
        &self,
        access: &Access,
        mut filter: TaskFilter,
        cursor: Option<TaskId>,
        limit: usize,
    ) -> Result<TaskPage, Refused> {
        if let Access::Owner(name) = access {
            filter.owner = Some(name.clone());
        }
        let limit = limit.max(1);
        let mut rows = self.inner.store.tasks(&filter, cursor, limit + 1).await?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        for row in &mut rows {
            self.fill_eta(row);
            self.inner.retention.fill(row);
        }
        let next_cursor = rows.last().filter(|_| more).map(|row| row.task.id);
        Ok(TaskPage { rows, next_cursor })
    }

    /// The changes of state that the task went through, oldest first.
    ///
    /// # Errors
    /// `task.not_found`.
    pub async fn log(&self, access: &Access, id: TaskId) -> Result<Vec<LogEntry>, Refused> {
        self.row(access, id).await?;
        Ok(self.inner.store.log(id).await?)
    }

    /// Cancels a live task: its pages in hand are given up within a second.
    ///
    /// # Errors
    /// `task.not_found`, `task.wrong_state` if it has ended.
    pub async fn cancel(&self, access: &Access, id: TaskId) -> Result<Task, Refused> {
        let status = self.row(access, id).await?.task.status;
        if status.is_terminal() {
            return Err(Refused::wrong_state(status, "it has ended, so there is nothing to cancel"));
        }
        let message = match access {
            Access::Owner(_) => "cancelled by its owner",
            Access::Operator => "cancelled by an operator",
        };
        let row = self.inner.store.cancel(id, message).await?;
        self.halt(id, row.task.seq);
        tracing::info!(task.id = %id, "task {message}");
        Ok(self.inner.publisher.publish(row))
    }

    /// Queues a task again that failed or was cancelled, with its files and the pages that are done.
    ///
    /// # Errors
    /// `task.not_found`, `task.wrong_state`, `queue.full`, `service.unavailable`.
    pub async fn retry(&self, access: &Access, id: TaskId) -> Result<Task, Refused> {
        self.admit()?;
        let task = self.row(access, id).await?.task;
        if !matches!(task.status, TaskStatus::Failure | TaskStatus::Cancelled) {
            return Err(Refused::wrong_state(task.status, "only what failed or was cancelled can be tried again"));
        }
        let message = match access {
            Access::Owner(_) => "queued again by its owner",
            Access::Operator => "queued again by an operator",
        };
        let uploads = &self.inner.config.uploads;
        let retried = self.inner.store.retry(id, message, uploads.max_queued, uploads.max_queued_per_user).await;
        let row = retried.map_err(|error| match error {
            StoreError::NoFiles => {
                let what = "its files were never complete, so there is nothing to try again; register another task";
                Refused::wrong_state(task.status, what)
            }
            other => self.when_full(other.into()),
        })?;
        tracing::info!(task.id = %id, "task {message}");
        Ok(self.publish_and_wake(row))
    }

    /// Removes a task with its files and results, now; one that still lives is cancelled first.
    ///
    /// # Errors
    /// `task.not_found`.
    pub async fn remove(&self, access: &Access, id: TaskId) -> Result<(), Refused> {
        let status = self.row(access, id).await?.task.status;
        if !status.is_terminal() {
            // It may end by itself just now: then there is nothing to cancel, and it can be removed all the same.
            match self.cancel(access, id).await {
                Err(refused) if refused.code != d2d_api::ProblemCode::TaskWrongState => return Err(refused),
                _ => {}
            }
        }
        let blobs = self.inner.store.remove_task(id).await?;
        tracing::info!(task.id = %id, blobs = blobs.len(), "task removed");
        Ok(())
    }

    /// Watches tasks from now on. To miss nothing: subscribe, then read the snapshot.
    ///
    /// Anybody may subscribe to anything here: check with [`System::task`] that the task may be seen.
    #[must_use]
    pub fn subscribe(&self, scope: Scope) -> Subscription {
        let inbox = Arc::new(Inbox::default());
        let subscription = Subscription::of(Arc::clone(&inbox));
        // Without a broadcaster the message is dropped, which ends the subscription.
        let _ = self.inner.children.broadcaster.cast(BroadcasterMsg::Subscribe(Subscriber::new(scope, inbox)));
        subscription
    }

    /// The places of queued tasks as they change, while this is held: hold it only as long as one of the watched tasks is
    /// queued.
    #[must_use]
    pub fn places(&self) -> QueuePlaces {
        self.inner.places.watch()
    }

    /// The stored row of a task that `access` may see.
    pub(super) async fn row(&self, access: &Access, id: TaskId) -> Result<TaskRow, Refused> {
        let row = self.inner.store.task(id).await?;
        let mut row = row.filter(|row| access.sees(row)).ok_or_else(Refused::no_task)?;
        self.inner.retention.fill(&mut row);
        Ok(row)
    }

    fn fill_eta(&self, row: &mut TaskRow) {
        if row.task.status == TaskStatus::Execution {
            row.task.eta_seconds = self.inner.etas.get(row.task.id);
        }
    }
}

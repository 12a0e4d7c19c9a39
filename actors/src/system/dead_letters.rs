//! Dead letters: tasks that failed, listed and queued again many at a time, for operators.

use d2d_api::{DeadLetterFilter, NotReplayed, ProblemCode, Replayed, TaskId, TaskStatus};
use d2d_store::{StoreError, TaskFilter};

use super::{System, TaskPage};
use crate::{Access, Refused};

impl System {
    /// At most `limit` failed tasks that pass the filter, as [`System::tasks`] lists them.
    ///
    /// # Errors
    /// `internal` if the store fails.
    pub async fn dead_letters(
        &self,
        filter: DeadLetterFilter,
        cursor: Option<TaskId>,
        limit: usize,
    ) -> Result<TaskPage, Refused> {
        let DeadLetterFilter { owner, service, code } = filter;
        let filter = TaskFilter { owner, service, code, status: vec![TaskStatus::Failure], ..TaskFilter::default() };
        self.tasks(&Access::Operator, filter, cursor, limit).await
    }

    /// Queues failed tasks again, in this order, as [`System::retry`] does one. It stops when the queue is full.
    ///
    /// # Errors
    /// `queue.full` if that is so before the first is queued; what else would fail for all of them.
    pub async fn replay(&self, ids: &[TaskId]) -> Result<Replayed, Refused> {
        let mut replayed = Replayed::default();
        for &id in ids {
            let Err(refused) = self.replay_one(id).await else {
                replayed.queued.push(id);
                continue;
            };
            if refused.code != ProblemCode::QueueFull && refused.code.status() < 500 {
                replayed.refused.push(not_replayed(id, refused));
            } else if replayed.queued.is_empty() {
                return Err(refused);
            } else {
                replayed.stopped = Some(not_replayed(id, refused));
                break;
            }
        }
        tracing::info!(queued = replayed.queued.len(), refused = replayed.refused.len(), "failed tasks queued again");
        Ok(replayed)
    }

    /// As [`System::replay`], at most `limit` of those that pass the filter, after the one that `cursor` names.
    ///
    /// # Errors
    /// As [`System::replay`].
    pub async fn replay_all(
        &self,
        filter: DeadLetterFilter,
        cursor: Option<TaskId>,
        limit: usize,
    ) -> Result<Replayed, Refused> {
        let page = self.dead_letters(filter, cursor, limit).await?;
        let ids: Vec<_> = page.rows.iter().map(|row| row.task.id).collect();
        let mut replayed = self.replay(&ids).await?;
        let next = match &replayed.stopped {
            // The next one goes on with the one at which this one stopped.
            Some(stopped) => ids.iter().take_while(|id| **id != stopped.id).last().copied(),
            None => page.next_cursor,
        };
        replayed.next_cursor = next.map(|id| id.to_string());
        Ok(replayed)
    }

    async fn replay_one(&self, id: TaskId) -> Result<(), Refused> {
        let status = self.row(&Access::Operator, id).await?.task.status;
        if status != TaskStatus::Failure {
            return Err(Refused::wrong_state(status, "only what failed is queued again"));
        }
        match self.retry(&Access::Operator, id).await {
            // There is room for others: it is only its owner that has as many as may be.
            Err(refused) if refused.code == ProblemCode::QueueFull && !self.is_full().await? => {
                Err(StoreError::TooManyTasks.into())
            }
            retried => retried.map(drop),
        }
    }

    /// Whether no task of any account can be queued.
    async fn is_full(&self) -> Result<bool, Refused> {
        let counts = self.inner.store.counts().await?;
        Ok(counts.awaiting_files + counts.queued + counts.execution >= self.inner.config.uploads.max_queued)
    }
}

fn not_replayed(id: TaskId, refused: Refused) -> NotReplayed {
    NotReplayed { id, code: refused.code, detail: refused.detail }
}

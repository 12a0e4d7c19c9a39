//! Giving up tasks whose files never came.

use d2d_api::{TaskId, Transition};

use super::TaskRow;
use super::change::Change;
use crate::database::bind;
use crate::{Store, StoreError};

/// Read off the index `task_awaiting`, where tasks that await nothing have no time: hence the lower bound.
const OVERDUE: &str = "SELECT VALUE key FROM task
    WHERE awaits_until > d'1970-01-01T00:00:00Z' AND awaits_until <= time::now() LIMIT $limit";

impl Store {
    /// Gives up at most `limit` of the tasks that await files longer than they were to: each becomes `expired` and loses
    /// its files. Answers them; call it again while it answers some.
    pub async fn expire_awaiting(&self, limit: usize) -> Result<Vec<TaskRow>, StoreError> {
        let overdue: Vec<uuid::Uuid> =
            self.database().run("list overdue tasks", OVERDUE, bind! { limit: limit }).await?;
        let mut expired = Vec::new();
        for key in overdue {
            match self.expire_overdue(TaskId(key)).await {
                Ok(row) => expired.push(row),
                // A file came after all, or the owner was faster.
                Err(StoreError::FilesClosed(_) | StoreError::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(expired)
    }

    async fn expire_overdue(&self, id: TaskId) -> Result<TaskRow, StoreError> {
        let Some(before) = self.task(id).await? else { return Err(StoreError::NotFound) };
        let change = Change::transition("give up a task", id, Transition::Expire)
            .only_if("status = 'awaiting_files' AND awaits_until <= time::now()")
            .set(
                "status = $to, message = 'its files did not come in time', files = [], awaits_until = NONE,
                finished_at = time::now()",
            )
            .also("LET $uses = SELECT VALUE id FROM blob_use WHERE task = $key; DELETE $uses RETURN NONE;");
        let row = self.change(change).await?.or_else(|now| StoreError::FilesClosed(now.task.status))?;
        let blobs = before.task.files.into_iter().map(|file| file.sha256).collect();
        self.remove_unused_blobs(blobs).await?;
        Ok(row)
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Result;

    use super::*;
    use crate::tests::on_each_store;

    #[test]
    fn overdue_tasks_are_read_off_their_index() -> Result<()> {
        on_each_store(|store| async move {
            let query = format!("EXPLAIN {OVERDUE}");
            let plan: String = store.database().run("explain", &query, bind! { limit: 5 }).await?;
            assert!(plan.contains("IndexScan") && plan.contains("index: task_awaiting"), "{plan}");
            assert!(!plan.contains("TableScan"), "{plan}");
            Ok(())
        })
    }
}

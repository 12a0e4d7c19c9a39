//! What has passed its time: the data of ended tasks, and the records of those whose data is gone.

use std::time::Duration;

use d2d_api::{TaskId, Transition};

use super::TaskRow;
use super::change::{Change, Changed};
use crate::database::bind;
use crate::{BlobPlace, Store, StoreError};

/// Tasks whose own time is over. Without the lower bound those without one would come first.
const DUE: &str = "SELECT VALUE key FROM task
    WHERE due_at > d'1970-01-01T00:00:00Z' AND due_at <= time::now() ORDER BY due_at ASC LIMIT $limit";

/// Tasks in one of the states that ended before `$keep`.
const ENDED: &str = "SELECT VALUE key FROM task
    WHERE status = $status AND finished_at <= time::now() - $keep ORDER BY finished_at ASC LIMIT $limit";

/// Those of `$blobs` that nothing refers to.
const UNUSED: &str =
    "$blobs.filter(|$blob| array::is_empty(SELECT VALUE id FROM blob_use:[$blob]..[$blob, []] LIMIT 1))";

/// For how many blobs the database is asked in one query whether they are used.
const ASKED_AT_ONCE: usize = 200;

impl Store {
    /// At most `limit` ended tasks whose data has passed its time: their own, or `keep` after their end. `None` keeps for
    /// ever what has no time of its own.
    pub async fn overdue(&self, keep: Option<Duration>, limit: usize) -> Result<Vec<TaskId>, StoreError> {
        let due: Vec<uuid::Uuid> = self.database().run("list what is due", DUE, bind! { limit: limit }).await?;
        let mut ids: Vec<_> = due.into_iter().map(TaskId).collect();
        for status in keep.iter().flat_map(|_| ["success", "failure", "cancelled"]) {
            ids.extend(self.ended_before(status, keep, limit.saturating_sub(ids.len())).await?);
        }
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }

    /// At most `limit` expired tasks that ended longer than `keep` ago.
    pub async fn outdated_records(&self, keep: Duration, limit: usize) -> Result<Vec<TaskId>, StoreError> {
        self.ended_before("expired", Some(keep), limit).await
    }

    async fn ended_before(
        &self,
        status: &str,
        keep: Option<Duration>,
        limit: usize,
    ) -> Result<Vec<TaskId>, StoreError> {
        let bindings = bind! { status: status, keep: keep, limit: limit };
        let keys: Vec<uuid::Uuid> = self.database().run("list what ended long ago", ENDED, bindings).await?;
        Ok(keys.into_iter().map(TaskId).collect())
    }

    /// Removes the files, pages and results of a task that is [overdue](Store::overdue), with the blobs that nothing else
    /// refers to; its record and its log stay. `None` if there is nothing to do: it is gone, expired, or tried again.
    pub async fn expire(&self, id: TaskId, keep: Option<Duration>) -> Result<Option<TaskRow>, StoreError> {
        // Read before: an ended task comes to refer to no more blobs.
        let uses = "SELECT VALUE record::id(id)[0] FROM blob_use WHERE task = $key";
        let blobs: Vec<String> = self.database().run("list the blobs of a task", uses, bind! { key: id.0 }).await?;
        let change = Change::transition("expire a task", id, Transition::Expire)
            .untold()
            .only_if(
                "finished_at != NONE AND ((due_at != NONE AND due_at <= time::now())
                    OR ($keep != NONE AND finished_at <= time::now() - $keep))",
            )
            .set(
                "status = $to, files = [], result_bytes = NONE, error = NONE, page_errors = NONE, secrets = NONE,
                message = 'its files and results passed their time and were removed'",
            )
            .also(
                "DELETE type::record('plan', $key) RETURN NONE;
                DELETE page:[$key]..[$key, []] RETURN NONE;
                DELETE failed_page:[$key]..[$key, []] RETURN NONE;
                DELETE artifact:[$key]..[$key, []] RETURN NONE;
                DELETE (SELECT VALUE id FROM blob_use WHERE task = $key) RETURN NONE;",
            )
            .bind(bind! { keep: keep });
        let row = match self.change(change).await {
            Ok(Changed::Yes(record) | Changed::Before(record)) => TaskRow::try_from(*record)?,
            Ok(Changed::No(_)) | Err(StoreError::NotFound) => return Ok(None),
            Err(error) => return Err(error),
        };
        // Whatever stays behind if this fails or is cut off is found as an orphan.
        if let Err(error) = self.remove_unused_blobs(blobs).await {
            tracing::warn!(task.id = %id, %error, "a blob of an expired task could not be removed; will try again");
        }
        Ok(Some(row))
    }

    /// Removes those of the blobs from `from` on that no record refers to and that are older than `age`: what was left
    /// behind when a process ended between the removal of a record and that of its blobs. Looks at `limit` of them at most,
    /// all in one of the 256 folders; answers how many are removed, and where to go on.
    pub async fn remove_orphans(
        &self,
        from: &BlobPlace,
        age: Duration,
        limit: usize,
    ) -> Result<(usize, BlobPlace), StoreError> {
        let (old, next) = self.blobs().older_than(from, age, limit).await?;
        let mut removed = 0;
        for some in old.chunks(ASKED_AT_ONCE) {
            let unused = self.unused(some).await?;
            removed += self.remove_unused_blobs(unused).await?.len();
        }
        Ok((removed, next))
    }

    /// Those of the blobs that no task refers to just now.
    async fn unused(&self, blobs: &[String]) -> Result<Vec<String>, StoreError> {
        self.database().run("look which blobs are used", UNUSED, bind! { blobs: blobs.to_vec() }).await
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Result;

    use super::*;
    use crate::tests::{file, new_task, on_each_store};

    #[test]
    fn what_passed_its_time_is_read_off_indexes() -> Result<()> {
        on_each_store(|store| async move {
            for (query, index) in [(DUE, "task_due"), (ENDED, "task_ended")] {
                let bindings = bind! { status: "success", keep: Duration::from_secs(1), limit: 5 };
                let plan: String = store.database().run("explain", &format!("EXPLAIN {query}"), bindings).await?;
                assert!(plan.contains("IndexScan") && plan.contains(index), "{plan}");
                assert!(!plan.contains("TableScan") && !plan.contains("Sort"), "{plan}");
            }
            Ok(())
        })
    }

    #[test]
    fn many_blobs_are_asked_for_at_once() -> Result<()> {
        on_each_store(|store| async move {
            let blobs: Vec<_> = (0..3 * ASKED_AT_ONCE).map(|number| format!("{number:064x}")).collect();
            let id = store.create_task(new_task("ann")).await?.task.id;
            for used in [&blobs[7], &blobs[300]] {
                store.add_file(id, file(used), 9).await?;
            }
            let unused = store.unused(&blobs).await?;
            assert_eq!(unused.len(), blobs.len() - 2);
            assert!(!unused.contains(&blobs[7]) && !unused.contains(&blobs[300]));
            Ok(())
        })
    }
}

//! Reading a task, and what belongs to it.

use d2d_api::{Artifact, LogEntry, TaskId};
use surrealdb::types::SurrealValue;

use super::{FilePlan, PageResult, StatusCounts, TaskFilter, TaskRow};
use crate::database::bind;
use crate::records::{ArtifactRecord, LogRecord, PageRecord, PlanRecord, TaskRecord, task_record};
use crate::{Store, StoreError};

impl Store {
    /// One task.
    pub async fn task(&self, id: TaskId) -> Result<Option<TaskRow>, StoreError> {
        let query = "SELECT * FROM ONLY $task";
        let record: Option<TaskRecord> =
            self.database().run("read a task", query, bind! { task: task_record(id) }).await?;
        record.map(TaskRow::try_from).transpose()
    }

    /// At most `limit` tasks that pass the filter, newest first; only those before `cursor` if one is given, which is the
    /// last one of the page before.
    pub async fn tasks(
        &self,
        filter: &TaskFilter,
        cursor: Option<TaskId>,
        limit: usize,
    ) -> Result<Vec<TaskRow>, StoreError> {
        let bindings = bind! {
            owner: filter.owner.as_deref(),
            service: filter.service.as_deref(),
            label: filter.label.as_deref(),
            cursor: cursor.map(|cursor| cursor.0),
            limit: limit,
            statuses: filter.status.iter().map(|status| status.as_str()).collect::<Vec<_>>(),
        };
        let pages: Vec<Vec<TaskRecord>> =
            self.database().run("list tasks", &list_query(filter, cursor), bindings).await?;
        let rows: Result<Vec<_>, _> = pages.into_iter().flatten().map(TaskRow::try_from).collect();
        let mut rows = rows?;
        rows.sort_unstable_by_key(|row| std::cmp::Reverse(row.task.id));
        rows.truncate(limit);
        Ok(rows)
    }

    /// How many tasks are in each live state.
    pub async fn counts(&self) -> Result<StatusCounts, StoreError> {
        #[derive(SurrealValue)]
        struct Counts {
            awaiting_files: u64,
            fetching: u64,
            queued: u64,
            execution: u64,
        }
        let query = "RETURN {
            awaiting_files: (SELECT count() FROM task WHERE status = 'awaiting_files' GROUP ALL)[0].count ?? 0,
            fetching: (SELECT count() FROM task WHERE status = 'fetching' GROUP ALL)[0].count ?? 0,
            queued: (SELECT count() FROM task WHERE status = 'queued' GROUP ALL)[0].count ?? 0,
            execution: (SELECT count() FROM task WHERE status = 'execution' GROUP ALL)[0].count ?? 0,
        }";
        let counts: Counts = self.database().run("count the tasks", query, bind! {}).await?;
        Ok(StatusCounts {
            awaiting_files: counts.awaiting_files + counts.fetching,
            queued: counts.queued,
            execution: counts.execution,
        })
    }

    /// Which pages are to be done; empty until the pages were counted.
    pub async fn plan(&self, id: TaskId) -> Result<Vec<FilePlan>, StoreError> {
        let query = "(SELECT VALUE files FROM ONLY type::record('plan', $key)) ?? []";
        let records: Vec<PlanRecord> = self.database().run("read a plan", query, bind! { key: id.0 }).await?;
        Ok(records.into_iter().map(FilePlan::from).collect())
    }

    /// The pages whose results are kept.
    pub async fn finished_pages(&self, id: TaskId) -> Result<Vec<PageResult>, StoreError> {
        let query = "SELECT * FROM page:[$key]..[$key, []]";
        let records: Vec<PageRecord> = self.database().run("read the pages", query, bind! { key: id.0 }).await?;
        Ok(records.into_iter().map(PageResult::from).collect())
    }

    /// The result files, in the order in which they were committed; empty unless the task ended in `success`.
    pub async fn artifacts(&self, id: TaskId) -> Result<Vec<Artifact>, StoreError> {
        let query = "SELECT * FROM artifact:[$key]..[$key, []]";
        let records: Vec<ArtifactRecord> = self.database().run("read the results", query, bind! { key: id.0 }).await?;
        Ok(records.into_iter().map(Artifact::from).collect())
    }

    /// The changes of state that the task went through, oldest first.
    pub async fn log(&self, id: TaskId) -> Result<Vec<LogEntry>, StoreError> {
        let query = "SELECT * FROM log:[$key]..[$key, []]";
        let records: Vec<LogRecord> = self.database().run("read the log", query, bind! { key: id.0 }).await?;
        records.into_iter().map(LogEntry::try_from).collect()
    }
}

/// A list for each state asked for, as each can be read off an index in the right order.
fn list_query(filter: &TaskFilter, cursor: Option<TaskId>) -> String {
    let lists: Vec<_> = match filter.status.len() {
        0 => vec![list(filter, None, cursor)],
        several => (0..several).map(|index| list(filter, Some(index), cursor)).collect(),
    };
    format!("RETURN [({})]", lists.join("), ("))
}

/// The list of those in the state of number `status`, or of all.
fn list(filter: &TaskFilter, status: Option<usize>, cursor: Option<TaskId>) -> String {
    let status = status.map(|index| format!("status = $statuses[{index}]"));
    let conditions: Vec<_> = [
        filter.owner.as_ref().map(|_| "owner = $owner"),
        status.as_deref(),
        cursor.map(|_| "key < $cursor"),
        filter.service.as_ref().map(|_| "service = $service"),
        filter.label.as_ref().map(|_| "label = $label"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let condition = if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) };
    format!("SELECT * FROM task {condition} ORDER BY key DESC LIMIT $limit")
}

#[cfg(test)]
mod tests {
    use anyhow::Result;
    use d2d_api::TaskStatus;

    use super::*;
    use crate::tests::on_each_store;

    /// Each list is read off an index, backwards, as far as the limit goes: neither a scan of the table nor a sort.
    #[test]
    fn lists_are_read_off_indexes() -> Result<()> {
        on_each_store(|store| async move {
            for owner in [None, Some("ann".to_owned())] {
                for status in [None, Some(0)] {
                    for cursor in [None, Some(TaskId::generate())] {
                        let status_filter = status.map(|_| TaskStatus::Queued).into_iter().collect();
                        let filter =
                            TaskFilter { owner: owner.clone(), status: status_filter, ..TaskFilter::default() };
                        let bindings = bind! {
                            owner: "ann", cursor: TaskId::generate().0, statuses: ["queued"], limit: 5,
                        };
                        let query = format!("EXPLAIN {}", list(&filter, status, cursor));
                        let plan: String = store.database().run("explain", &query, bindings).await?;
                        assert!(plan.contains("IndexScan") && plan.contains("direction: Backward, limit: "), "{plan}");
                        assert!(!plan.contains("TableScan") && !plan.contains("Sort"), "{plan}");
                    }
                }
            }
            Ok(())
        })
    }
}

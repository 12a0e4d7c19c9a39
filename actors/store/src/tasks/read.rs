//! Reading a task, and what belongs to it.

use chrono::{DateTime, TimeDelta, Utc};
use d2d_api::{Artifact, LogEntry, ProblemCode, TaskId};
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
            code: filter.code.map(ProblemCode::as_str),
            below: below(filter, cursor).map(|id| id.0),
            from: from(filter).map(|id| id.0),
            created_after: filter.created_after,
            created_before: filter.created_before,
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

    /// The changes of state that the task went through, and notes about its pages, oldest first.
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
        filter.code.map(|_| "error.code = $code"),
        below(filter, cursor).map(|_| "key < $below"),
        from(filter).map(|_| "key >= $from"),
        filter.created_after.map(|_| "created_at >= $created_after"),
        filter.created_before.map(|_| "created_at < $created_before"),
        filter.service.as_ref().map(|_| "service = $service"),
        filter.label.as_ref().map(|_| "label = $label"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let condition = if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) };
    format!("SELECT * FROM task {condition} ORDER BY key DESC LIMIT $limit")
}

/// Identifiers begin with the time at which they were made, so that a time bounds a part of an index. By how much the
/// clock that made them may differ from that of the database: what is read too much is left out by `created_at`.
const SKEW: TimeDelta = TimeDelta::minutes(10);

/// The identifier before which all of the list are.
fn below(filter: &TaskFilter, cursor: Option<TaskId>) -> Option<TaskId> {
    let latest = filter.created_before.map(|time| first_at(time.checked_add_signed(SKEW).unwrap_or(time)));
    cursor.into_iter().chain(latest).min()
}

/// The identifier from which on all of the list are.
fn from(filter: &TaskFilter) -> Option<TaskId> {
    filter.created_after.map(|time| first_at(time.checked_sub_signed(SKEW).unwrap_or(time)))
}

/// The least identifier that can be made at that time.
fn first_at(time: DateTime<Utc>) -> TaskId {
    // 48 bits, which last until the year 10889 (RFC 9562 section 5.7).
    let millis = u64::try_from(time.timestamp_millis()).unwrap_or_default().min((1 << 48) - 1);
    TaskId(uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid())
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
                    for (cursor, time) in [(None, None), (Some(TaskId::generate()), None), (None, Some(Utc::now()))] {
                        let filter = TaskFilter {
                            owner: owner.clone(),
                            status: status.map(|_| TaskStatus::Queued).into_iter().collect(),
                            created_after: time.map(|time| time - TimeDelta::hours(1)),
                            created_before: time,
                            ..TaskFilter::default()
                        };
                        let bindings = bind! {
                            owner: "ann", below: below(&filter, cursor).map(|id| id.0), from: from(&filter).map(|id| id.0),
                            created_after: filter.created_after, created_before: filter.created_before,
                            statuses: ["queued"], limit: 5,
                        };
                        let query = format!("EXPLAIN {}", list(&filter, status, cursor));
                        let plan: String = store.database().run("explain", &query, bindings).await?;
                        assert!(plan.contains("IndexScan") && plan.contains("direction: Backward"), "{plan}");
                        assert!(plan.contains("limit: ") || plan.contains("Limit"), "{plan}");
                        assert!(!plan.contains("TableScan") && !plan.contains("Sort"), "{plan}");
                    }
                }
            }
            Ok(())
        })
    }

    /// Dead letters of one kind are, too, however many of another kind there are.
    #[test]
    fn dead_letters_are_read_off_their_index() -> Result<()> {
        on_each_store(|store| async move {
            for cursor in [None, Some(TaskId::generate())] {
                let code = Some(ProblemCode::PageCrashed);
                let filter = TaskFilter { status: vec![TaskStatus::Failure], code, ..TaskFilter::default() };
                let bindings = bind! {
                    code: "page.crashed", below: cursor.map(|id| id.0), statuses: ["failure"], limit: 5,
                };
                let query = format!("EXPLAIN {}", list(&filter, Some(0), cursor));
                let plan: String = store.database().run("explain", &query, bindings).await?;
                assert!(plan.contains("index: task_by_code") && plan.contains("direction: Backward"), "{plan}");
                assert!(!plan.contains("TableScan") && !plan.contains("Sort"), "{plan}");
            }
            Ok(())
        })
    }

    #[test]
    fn identifiers_are_bounded_by_their_time() {
        let (before, id, after) = (Utc::now(), TaskId::generate(), Utc::now() + TimeDelta::milliseconds(1));
        assert!(first_at(before) <= id && id < first_at(after));
        assert!(first_at(DateTime::<Utc>::MIN_UTC) < id && id < first_at(DateTime::<Utc>::MAX_UTC));
        assert!(first_at(DateTime::<Utc>::MAX_UTC).to_string().starts_with("ffffffff-ffff-7"));
    }
}

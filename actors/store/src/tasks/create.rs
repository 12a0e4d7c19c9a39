//! Registering a task.

use super::change::LOG;
use super::{NewTaskRow, TaskRow};
use crate::database::bind;
use crate::records::{TaskRecord, task_record};
use crate::{Store, StoreError};

impl Store {
    /// Makes a task in `awaiting_files`.
    ///
    /// # Errors
    /// [`StoreError::QueueFull`] if as many tasks are live as may be; nothing is made then.
    pub async fn create_task(&self, new: NewTaskRow) -> Result<TaskRow, StoreError> {
        // Those of this daemon wait for each other, which is faster than to conflict.
        let _turn = self.inner.creating.lock().await;
        self.create_against_others(new).await
    }

    /// Two that are made at the same time must not both take the last place. As both write the record `gate`, one of them
    /// conflicts, and has to count again: so the bound holds for all daemons of a database.
    pub(crate) async fn create_against_others(&self, new: NewTaskRow) -> Result<TaskRow, StoreError> {
        let query = format!(
            "{{
                LET $live = (SELECT count() FROM task
                    WHERE status IN ['awaiting_files', 'fetching', 'queued', 'execution'] GROUP ALL)[0].count ?? 0;
                IF $live >= $max_queued {{ RETURN NONE }};
                UPSERT gate:task SET passed = (passed ?? 0) + 1 RETURN NONE;
                LET $row = CREATE ONLY $task CONTENT {{
                    key: $key,
                    owner: $owner,
                    service: $service,
                    params: $params,
                    label: $label,
                    priority: $priority,
                    rank: -$priority,
                    status: 'awaiting_files',
                    message: 'waiting for files',
                    progress: 0f,
                    pages: {{ done: 0, total: 0 }},
                    attempt: 0,
                    claims: 0,
                    expected_files: $expected_files,
                    files: [],
                    created_at: time::now(),
                    keep: $keep,
                    seq: 1,
                }};
                {LOG}
                RETURN $row;
            }}"
        );
        let bindings = bind! {
            task: task_record(new.id),
            key: new.id.0,
            owner: new.owner,
            service: new.service,
            params: new.params,
            label: new.label,
            priority: new.priority,
            expected_files: new.expected_files,
            max_queued: new.max_queued,
            keep: new.keep,
        };
        let record: Option<TaskRecord> = self.database().create("make a task", &query, bindings).await?;
        record.ok_or(StoreError::QueueFull)?.try_into()
    }
}

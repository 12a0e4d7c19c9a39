//! Registering a task.

use surrealdb::types::SurrealValue;

use super::change::LOG;
use super::idempotency::{self, EARLIER, REMEMBER};
use super::{Answer, IdempotencyKey, NewTaskRow, TaskRow};
use crate::database::{bind, bind_more};
use crate::records::{TaskRecord, UrlRecord, task_record};
use crate::{Store, StoreError};

/// What became of a task to be made.
#[derive(SurrealValue)]
struct Outcome {
    made: Option<TaskRecord>,
    replayed: Option<TaskRecord>,
    reused: Option<bool>,
    /// `queue` or `owner`: whose bound is reached.
    full: Option<String>,
}

impl Store {
    /// Makes a task in `awaiting_files`; in `fetching` if there is nothing to await but files given by URL.
    ///
    /// # Errors
    /// [`StoreError::QueueFull`] if as many tasks are live as may be, [`StoreError::TooManyTasks`] if the owner has as
    /// many; nothing is made then.
    pub async fn create_task(&self, new: NewTaskRow) -> Result<TaskRow, StoreError> {
        self.create_task_once(new, None).await.map(|answer| answer.row)
    }

    /// As [`Store::create_task`], once for this key if there is one: the second time, the task as it was made is answered.
    ///
    /// # Errors
    /// As [`Store::create_task`], and [`StoreError::KeyReused`] if the key was used for another request.
    pub async fn create_task_once(&self, new: NewTaskRow, key: Option<IdempotencyKey>) -> Result<Answer, StoreError> {
        // Those of this daemon wait for each other, which is faster than to conflict.
        let _turn = self.inner.creating.lock().await;
        self.create_against_others(new, key).await
    }

    /// Two that are made at the same time must not both take the last place. As both write the record `gate`, one of them
    /// conflicts, and has to count again: so the bound holds for all daemons of a database.
    pub(crate) async fn create_against_others(
        &self,
        new: NewTaskRow,
        key: Option<IdempotencyKey>,
    ) -> Result<Answer, StoreError> {
        let (first, last) = if key.is_some() { (EARLIER, REMEMBER) } else { ("", "") };
        let query = format!(
            "{{
                {first}
                LET $live = (SELECT count() FROM task
                    WHERE status IN ['awaiting_files', 'fetching', 'queued', 'execution'] GROUP ALL)[0].count ?? 0;
                IF $live >= $max_queued {{ RETURN {{ full: 'queue' }} }};
                LET $own = math::sum(['awaiting_files', 'fetching', 'queued', 'execution'].map(|$status|
                    (SELECT count() FROM task WHERE owner = $owner AND status = $status GROUP ALL)[0].count ?? 0));
                IF $own >= $max_queued_of_owner {{ RETURN {{ full: 'owner' }} }};
                UPSERT gate:task SET passed = (passed ?? 0) + 1 RETURN NONE;
                LET $row = CREATE ONLY $task CONTENT {{
                    key: $key,
                    owner: $owner,
                    service: $service,
                    params: $params,
                    secrets: $secrets,
                    label: $label,
                    priority: $priority,
                    rank: -$priority,
                    status: IF $complete {{ 'fetching' }} ELSE {{ 'awaiting_files' }},
                    message: IF $complete {{ 'waiting to fetch its files' }} ELSE {{ 'waiting for files' }},
                    progress: 0f,
                    pages: {{ done: 0, total: 0 }},
                    attempt: 0,
                    claims: 0,
                    expected_files: $expected_files,
                    files: [],
                    webhook: IF $webhook = NONE {{ NONE }} ELSE {{
                        {{ url: $webhook.url, host: $webhook.host, status: 'pending', attempts: 0 }}
                    }},
                    urls: $urls,
                    awaits: $awaits,
                    submitted: $complete,
                    awaits_until: IF $complete {{ NONE }} ELSE {{ time::now() + $awaits }},
                    created_at: time::now(),
                    keep: $keep,
                    partial: $partial,
                    seq: 1,
                }};
                {LOG}
                IF $webhook != NONE {{
                    CREATE type::record('webhook_secret', $key) CONTENT {{ secret: $webhook.secret }} RETURN NONE
                }};
                {last}
                RETURN {{ made: $row }};
            }}"
        );
        let complete = new.expected_files == Some(0) && !new.urls.is_empty();
        let urls: Vec<_> = new.urls.into_iter().map(UrlRecord::waiting).collect();
        let mut bindings = bind! {
            task: task_record(new.id),
            key: new.id.0,
            owner: new.owner,
            service: new.service,
            params: new.params,
            secrets: new.secrets,
            label: new.label,
            priority: new.priority,
            expected_files: new.expected_files,
            webhook: new.webhook.map(|webhook| bind! { url: webhook.url, host: webhook.host, secret: webhook.secret }),
            complete: complete,
            urls: (!urls.is_empty()).then_some(urls),
            awaits: new.awaits,
            max_queued: new.max_queued,
            max_queued_of_owner: new.max_queued_of_owner,
            keep: new.keep,
            partial: new.partial,
        };
        bind_more(&mut bindings, key.map(idempotency::bindings).unwrap_or_default());
        let outcome: Outcome = self.database().create("make a task", &query, bindings).await?;
        match outcome {
            Outcome { made: Some(made), .. } => Ok(Answer { row: made.try_into()?, replayed: false }),
            Outcome { replayed: Some(made), .. } => Ok(Answer { row: made.try_into()?, replayed: true }),
            Outcome { reused: Some(true), .. } => Err(StoreError::KeyReused),
            Outcome { full: Some(whose), .. } if whose == "owner" => Err(StoreError::TooManyTasks),
            _ => Err(StoreError::QueueFull),
        }
    }
}

//! Registering tasks and giving them their files.

use std::time::Duration;

use d2d_api::{FileId, InputFile, NewTask, ProblemCode, Task, TaskId, TaskStatus};
use d2d_store::{Answer, IdempotencyKey, NewTaskRow, StoreError, TaskRow};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Inner, System, registration};
use crate::intake::UploadSlot;
use crate::{Access, Refused, webhooks};

/// What a request came to that may be sent again under the same key.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// The task after the request.
    pub task: Task,
    /// Whether this is the answer of an earlier request with the same key, and nothing was done this time.
    pub replayed: bool,
}

impl System {
    /// Registers a task, which awaits its files then; one that has all of them given by URL goes to `fetching` at once.
    ///
    /// # Errors
    /// `service.not_found`, `request.invalid`, `fetch.bad_url`, `fetch.forbidden_address`, `service.bad_params` (with every
    /// wrong field), `queue.full`, `quota.exceeded`, `service.unavailable`.
    pub async fn register(&self, owner: &str, new: NewTask) -> Result<Task, Refused> {
        self.register_once(owner, new, None).await.map(|answered| answered.task)
    }

    /// As [`System::register`], once for this key of the owner if there is one.
    ///
    /// # Errors
    /// As [`System::register`], and `request.key_reused`.
    pub async fn register_once(&self, owner: &str, new: NewTask, key: Option<String>) -> Result<Answered, Refused> {
        self.admit()?;
        let bounds = &self.inner.bounds;
        let service = bounds.service(&new.service)?;
        let key = self.idempotency_key(owner, "register", &new, key)?;
        let mut params = self.check(&new)?;
        let makes_secret = new.webhook.as_ref().is_some_and(|webhook| webhook.secret.is_none());
        let webhook = new.webhook.map(|webhook| webhooks::admit(webhook, &self.inner.outbound)).transpose()?;
        let uploads = &self.inner.config.uploads;
        let row = NewTaskRow {
            id: TaskId::generate(),
            owner: owner.to_owned(),
            secrets: registration::take_secrets(&mut params, &service.info().params),
            service: new.service,
            params,
            label: new.label,
            priority: new.priority.unwrap_or_default(),
            expected_files: match (new.files, &new.urls) {
                (Some(files), _) => files.expected,
                (None, Some(_)) => Some(0),
                (None, None) => None,
            },
            urls: new.urls.unwrap_or_default(),
            webhook,
            awaits: uploads.await_files,
            max_queued: uploads.max_queued,
            max_queued_of_owner: uploads.max_queued_per_user,
            keep: new.expires_in.map(Duration::from_secs),
            partial: new.partial,
        };
        let created = self.inner.store.create_task_once(row, key).await;
        let answer = created.map_err(|error| self.when_full(error.into()))?;
        if !answer.replayed {
            let row = &answer.row;
            tracing::info!(task.id = %row.task.id, owner, service = %row.task.service, "task registered");
        }
        let mut answered = self.answered(answer);
        if let Some(webhook) = answered.task.webhook.as_mut().filter(|_| makes_secret) {
            webhook.secret = self.inner.store.webhook_secret(answered.task.id).await?;
        }
        Ok(answered)
    }

    /// Says when to try again if the queue is full, as the pace of the tasks tells.
    pub(super) fn when_full(&self, refused: Refused) -> Refused {
        let full = refused.code == ProblemCode::QueueFull;
        Refused { retry_after: self.inner.publisher.next_place().filter(|_| full), ..refused }
    }

    /// Checks a registration, and answers the parameters with the defaults filled in.
    fn check(&self, new: &NewTask) -> Result<Value, Refused> {
        let Inner { bounds, retention, outbound, .. } = &*self.inner;
        let service = bounds.service(&new.service)?;
        registration::check(new, &**service, bounds.max_files(&**service), retention.keep, outbound)
    }

    /// What the task still takes: ask before reading a body.
    ///
    /// # Errors
    /// `task.not_found`, `task.wrong_state`, `upload.too_many_files`, `quota.exceeded`, `storage.full`,
    /// `service.unavailable`.
    pub async fn check_upload(&self, owner: &str, id: TaskId) -> Result<UploadSlot, Refused> {
        self.admit()?;
        let task = self.row(&Access::Owner(owner.to_owned()), id).await?.task;
        if !task.status.takes_files() {
            return Err(Refused::wrong_state(task.status, "it takes no more files; register another task for them"));
        }
        let bounds = &self.inner.bounds;
        let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let most = bounds.max_files(&**bounds.service(&task.service)?).saturating_sub(count(task.urls.len()));
        let most = most.min(task.expected_files.unwrap_or(u32::MAX));
        let files_left = most.saturating_sub(count(task.files.len()));
        if files_left == 0 {
            return Err(Refused::new(ProblemCode::UploadTooManyFiles, format!("the task has all of its {most} files")));
        }
        bounds.slot(owner, &task.service, files_left).await
    }

    /// What a task would take that was registered so: one that would be refused is refused.
    pub(super) async fn slot_for(&self, owner: &str, new: &NewTask) -> Result<UploadSlot, Refused> {
        self.admit()?;
        let bounds = &self.inner.bounds;
        let max_files = bounds.max_files(&**bounds.service(&new.service)?);
        self.check(new)?;
        let files = new.files.as_ref().and_then(|files| files.expected).unwrap_or(max_files);
        bounds.slot(owner, &new.service, files).await
    }

    /// Adds a file whose blob is stored; the last expected one queues the task, or lets what is given by URL be fetched.
    /// Hold the [`d2d_store::BlobRef`] until this returns.
    ///
    /// # Errors
    /// `task.not_found`, `task.wrong_state`, `upload.too_many_files`, `upload.empty`, `upload.too_large`,
    /// `upload.unsupported_type`, `quota.exceeded`.
    pub async fn add_file(&self, owner: &str, id: TaskId, file: InputFile) -> Result<Task, Refused> {
        let task = self.row(&Access::Owner(owner.to_owned()), id).await?.task;
        let service = self.inner.bounds.service(&task.service)?;
        registration::check_file(&file, &**service)?;
        let most = self.inner.bounds.max_files(&**service);
        let bytes = self.inner.config.uploads.bytes_per_user();
        let row = self.inner.store.add_file_within(id, file, most, bytes).await?;
        Ok(self.publish_and_wake(row))
    }

    /// Takes a file away from a task that still awaits files.
    ///
    /// # Errors
    /// `task.not_found`, `upload.file_not_found`, `task.wrong_state`.
    pub async fn remove_file(&self, owner: &str, id: TaskId, file: FileId) -> Result<Task, Refused> {
        self.row(&Access::Owner(owner.to_owned()), id).await?;
        let row = self.inner.store.remove_file(id, file).await.map_err(|error| match error {
            StoreError::NotFound => Refused::new(ProblemCode::UploadFileNotFound, "there is no such file in the task"),
            other => other.into(),
        })?;
        Ok(self.inner.publisher.publish(row))
    }

    /// Adds files that are fetched from URLs once those that are uploaded are here; once for this key of the owner if there
    /// is one.
    ///
    /// # Errors
    /// `task.not_found`, `task.wrong_state`, `fetch.bad_url`, `fetch.forbidden_address`, `request.invalid`,
    /// `upload.too_many_files`, `request.key_reused`, `service.unavailable`.
    pub async fn add_urls(
        &self,
        owner: &str,
        id: TaskId,
        urls: Vec<String>,
        key: Option<String>,
    ) -> Result<Answered, Refused> {
        self.admit()?;
        let task = self.row(&Access::Owner(owner.to_owned()), id).await?.task;
        let service = self.inner.bounds.service(&task.service)?;
        let key = self.idempotency_key(owner, &format!("add urls to {id}"), &urls, key)?;
        registration::check_urls(&urls, &self.inner.outbound)?;
        let most = self.inner.bounds.max_files(&**service);
        Ok(self.answered(self.inner.store.add_urls(id, urls, most, key).await?))
    }

    /// Queues a task whose files are complete, or lets those given by URL be fetched first; once for this key of the owner
    /// if there is one.
    ///
    /// # Errors
    /// `task.not_found`, `task.wrong_state`, `upload.no_files`, `request.key_reused`, `service.unavailable`.
    pub async fn submit_once(&self, owner: &str, id: TaskId, key: Option<String>) -> Result<Answered, Refused> {
        self.admit()?;
        let task = self.row(&Access::Owner(owner.to_owned()), id).await?.task;
        let key = self.idempotency_key(owner, &format!("submit {id}"), &(), key)?;
        if key.is_none() && !task.status.takes_files() {
            return Err(Refused::wrong_state(task.status, "it was submitted already"));
        }
        Ok(self.answered(self.inner.store.queue_once(id, key).await?))
    }

    /// As [`System::submit_once`] without a key.
    ///
    /// # Errors
    /// `task.not_found`, `task.wrong_state`, `upload.no_files`.
    pub async fn submit(&self, owner: &str, id: TaskId) -> Result<Task, Refused> {
        self.submit_once(owner, id, None).await.map(|answered| answered.task)
    }

    /// The name of a request: what is asked, of what, and everything that it says.
    fn idempotency_key(
        &self,
        owner: &str,
        what: &str,
        body: &impl Serialize,
        key: Option<String>,
    ) -> Result<Option<IdempotencyKey>, Refused> {
        let Some(key) = key else { return Ok(None) };
        let body = serde_json::to_vec(body).map_err(|error| {
            Refused::new(ProblemCode::RequestInvalid, format!("the request can't be told from others: {error}"))
        })?;
        let request = hex::encode(Sha256::new().chain_update(what).chain_update([0]).chain_update(body).finalize());
        let keep = self.inner.config.uploads.idempotency_ttl;
        Ok(Some(IdempotencyKey { owner: owner.to_owned(), key, request, keep }))
    }

    fn answered(&self, Answer { row, replayed }: Answer) -> Answered {
        // What an earlier request left was published then, and may have changed since.
        let task = if replayed { row.task } else { self.publish_and_wake(row) };
        Answered { task, replayed }
    }

    /// Publishes a row, and wakes whoever the task waits for now.
    pub(super) fn publish_and_wake(&self, row: TaskRow) -> Task {
        let candidate = row.candidate();
        let task = self.inner.publisher.publish(row);
        match task.status {
            TaskStatus::Queued => {
                tracing::info!(task.id = %task.id, files = task.files.len(), "task queued");
                self.inner.queue.queued(candidate);
            }
            TaskStatus::Fetching => self.inner.fetcher.wake(),
            _ => {}
        }
        task
    }
}

//! Registering tasks and giving them their files.

use std::sync::Arc;

use d2d_api::{FileId, InputFile, NewTask, ProblemCode, Task, TaskId};
use d2d_store::{NewTaskRow, StoreError, TaskRow};

use super::{System, registration};
use crate::{Access, ConversionService, Refused, webhooks};

/// What a task still takes.
#[derive(Clone)]
pub struct UploadSlot {
    /// The conversion service of the task: its media types decide what is taken.
    pub service: Arc<dyn ConversionService>,
    /// The most bytes of one file.
    pub max_file_bytes: u64,
    /// How many more files the task takes.
    pub files_left: u32,
}

impl UploadSlot {
    /// Whether the service takes files of this type.
    #[must_use]
    pub fn takes(&self, media_type: &str) -> bool {
        self.service.info().media_types.iter().any(|taken| taken == media_type)
    }
}

impl std::fmt::Debug for UploadSlot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UploadSlot")
            .field("service", &self.service.info().name)
            .field("max_file_bytes", &self.max_file_bytes)
            .field("files_left", &self.files_left)
            .finish()
    }
}

impl System {
    /// Registers a task, which awaits its files then.
    ///
    /// # Errors
    /// `service.not_found`, `request.invalid`, `service.bad_params` (with every wrong field), `fetch.bad_url`,
    /// `fetch.forbidden_address`, `queue.full`.
    pub async fn register(&self, owner: &str, new: NewTask) -> Result<Task, Refused> {
        let service = self.service(&new.service)?;
        let params = registration::check(&new, &**service, self.max_files(&**service))?;
        let makes_secret = new.webhook.as_ref().is_some_and(|webhook| webhook.secret.is_none());
        let webhook = new.webhook.map(|webhook| webhooks::admit(webhook, &self.inner.outbound)).transpose()?;
        let row = NewTaskRow {
            id: TaskId::generate(),
            owner: owner.to_owned(),
            service: new.service,
            params,
            label: new.label,
            priority: new.priority.unwrap_or_default(),
            expected_files: new.files.and_then(|files| files.expected),
            webhook,
            max_queued: self.inner.config.uploads.max_queued,
        };
        let row = self.inner.store.create_task(row).await?;
        tracing::info!(task.id = %row.task.id, owner, service = %row.task.service, "task registered");
        let mut task = self.inner.publisher.publish(row);
        if let Some(webhook) = task.webhook.as_mut().filter(|_| makes_secret) {
            webhook.secret = self.inner.store.webhook_secret(task.id).await?;
        }
        Ok(task)
    }

    /// What the task still takes: ask before reading a body.
    ///
    /// # Errors
    /// `task.not_found`, `task.wrong_state`, `upload.too_many_files`, `storage.full`.
    pub async fn check_upload(&self, owner: &str, id: TaskId) -> Result<UploadSlot, Refused> {
        let task = self.row(&Access::Owner(owner.to_owned()), id).await?.task;
        if !task.status.takes_files() {
            return Err(Refused::wrong_state(task.status, "it takes no more files; register another task for them"));
        }
        let service = Arc::clone(self.service(&task.service)?);
        let most = self.max_files(&*service).min(task.expected_files.unwrap_or(u32::MAX));
        let here = u32::try_from(task.files.len()).unwrap_or(u32::MAX);
        let files_left = most.saturating_sub(here);
        if files_left == 0 {
            return Err(Refused::new(ProblemCode::UploadTooManyFiles, format!("the task has all of its {most} files")));
        }
        self.check_disk().await?;
        Ok(self.slot(service, files_left))
    }

    /// What a task would take that was registered so: one that would be refused is refused.
    pub(super) fn slot_for(&self, new: &NewTask) -> Result<UploadSlot, Refused> {
        let service = self.service(&new.service)?;
        let max_files = self.max_files(&**service);
        registration::check(new, &**service, max_files)?;
        Ok(self.slot(Arc::clone(service), new.files.as_ref().and_then(|files| files.expected).unwrap_or(max_files)))
    }

    fn slot(&self, service: Arc<dyn ConversionService>, files_left: u32) -> UploadSlot {
        let max_file_bytes = service.info().limits.file_bytes.min(self.inner.config.uploads.max_file.bytes());
        UploadSlot { service, max_file_bytes, files_left }
    }

    /// Adds a file whose blob is stored; the last expected one queues the task. Hold the [`d2d_store::BlobRef`] until this
    /// returns.
    ///
    /// # Errors
    /// `task.not_found`, `task.wrong_state`, `upload.too_many_files`, `upload.empty`, `upload.too_large`,
    /// `upload.unsupported_type`.
    pub async fn add_file(&self, owner: &str, id: TaskId, file: InputFile) -> Result<Task, Refused> {
        let task = self.row(&Access::Owner(owner.to_owned()), id).await?.task;
        let service = self.service(&task.service)?;
        check_file(&file, &**service)?;
        let row = self.inner.store.add_file(id, file, self.max_files(&**service)).await?;
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

    /// Queues a task whose files are complete.
    ///
    /// # Errors
    /// `task.not_found`, `task.wrong_state`, `upload.no_files`.
    pub async fn submit(&self, owner: &str, id: TaskId) -> Result<Task, Refused> {
        let task = self.row(&Access::Owner(owner.to_owned()), id).await?.task;
        if !task.status.takes_files() {
            return Err(Refused::wrong_state(task.status, "it was submitted already"));
        }
        let row = self.inner.store.queue(id).await?;
        Ok(self.publish_and_wake(row))
    }

    /// Publishes a row, and wakes the dispatcher if the task waits for it now.
    fn publish_and_wake(&self, row: TaskRow) -> Task {
        let task = self.inner.publisher.publish(row);
        if task.status == d2d_api::TaskStatus::Queued {
            tracing::info!(task.id = %task.id, files = task.files.len(), "task queued");
            self.wake_dispatcher();
        }
        task
    }

    fn service(&self, name: &str) -> Result<&Arc<dyn ConversionService>, Refused> {
        self.inner.registry.get(name).ok_or_else(|| {
            let known: Vec<_> = self.inner.registry.iter().map(|service| service.info().name.as_str()).collect();
            let detail = format!("there is no conversion service of that name; one of: {}", known.join(", "));
            Refused::new(ProblemCode::ServiceNotFound, detail)
        })
    }

    fn max_files(&self, service: &dyn ConversionService) -> u32 {
        service.info().limits.files.min(self.inner.config.uploads.max_files)
    }

    pub(super) async fn check_disk(&self) -> Result<(), Refused> {
        let free = self.inner.store.blobs().free_bytes().await?;
        if free >= self.inner.config.uploads.min_free_disk.bytes() {
            return Ok(());
        }
        tracing::error!(free_bytes = free, "uploads are refused: the disk is nearly full");
        Err(Refused::new(ProblemCode::StorageFull, "the disk of the service is nearly full: try again later"))
    }
}

/// What can be told of a stored file without reading it.
fn check_file(file: &InputFile, service: &dyn ConversionService) -> Result<(), Refused> {
    let info = service.info();
    if file.bytes == 0 {
        return Err(Refused::new(ProblemCode::UploadEmpty, format!("`{}` is empty", file.name)));
    }
    if file.bytes > info.limits.file_bytes {
        let detail = format!("`{}` has {} bytes; at most {} are taken", file.name, file.bytes, info.limits.file_bytes);
        return Err(Refused::new(ProblemCode::UploadTooLarge, detail));
    }
    if !info.media_types.contains(&file.media_type) {
        let detail =
            format!("`{}` is {}; `{}` takes {}", file.name, file.media_type, info.name, info.media_types.join(", "));
        return Err(Refused::new(ProblemCode::UploadUnsupportedType, detail));
    }
    Ok(())
}

//! Tasks and what belongs to them, as the database has them, and as the rest of data2data has them.

use std::time::Duration;

use chrono::{DateTime, Utc};
use d2d_api::{
    Artifact, ArtifactId, FileId, InputFile, LogEntry, PageCount, PageError, Task, TaskError, TaskId, TaskStatus,
    TaskUrl, TaskWebhook, UrlStatus,
};
use serde_json::Value;
use surrealdb::types::{RecordId, RecordIdKey, SurrealValue, Uuid};

use crate::StoreError;
use crate::tasks::{FailedPage, FilePlan, Lease, PageResult, TaskRow};
use crate::webhooks::WebhookRecord;

/// The key of a task in the database.
pub(crate) fn task_record(id: TaskId) -> RecordId {
    RecordId::new("task", RecordIdKey::Uuid(Uuid::from(id.0)))
}

#[derive(Debug, SurrealValue)]
pub(crate) struct TaskRecord {
    key: uuid::Uuid,
    owner: String,
    service: String,
    params: Value,
    secrets: Option<Value>,
    label: Option<String>,
    priority: i32,
    status: String,
    message: String,
    progress: f64,
    pages: PageCountRecord,
    attempt: u32,
    lease: Option<LeaseRecord>,
    error: Option<ErrorRecord>,
    partial: Option<bool>,
    failed_pages: Option<u32>,
    page_errors: Option<Vec<PageErrorRecord>>,
    expected_files: Option<u32>,
    files: Vec<FileRecord>,
    webhook: Option<WebhookRecord>,
    urls: Option<Vec<UrlRecord>>,
    awaits_until: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    queued_at: Option<DateTime<Utc>>,
    started_at: Option<DateTime<Utc>>,
    finished_at: Option<DateTime<Utc>>,
    attempts_before: Option<u32>,
    submitted: Option<bool>,
    keep: Option<Duration>,
    ready_at: Option<DateTime<Utc>>,
    seq: u64,
}

#[derive(Debug, SurrealValue)]
pub(crate) struct PageCountRecord {
    done: u32,
    total: u32,
}

#[derive(Debug, SurrealValue)]
pub(crate) struct LeaseRecord {
    pub(crate) node: String,
    pub(crate) token: u64,
    pub(crate) beat: u64,
}

#[derive(Debug, SurrealValue)]
pub(crate) struct ErrorRecord {
    code: String,
    detail: String,
    file: Option<String>,
    page: Option<u32>,
}

#[derive(Debug, SurrealValue)]
pub(crate) struct PageErrorRecord {
    code: String,
    detail: String,
    file: String,
    page: u32,
    tries: u32,
}

#[derive(Debug, SurrealValue)]
pub(crate) struct FailedPageRecord {
    file: uuid::Uuid,
    page: u32,
    code: String,
    detail: String,
    tries: u32,
}

#[derive(Debug, SurrealValue)]
pub(crate) struct FileRecord {
    id: uuid::Uuid,
    name: String,
    media_type: String,
    bytes: u64,
    sha256: String,
}

#[derive(Debug, SurrealValue)]
pub(crate) struct UrlRecord {
    url: String,
    status: String,
    bytes: u64,
    file: Option<uuid::Uuid>,
    error: Option<ErrorRecord>,
}

#[derive(Debug, SurrealValue)]
pub(crate) struct LogRecord {
    seq: u64,
    time: DateTime<Utc>,
    status: String,
    message: String,
    attempt: u32,
}

#[derive(Debug, SurrealValue)]
pub(crate) struct PlanRecord {
    file: uuid::Uuid,
    pages: Vec<u32>,
    warnings: Vec<String>,
}

#[derive(Debug, SurrealValue)]
pub(crate) struct PageRecord {
    file: uuid::Uuid,
    page: u32,
    blob: String,
}

#[derive(Debug, SurrealValue)]
pub(crate) struct ArtifactRecord {
    artifact: uuid::Uuid,
    name: String,
    media_type: String,
    bytes: u64,
    sha256: String,
    format: String,
}

impl TaskRecord {
    /// The right to work on the task that `node` has just claimed.
    pub(crate) fn held(&self, task: TaskId, node: &str) -> Result<Lease, StoreError> {
        let token = self.lease.as_ref().map(|lease| lease.token);
        let token = token.ok_or_else(|| StoreError::unreadable("a claimed task without a lease"))?;
        Ok(Lease { task, node: node.to_owned(), token })
    }
}

impl TryFrom<TaskRecord> for TaskRow {
    type Error = StoreError;

    fn try_from(record: TaskRecord) -> Result<Self, StoreError> {
        let status = status_of(&record.status)?;
        let task = Task {
            id: TaskId(record.key),
            service: record.service,
            params: record.params,
            label: record.label,
            priority: record.priority,
            status,
            message: record.message,
            progress: record.progress,
            pages: PageCount {
                done: record.pages.done,
                total: record.pages.total,
                failed: record.failed_pages.unwrap_or_default(),
            },
            queue_position: None,
            eta_seconds: None,
            attempt: record.attempt,
            retry_at: record.ready_at.filter(|_| status == TaskStatus::Queued),
            error: record.error.map(TaskError::try_from).transpose()?,
            partial: record.partial.unwrap_or_default(),
            page_errors: record.page_errors.into_iter().flatten().map(PageError::try_from).collect::<Result<_, _>>()?,
            expected_files: record.expected_files,
            files: record.files.into_iter().map(InputFile::from).collect(),
            webhook: record.webhook.map(TaskWebhook::try_from).transpose()?,
            urls: record.urls.into_iter().flatten().map(TaskUrl::try_from).collect::<Result<_, _>>()?,
            created_at: record.created_at,
            queued_at: record.queued_at,
            started_at: record.started_at,
            finished_at: record.finished_at,
            expires_at: record.awaits_until,
            seq: record.seq,
        };
        Ok(Self {
            owner: record.owner,
            task,
            secrets: record.secrets,
            node: record.lease.map(|lease| lease.node),
            attempts_before: record.attempts_before.unwrap_or_default(),
            submitted: record.submitted.unwrap_or_default(),
            keep: record.keep,
        })
    }
}

fn status_of(name: &str) -> Result<TaskStatus, StoreError> {
    name.parse().map_err(StoreError::unreadable)
}

impl From<TaskError> for ErrorRecord {
    fn from(error: TaskError) -> Self {
        Self { code: error.code.to_string(), detail: error.detail, file: error.file, page: error.page }
    }
}

impl TryFrom<ErrorRecord> for TaskError {
    type Error = StoreError;

    fn try_from(record: ErrorRecord) -> Result<Self, StoreError> {
        let code = record.code.parse().map_err(StoreError::unreadable)?;
        Ok(Self { code, detail: record.detail, file: record.file, page: record.page })
    }
}

impl From<&PageError> for PageErrorRecord {
    fn from(error: &PageError) -> Self {
        Self {
            code: error.code.to_string(),
            detail: error.detail.clone(),
            file: error.file.clone(),
            page: error.page,
            tries: error.tries,
        }
    }
}

impl TryFrom<PageErrorRecord> for PageError {
    type Error = StoreError;

    fn try_from(record: PageErrorRecord) -> Result<Self, StoreError> {
        let code = record.code.parse().map_err(StoreError::unreadable)?;
        Ok(Self { code, detail: record.detail, file: record.file, page: record.page, tries: record.tries })
    }
}

impl TryFrom<FailedPageRecord> for FailedPage {
    type Error = StoreError;

    fn try_from(record: FailedPageRecord) -> Result<Self, StoreError> {
        let code = record.code.parse().map_err(StoreError::unreadable)?;
        let FailedPageRecord { file, page, detail, tries, .. } = record;
        Ok(Self { file: FileId(file), page, code, detail, tries })
    }
}

impl From<InputFile> for FileRecord {
    fn from(file: InputFile) -> Self {
        Self { id: file.id.0, name: file.name, media_type: file.media_type, bytes: file.bytes, sha256: file.sha256 }
    }
}

impl From<FileRecord> for InputFile {
    fn from(record: FileRecord) -> Self {
        Self {
            id: FileId(record.id),
            name: record.name,
            media_type: record.media_type,
            bytes: record.bytes,
            sha256: record.sha256,
        }
    }
}

impl UrlRecord {
    /// A URL that nothing was done about yet.
    pub(crate) fn waiting(url: String) -> Self {
        Self { url, status: url_status_name(UrlStatus::Waiting).to_owned(), bytes: 0, file: None, error: None }
    }
}

impl TryFrom<UrlRecord> for TaskUrl {
    type Error = StoreError;

    fn try_from(record: UrlRecord) -> Result<Self, StoreError> {
        Ok(Self {
            url: record.url,
            status: url_status_of(&record.status)?,
            bytes: record.bytes,
            file: record.file.map(FileId),
            error: record.error.map(TaskError::try_from).transpose()?,
        })
    }
}

const fn url_status_name(status: UrlStatus) -> &'static str {
    match status {
        UrlStatus::Waiting => "waiting",
        UrlStatus::Fetching => "fetching",
        UrlStatus::Done => "done",
        UrlStatus::Failed => "failed",
    }
}

fn url_status_of(name: &str) -> Result<UrlStatus, StoreError> {
    [UrlStatus::Waiting, UrlStatus::Fetching, UrlStatus::Done, UrlStatus::Failed]
        .into_iter()
        .find(|status| url_status_name(*status) == name)
        .ok_or_else(|| StoreError::unreadable(format_args!("no status `{name}` of a URL")))
}

impl TryFrom<LogRecord> for LogEntry {
    type Error = StoreError;

    fn try_from(record: LogRecord) -> Result<Self, StoreError> {
        Ok(Self {
            seq: record.seq,
            time: record.time,
            status: status_of(&record.status)?,
            message: record.message,
            attempt: record.attempt,
        })
    }
}

impl From<&FilePlan> for PlanRecord {
    fn from(plan: &FilePlan) -> Self {
        Self { file: plan.file.0, pages: plan.pages.clone(), warnings: plan.warnings.clone() }
    }
}

impl From<PlanRecord> for FilePlan {
    fn from(record: PlanRecord) -> Self {
        Self { file: FileId(record.file), pages: record.pages, warnings: record.warnings }
    }
}

impl From<PageRecord> for PageResult {
    fn from(record: PageRecord) -> Self {
        Self { file: FileId(record.file), page: record.page, blob: record.blob }
    }
}

impl From<&Artifact> for ArtifactRecord {
    fn from(artifact: &Artifact) -> Self {
        Self {
            artifact: artifact.id.0,
            name: artifact.name.clone(),
            media_type: artifact.media_type.clone(),
            bytes: artifact.bytes,
            sha256: artifact.sha256.clone(),
            format: artifact.format.clone(),
        }
    }
}

impl From<ArtifactRecord> for Artifact {
    fn from(record: ArtifactRecord) -> Self {
        Self {
            id: ArtifactId(record.artifact),
            name: record.name,
            media_type: record.media_type,
            bytes: record.bytes,
            sha256: record.sha256,
            format: record.format,
            expires_at: None,
        }
    }
}

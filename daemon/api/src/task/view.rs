//! What a client sends to make a task, and what it reads of one.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{NewWebhook, TaskStatus, TaskUrl, TaskWebhook};
use crate::{FileId, ProblemCode, TaskId};

/// A request to register a task.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(deny_unknown_fields, skip_serializing_if_is_none, example))]
#[serde(deny_unknown_fields)]
pub struct NewTask {
    /// The conversion service that shall process the files, for example `ocr`.
    pub service: String,
    /// Its parameters, as its JSON Schema describes them; what is left out takes its default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub params: Option<Value>,
    /// What files will come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<NewTaskFiles>,
    /// A name of the client's own, to find the task by; at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", oai(validator(max_length = 200)))]
    pub label: Option<String>,
    /// From -100 to 100, 0 if not given; higher runs earlier among the tasks of the same user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", oai(validator(minimum(value = "-100"), maximum(value = "100"))))]
    pub priority: Option<i32>,
    /// Files to fetch from `http` and `https` URLs, after those that are uploaded. With URLs and without `files` no upload
    /// is awaited: fetching begins at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", oai(validator(min_items = 1, max_items = 1000)))]
    pub urls: Option<Vec<String>>,
    /// Whom to tell when the task has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<NewWebhook>,
    /// For how many seconds after its end the task and its results are kept, at most as long as the service keeps them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", oai(validator(minimum(value = "60"))))]
    pub expires_in: Option<u64>,
    /// Whether to do with what can be had: if some pages can't be converted, the task ends in `success` with the others,
    /// and `page_errors` says what is missing. Without it the task ends in `failure` then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "openapi", oai(default))]
    pub partial: bool,
}

/// What files will come with a task.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(deny_unknown_fields, skip_serializing_if_is_none))]
#[serde(deny_unknown_fields)]
pub struct NewTaskFiles {
    /// How many files will be uploaded: the task is submitted by itself when they are in. Without it the client submits.
    /// 0 goes with `urls` only: nothing will be uploaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", oai(validator(minimum(value = "0"), maximum(value = "10000"))))]
    pub expected: Option<u32>,
}

/// One job for a conversion service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none, example))]
pub struct Task {
    /// Its identifier.
    pub id: TaskId,
    /// The conversion service that processes it.
    pub service: String,
    /// The parameters, with the defaults filled in.
    pub params: Value,
    /// The client's own name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Higher runs earlier among the tasks of the same user.
    pub priority: i32,
    /// Where it stands.
    pub status: TaskStatus,
    /// What it does now, in words.
    pub message: String,
    /// How much is done, in percent; never goes back within an attempt.
    pub progress: f64,
    /// Pages read and pages known.
    pub pages: PageCount,
    /// How many queued tasks are before it, 0 for the next; only while `queued`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_position: Option<u64>,
    /// The seconds left, as far as the pages read so far tell; only while `execution`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta_seconds: Option<u64>,
    /// How often it was started, 0 before the first time.
    pub attempt: u32,
    /// When it may be started again after an attempt came to nothing by a fault of the service, as `message` says; only
    /// while `queued`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<DateTime<Utc>>,
    /// Why it failed; only in `failure`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<TaskError>,
    /// Whether it ends in `success` with the pages that could be converted, if some could not.
    #[serde(default)]
    pub partial: bool,
    /// The pages that could not be converted, in reading order: the first 100 of them, `pages.failed` counts all. They are
    /// gone when the task is tried again.
    #[serde(default)]
    pub page_errors: Vec<PageError>,
    /// How many files the client announced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_files: Option<u32>,
    /// The files that are here, in the order in which they are processed.
    pub files: Vec<InputFile>,
    /// The files that are fetched from URLs; they join `files` as they come.
    #[serde(default)]
    pub urls: Vec<TaskUrl>,
    /// Who is told when it has ended, and whether that worked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<TaskWebhook>,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
    /// When its files were complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queued_at: Option<DateTime<Utc>>,
    /// When the current attempt was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<DateTime<Utc>>,
    /// When its time is over: while it awaits files, when it is given up; after its end, when its data is removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
    /// Grows with every change of the task: the `seq` of the websocket frames.
    pub seq: u64,
}

/// One uploaded file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
pub struct InputFile {
    /// Its identifier.
    pub id: FileId,
    /// Its name, without folders.
    pub name: String,
    /// Its type, recognised by its content.
    pub media_type: String,
    /// Its size.
    pub bytes: u64,
    /// The SHA-256 of its content, in hexadecimal.
    pub sha256: String,
}

/// The answer to an upload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct UploadedFiles {
    /// The files of this request, durably stored.
    pub files: Vec<InputFile>,
    /// The task after them: `queued` if these were the last expected ones.
    pub task: Task,
}

/// Pages read and pages known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
pub struct PageCount {
    /// Pages whose result is stored.
    pub done: u32,
    /// All pages of all files; 0 until they have been counted.
    pub total: u32,
    /// Pages that could not be converted.
    #[serde(default)]
    pub failed: u32,
}

/// Why a task failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none))]
pub struct TaskError {
    /// The stable code of what went wrong.
    pub code: ProblemCode,
    /// What went wrong with what, and what to do.
    pub detail: String,
    /// The file it happened in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The page of that file, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
}

/// Why a page could not be converted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
pub struct PageError {
    /// The stable code of what went wrong.
    pub code: ProblemCode,
    /// What went wrong, and what to do.
    pub detail: String,
    /// The file.
    pub file: String,
    /// The page of that file, from 1.
    pub page: u32,
    /// How often it was tried.
    pub tries: u32,
}

impl From<PageError> for TaskError {
    fn from(error: PageError) -> Self {
        Self { code: error.code, detail: error.detail, file: Some(error.file), page: Some(error.page) }
    }
}

/// A page of a list of tasks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none, example))]
pub struct TaskList {
    /// The tasks, newest first.
    pub items: Vec<Task>,
    /// Give this as `cursor` to get the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// One change of a task, or something that happened to one of its pages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
pub struct LogEntry {
    /// The `seq` of the task after it.
    pub seq: u64,
    /// When it happened.
    pub time: DateTime<Utc>,
    /// The state after it.
    pub status: TaskStatus,
    /// What happened, in words.
    pub message: String,
    /// The attempt it belongs to.
    pub attempt: u32,
}

/// The changes of state that a task went through, and the pages that were tried again or given up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct TaskLog {
    /// Oldest first.
    pub items: Vec<LogEntry>,
}

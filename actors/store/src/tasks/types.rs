//! What goes into the store about a task, and what comes out.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use d2d_api::{FileId, PageCount, ProblemCode, Task, TaskId, TaskStatus};
use serde_json::Value;

use crate::NewWebhookRow;

/// A task as it is stored.
#[derive(Clone, PartialEq)]
pub struct TaskRow {
    /// The account that it belongs to.
    pub owner: String,
    /// The task as its owner sees it, but for `queue_position`, `eta_seconds` and the `expires_at` of an ended task,
    /// which are not stored: always `None`.
    pub task: Task,
    /// Those of its parameters that are never shown, if it has any: a JSON object.
    pub secrets: Option<Value>,
    /// The node that holds its lease; only in `fetching` and `execution`.
    pub node: Option<String>,
    /// How many of its attempts were before it was last tried again by its owner's wish.
    pub attempts_before: u32,
    /// Whether all was uploaded that was to be.
    pub submitted: bool,
    /// How long its data is to be kept after its end, if the client said so.
    pub keep: Option<Duration>,
}

/// A task to be made.
#[derive(Clone, PartialEq)]
pub struct NewTaskRow {
    /// Its identifier.
    pub id: TaskId,
    /// The account that it belongs to.
    pub owner: String,
    /// The conversion service that shall process it.
    pub service: String,
    /// The parameters, checked, with the defaults filled in: a JSON object.
    pub params: Value,
    /// Those of them that are never shown, which are not in `params` then: a JSON object.
    pub secrets: Option<Value>,
    /// The client's own name for it.
    pub label: Option<String>,
    /// Higher runs earlier among the tasks of the same owner.
    pub priority: i32,
    /// How many files will be uploaded; with 0 the files given by URL are all.
    pub expected_files: Option<u32>,
    /// Whom to tell of its end.
    pub webhook: Option<NewWebhookRow>,
    /// The files to fetch.
    pub urls: Vec<String>,
    /// For how long it awaits its next file.
    pub awaits: Duration,
    /// How many tasks may be waiting or running, with this one.
    pub max_queued: u64,
    /// How many of those may be of the same owner.
    pub max_queued_of_owner: u64,
    /// How long its data is to be kept after its end, if the client says so.
    pub keep: Option<Duration>,
    /// Whether it ends in success with the pages that can be converted, if some can't.
    pub partial: bool,
}

impl TaskRow {
    /// How often it was started since it was registered, or last tried again by its owner's wish.
    #[must_use]
    pub fn tries(&self) -> u32 {
        self.task.attempt.saturating_sub(self.attempts_before)
    }

    /// The task as one that waits for its turn.
    #[must_use]
    pub fn candidate(&self) -> Candidate {
        let task = &self.task;
        let queued_at = task.queued_at.unwrap_or(task.created_at);
        Candidate { id: task.id, owner: self.owner.clone(), priority: task.priority, queued_at }
    }

    /// All parameters, for whoever does the task.
    #[must_use]
    pub fn all_params(&self) -> Value {
        let mut params = self.task.params.clone();
        if let (Some(all), Some(secrets)) = (params.as_object_mut(), self.secrets.as_ref().and_then(Value::as_object)) {
            all.extend(secrets.clone());
        }
        params
    }
}

impl fmt::Debug for TaskRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskRow")
            .field("owner", &self.owner)
            .field("task", &self.task)
            .field("node", &self.node)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for NewTaskRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewTaskRow")
            .field("id", &self.id)
            .field("owner", &self.owner)
            .field("service", &self.service)
            .field("params", &self.params)
            .finish_non_exhaustive()
    }
}

/// The name of a request that must not be done twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The account that makes it.
    pub owner: String,
    /// The key, unique among those of the account.
    pub key: String,
    /// A digest of the request: another one with the same key is refused.
    pub request: String,
    /// For how long keys are kept.
    pub keep: Duration,
}

/// What a request with an [`IdempotencyKey`] came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The task after the request.
    pub row: TaskRow,
    /// Whether that was answered before already, and nothing was done this time.
    pub replayed: bool,
}

/// Which tasks to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskFilter {
    /// Only those of this account.
    pub owner: Option<String>,
    /// Only those in one of these states; all if empty.
    pub status: Vec<TaskStatus>,
    /// Only those for this conversion service.
    pub service: Option<String>,
    /// Only those with exactly this label.
    pub label: Option<String>,
    /// Only those that failed with this code.
    pub code: Option<ProblemCode>,
    /// Only those registered then or later.
    pub created_after: Option<DateTime<Utc>>,
    /// Only those registered before.
    pub created_before: Option<DateTime<Utc>>,
}

/// How many tasks are in each live state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StatusCounts {
    /// Their files are still coming (or being fetched).
    pub awaiting_files: u64,
    /// They wait for a worker.
    pub queued: u64,
    /// They are being processed.
    pub execution: u64,
}

/// A queued task that a dispatcher may claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The task.
    pub id: TaskId,
    /// The account that it belongs to.
    pub owner: String,
    /// Higher first among the tasks of the same owner.
    pub priority: i32,
    /// Then the one first that waits longest.
    pub queued_at: DateTime<Utc>,
}

/// The right of one node to work on a task for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The task.
    pub task: TaskId,
    /// The node that claimed it.
    pub node: String,
    /// The fencing token: grows with each claim of the task, and only the latest can commit.
    pub token: u64,
}

/// A lease as it was seen: if it stays so for long, its node is dead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenLease {
    /// The lease.
    pub lease: Lease,
    /// How often it has been renewed.
    pub beat: u64,
    /// Which attempt of the task it is for, as [`TaskRow::tries`] counts.
    pub tries: u32,
}

/// How far the work on a task is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Progress {
    /// What is being done, in words.
    pub message: String,
    /// How much is done, in percent. The store never lets it go back within an attempt.
    pub progress: f64,
    /// Pages read and pages known.
    pub pages: PageCount,
}

/// The result of one page, kept so that a later attempt need not do the page again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageResult {
    /// The file.
    pub file: FileId,
    /// The page of the file, from 1.
    pub page: u32,
    /// The SHA-256 of the blob with the result.
    pub blob: String,
}

/// A page that could not be converted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedPage {
    /// The file.
    pub file: FileId,
    /// The page of the file, from 1.
    pub page: u32,
    /// What went wrong.
    pub code: ProblemCode,
    /// The same in words, with what to do.
    pub detail: String,
    /// How often it was tried.
    pub tries: u32,
}

/// Which pages of a file are to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePlan {
    /// The file.
    pub file: FileId,
    /// The pages to do, from 1, in order.
    pub pages: Vec<u32>,
    /// What the user should know about the file.
    pub warnings: Vec<String>,
}

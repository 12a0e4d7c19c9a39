//! What operators see.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{FRAME_VERSION, LiveFrame, PageCount, Problem, ProblemCode, Task, TaskError, TaskId, TaskStatus};

/// The whole service at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct Overview {
    /// The daemon that answers.
    pub node: NodeInfo,
    /// How many tasks are in each state.
    pub queue: QueueDepth,
    /// The worker pools, one for each conversion service.
    pub pools: Vec<Pool>,
}

/// One daemon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
pub struct NodeInfo {
    /// Its name among the daemons of the service.
    pub name: String,
    /// The version of data2data.
    pub version: String,
    /// Its process.
    pub pid: u32,
    /// When it was started.
    pub started_at: DateTime<Utc>,
    /// The memory it holds, in bytes.
    pub rss_bytes: u64,
    /// Whether it takes no new work because it is going down.
    pub draining: bool,
}

/// How many tasks are in each live state, and how many ended since the daemon was started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
pub struct QueueDepth {
    /// Tasks whose files are still coming.
    pub awaiting_files: u64,
    /// Tasks that wait for a worker.
    pub queued: u64,
    /// Tasks being processed.
    pub execution: u64,
    /// Tasks that ended well since the daemon was started.
    pub succeeded: u64,
    /// Tasks that failed since the daemon was started.
    pub failed: u64,
    /// Tasks cancelled since the daemon was started.
    pub cancelled: u64,
    /// Pages read since the daemon was started.
    pub pages: u64,
}

/// A pool of worker processes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
pub struct Pool {
    /// The conversion service it works for.
    pub service: String,
    /// Pages that wait for a worker.
    pub waiting: u64,
    /// Its workers, by number.
    pub workers: Vec<PoolWorker>,
}

/// One worker of a pool and its process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none))]
pub struct PoolWorker {
    /// Its number in the pool, from 0.
    pub index: u32,
    /// What it does.
    pub state: WorkerState,
    /// Its process, if it has one now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// The memory its process holds, in bytes; 0 without a process.
    pub rss_bytes: u64,
    /// What it reads now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<Reading>,
    /// Pages read since the daemon was started.
    pub pages: u64,
    /// How often its process had to be started again.
    pub restarts: u64,
}

/// What a worker does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Enum))]
#[cfg_attr(feature = "openapi", oai(rename_all = "snake_case"))]
#[serde(rename_all = "snake_case")]
pub enum WorkerState {
    /// It has no process: nothing to do for a while, or not yet.
    #[default]
    Stopped,
    /// Its process is loading the models.
    Starting,
    /// Its process waits for work.
    Idle,
    /// Its process works.
    Busy,
    /// Its process ended too often: it waits before it starts another.
    BackingOff,
}

/// What a worker reads now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
pub struct Reading {
    /// The task.
    pub task: TaskId,
    /// The name of the file.
    pub file: String,
    /// The page of the file, from 1; 0 while pages are counted or results are written.
    pub page: u32,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// A task, as operators see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none))]
pub struct OpsTask {
    /// Its identifier.
    pub id: TaskId,
    /// The account it belongs to.
    pub owner: String,
    /// The conversion service that processes it.
    pub service: String,
    /// The client's own name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Higher runs earlier among the tasks of the same user.
    pub priority: i32,
    /// Where it stands.
    pub status: TaskStatus,
    /// What it does now, in words.
    pub message: String,
    /// How much is done, in percent.
    pub progress: f64,
    /// Pages read and pages known.
    pub pages: PageCount,
    /// How often it was started.
    pub attempt: u32,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<TaskError>,
    /// The names of its files.
    pub files: Vec<String>,
    /// The bytes of its files.
    pub bytes: u64,
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
    /// Grows with every change of the task.
    pub seq: u64,
}

impl OpsTask {
    /// The task of that account.
    #[must_use]
    pub fn new(owner: String, task: Task) -> Self {
        Self {
            id: task.id,
            owner,
            service: task.service,
            label: task.label,
            priority: task.priority,
            status: task.status,
            message: task.message,
            progress: task.progress,
            pages: task.pages,
            attempt: task.attempt,
            error: task.error,
            bytes: task.files.iter().map(|file| file.bytes).sum(),
            files: task.files.into_iter().map(|file| file.name).collect(),
            created_at: task.created_at,
            queued_at: task.queued_at,
            started_at: task.started_at,
            finished_at: task.finished_at,
            seq: task.seq,
        }
    }
}

/// A page of the list of all tasks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none, example))]
pub struct OpsTasks {
    /// The tasks, newest first.
    pub items: Vec<OpsTask>,
    /// Give this as `cursor` to get the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Which tasks in `failure` are meant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(deny_unknown_fields, skip_serializing_if_is_none))]
#[serde(deny_unknown_fields)]
pub struct DeadLetterFilter {
    /// Only those of this account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Only those for this conversion service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Only those that failed with this code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<ProblemCode>,
}

/// Failed tasks to queue again: either those named, or those that pass a filter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(deny_unknown_fields, skip_serializing_if_is_none, example))]
#[serde(deny_unknown_fields)]
pub struct Replay {
    /// The tasks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", oai(validator(min_items = 1, max_items = 100)))]
    pub ids: Option<Vec<TaskId>>,
    /// All that pass this, newest first; an empty one is passed by all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<DeadLetterFilter>,
    /// With a filter, where to go on: the `next_cursor` of the answer before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// With a filter, the most tasks to take; 100 if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", oai(validator(minimum(value = "1"), maximum(value = "100"))))]
    pub limit: Option<u32>,
}

/// What became of failed tasks that were to be queued again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none, example))]
pub struct Replayed {
    /// Those that are queued again, in this order.
    pub queued: Vec<TaskId>,
    /// Those that are not, and why.
    pub refused: Vec<NotReplayed>,
    /// Where it stopped, because the queue is full: this task and those after it stay as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<NotReplayed>,
    /// With a filter: give this as `cursor` to go on; absent when there is no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A task that was not queued again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
pub struct NotReplayed {
    /// The task.
    pub id: TaskId,
    /// The stable code of the reason.
    pub code: ProblemCode,
    /// Why not, and what to do.
    pub detail: String,
}

/// One message of the operators' websocket, as JSON in a text frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none, example))]
pub struct OpsFrame {
    /// [`crate::FRAME_VERSION`].
    pub v: u32,
    /// What this frame is.
    #[serde(rename = "type")]
    #[cfg_attr(feature = "openapi", oai(rename = "type"))]
    pub kind: OpsFrameType,
    /// When the frame was made.
    pub time: DateTime<Utc>,
    /// The service; in `overview`, which comes first and then every second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overview: Option<Overview>,
    /// In `tasks`: the live and the newest ended tasks when the socket was opened. In `changes`: those that changed since the last frame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tasks: Option<Vec<OpsTask>>,
    /// What is wrong; only in `error`, after which the socket closes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Problem>,
}

impl OpsFrame {
    /// The service at this moment.
    #[must_use]
    pub fn overview(overview: Overview) -> Self {
        Self { overview: Some(overview), ..Self::empty(OpsFrameType::Overview) }
    }

    /// All tasks worth showing.
    #[must_use]
    pub fn tasks(tasks: Vec<OpsTask>) -> Self {
        Self { tasks: Some(tasks), ..Self::empty(OpsFrameType::Tasks) }
    }

    /// Tasks that changed.
    #[must_use]
    pub fn changes(tasks: Vec<OpsTask>) -> Self {
        Self { tasks: Some(tasks), ..Self::empty(OpsFrameType::Changes) }
    }

    fn empty(kind: OpsFrameType) -> Self {
        Self { v: FRAME_VERSION, kind, time: Utc::now(), overview: None, tasks: None, error: None }
    }
}

impl LiveFrame for OpsFrame {
    fn ping() -> Self {
        Self::empty(OpsFrameType::Ping)
    }

    fn error(problem: Problem) -> Self {
        Self { error: Some(problem), ..Self::empty(OpsFrameType::Error) }
    }
}

/// What an operators' frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Enum))]
#[cfg_attr(feature = "openapi", oai(rename_all = "snake_case"))]
#[serde(rename_all = "snake_case")]
pub enum OpsFrameType {
    /// The service at this moment.
    Overview,
    /// All tasks worth showing: replaces what the receiver has.
    Tasks,
    /// Tasks that changed.
    Changes,
    /// Nothing happened for a while; the connection lives.
    Ping,
    /// The socket can't go on.
    Error,
}

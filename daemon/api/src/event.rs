//! What goes over the websockets and the event streams of the tasks service.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{PageCount, Problem, Task, TaskError, TaskId, TaskStatus};

/// The version of the frames.
pub const FRAME_VERSION: u32 = 1;

/// What every websocket can say, whatever else it sends.
pub trait LiveFrame {
    /// A sign of life.
    fn ping() -> Self;

    /// The last frame of a socket that can't go on.
    fn error(problem: Problem) -> Self;
}

/// One message of a websocket, as JSON in a text frame; or of an event stream, as the data of an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none, example))]
pub struct Frame {
    /// [`FRAME_VERSION`].
    pub v: u32,
    /// What this frame is.
    #[serde(rename = "type")]
    #[cfg_attr(feature = "openapi", oai(rename = "type"))]
    pub kind: FrameType,
    /// The `seq` of the task, which grows with every change; 0 in frames without a task. Its place in the queue is not
    /// part of the task: as others leave the queue, frames of the same `seq` come with another `queue_position`.
    pub seq: u64,
    /// When the frame was made.
    pub time: DateTime<Utc>,
    /// The task; absent in `ping` and `error`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskProgress>,
    /// What is wrong; only in `error`, after which the socket closes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Problem>,
}

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Enum))]
#[cfg_attr(feature = "openapi", oai(rename_all = "snake_case"))]
#[serde(rename_all = "snake_case")]
pub enum FrameType {
    /// The task as it stood when the socket was opened: the first frame of a task, unless `since` says that it is known.
    Snapshot,
    /// A change of the task, or of its place in the queue.
    Update,
    /// The task has ended. If it is tried again later, its `seq` goes on.
    Done,
    /// Nothing happened for a while; the connection lives.
    Ping,
    /// The socket can't go on.
    Error,
}

/// The part of a task that changes while it runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none, example))]
pub struct TaskProgress {
    /// Its identifier.
    pub id: TaskId,
    /// The conversion service that processes it.
    pub service: String,
    /// Where it stands.
    pub status: TaskStatus,
    /// What it does now, in words.
    pub message: String,
    /// How much is done, in percent.
    pub progress: f64,
    /// Pages read and pages known.
    pub pages: PageCount,
    /// How many queued tasks are before it; only while `queued`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_position: Option<u64>,
    /// The seconds left, as far as can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta_seconds: Option<u64>,
    /// How often it was started.
    pub attempt: u32,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<TaskError>,
}

impl From<&Task> for TaskProgress {
    fn from(task: &Task) -> Self {
        Self {
            id: task.id,
            service: task.service.clone(),
            status: task.status,
            message: task.message.clone(),
            progress: task.progress,
            pages: task.pages,
            queue_position: task.queue_position,
            eta_seconds: task.eta_seconds,
            attempt: task.attempt,
            error: task.error.clone(),
        }
    }
}

impl Frame {
    /// The frame that a subscriber gets first.
    #[must_use]
    pub fn snapshot(task: &Task) -> Self {
        Self::of_task(FrameType::Snapshot, task)
    }

    /// The frame for a change: `done` if the task has ended, else `update`.
    #[must_use]
    pub fn change(task: &Task) -> Self {
        Self::of_task(if task.status.is_terminal() { FrameType::Done } else { FrameType::Update }, task)
    }

    fn of_task(kind: FrameType, task: &Task) -> Self {
        Self { v: FRAME_VERSION, kind, seq: task.seq, time: Utc::now(), task: Some(task.into()), error: None }
    }
}

impl LiveFrame for Frame {
    fn ping() -> Self {
        Self { v: FRAME_VERSION, kind: FrameType::Ping, seq: 0, time: Utc::now(), task: None, error: None }
    }

    fn error(problem: Problem) -> Self {
        Self { v: FRAME_VERSION, kind: FrameType::Error, seq: 0, time: Utc::now(), task: None, error: Some(problem) }
    }
}

impl FrameType {
    /// The name clients see.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::Update => "update",
            Self::Done => "done",
            Self::Ping => "ping",
            Self::Error => "error",
        }
    }
}

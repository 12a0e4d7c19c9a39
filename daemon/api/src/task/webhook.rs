//! Who is told when a task has ended.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Task, TaskStatus};

/// Whom to tell when a task has ended: a POST request as Standard Webhooks (standardwebhooks.com) has it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(deny_unknown_fields, skip_serializing_if_is_none))]
#[serde(deny_unknown_fields)]
pub struct NewWebhook {
    /// Where to: an `http` or `https` URL.
    pub url: String,
    /// What to sign with: `whsec_` and 24 to 64 bytes in base64. Without it one is made, which only the answer to the
    /// registration tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

impl std::fmt::Debug for NewWebhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewWebhook").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Who is told of the end of a task, and whether that worked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none))]
pub struct TaskWebhook {
    /// Where to.
    pub url: String,
    /// How far it is.
    pub status: WebhookStatus,
    /// What it is signed with; told only in the answer to the registration, if it was made there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next; only in `pending`, after the end of the task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// What went wrong the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}

/// How far the message of a task's end is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Enum))]
#[cfg_attr(feature = "openapi", oai(rename_all = "snake_case"))]
#[serde(rename_all = "snake_case")]
pub enum WebhookStatus {
    /// It was not taken yet: the task goes on, or it is tried again.
    Pending,
    /// It was taken.
    Delivered,
    /// It was given up.
    Failed,
}

impl WebhookStatus {
    /// The name clients see.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

/// The body of a webhook: a task has ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct WebhookMessage {
    /// How it ended.
    #[serde(rename = "type")]
    #[cfg_attr(feature = "openapi", oai(rename = "type"))]
    pub kind: WebhookEvent,
    /// When it ended.
    pub timestamp: DateTime<Utc>,
    /// The task as it ended.
    pub data: Task,
}

/// How a task ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Enum))]
pub enum WebhookEvent {
    /// Its results can be downloaded.
    #[serde(rename = "task.success")]
    #[cfg_attr(feature = "openapi", oai(rename = "task.success"))]
    Success,
    /// It failed; its `error` says why.
    #[serde(rename = "task.failure")]
    #[cfg_attr(feature = "openapi", oai(rename = "task.failure"))]
    Failure,
    /// Its owner or an operator did not want it any more.
    #[serde(rename = "task.cancelled")]
    #[cfg_attr(feature = "openapi", oai(rename = "task.cancelled"))]
    Cancelled,
    /// Its files never came.
    #[serde(rename = "task.expired")]
    #[cfg_attr(feature = "openapi", oai(rename = "task.expired"))]
    Expired,
}

impl WebhookEvent {
    /// The end that a task in this state has come to; `None` if it goes on.
    #[must_use]
    pub const fn of(status: TaskStatus) -> Option<Self> {
        match status {
            TaskStatus::Success => Some(Self::Success),
            TaskStatus::Failure => Some(Self::Failure),
            TaskStatus::Cancelled => Some(Self::Cancelled),
            TaskStatus::Expired => Some(Self::Expired),
            TaskStatus::AwaitingFiles | TaskStatus::Fetching | TaskStatus::Queued | TaskStatus::Execution => None,
        }
    }
}

#[cfg(feature = "openapi")]
impl poem_openapi::types::Example for WebhookMessage {
    fn example() -> Self {
        let at = |seconds: i64| DateTime::from_timestamp(1_795_410_000 + seconds, 0);
        let webhook = TaskWebhook {
            url: "https://example.org/ended".to_owned(),
            status: WebhookStatus::Pending,
            secret: None,
            attempts: 0,
            next_attempt_at: at(23),
            last_error: None,
        };
        let task = Task {
            id: crate::TaskId(uuid::Uuid::from_u128(0x01a2_06c6_d3bc_7209_990d_fea8_fb0d_2ef9)),
            service: "ocr".to_owned(),
            params: serde_json::json!({ "languages": ["eng"], "formats": ["txt"] }),
            label: Some("scan 17".to_owned()),
            priority: 0,
            status: TaskStatus::Success,
            message: "1 page read".to_owned(),
            progress: 100.0,
            pages: crate::PageCount { done: 1, total: 1, failed: 0 },
            queue_position: None,
            eta_seconds: None,
            attempt: 1,
            retry_at: None,
            error: None,
            partial: false,
            page_errors: Vec::new(),
            expected_files: Some(1),
            files: Vec::new(),
            urls: Vec::new(),
            webhook: Some(webhook),
            created_at: at(0).unwrap_or_default(),
            queued_at: at(20),
            started_at: at(20),
            finished_at: at(23),
            expires_at: None,
            seq: 8,
        };
        Self { kind: WebhookEvent::Success, timestamp: at(23).unwrap_or_default(), data: task }
    }
}

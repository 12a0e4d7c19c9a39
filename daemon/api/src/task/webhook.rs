//! Who is told when a task has ended.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

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

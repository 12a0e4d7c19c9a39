//! Whom to tell, and what.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use d2d_api::{Task, TaskId, TaskWebhook, WebhookStatus};
use surrealdb::types::SurrealValue;

use crate::StoreError;

/// Whom to tell of the end of a new task.
#[derive(Clone, PartialEq, Eq)]
pub struct NewWebhookRow {
    /// Where to.
    pub url: String,
    /// The host in the URL: no more than a few messages go to one at once.
    pub host: String,
    /// What the messages are signed with: `whsec_` and base64.
    pub secret: String,
}

impl fmt::Debug for NewWebhookRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewWebhookRow").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Names the message of one end of one task: the same however often it is sent. As a text it is the `webhook-id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MessageKey {
    /// The task.
    pub task: TaskId,
    /// The `seq` of the task when it had ended.
    pub seq: u64,
}

impl fmt::Display for MessageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "msg_{}_{}", self.task.0.simple(), self.seq)
    }
}

/// A message that may be claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueMessage {
    /// The message.
    pub key: MessageKey,
    /// The host that it goes to.
    pub host: String,
}

/// A message that a node has claimed to send it.
#[derive(Clone, PartialEq)]
pub struct Message {
    /// The message.
    pub key: MessageKey,
    /// The fencing token: only the latest claim can settle the message.
    pub token: u64,
    /// How often it was tried before.
    pub attempts: u32,
    /// Where to.
    pub url: String,
    /// What it is signed with.
    pub secret: String,
    /// When the task ended.
    pub ended_at: DateTime<Utc>,
    /// The task as it ended.
    pub task: Task,
    /// How long its data is to be kept, if the client said so.
    pub keep: Option<Duration>,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("key", &self.key)
            .field("token", &self.token)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

/// What came of sending a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// It was taken.
    Delivered,
    /// It was not.
    Failed {
        /// Why not.
        error: String,
        /// When to try again; never if `None`.
        again_in: Option<Duration>,
    },
}

/// The webhook of a task, as it is stored with it.
#[derive(Debug, SurrealValue)]
pub(crate) struct WebhookRecord {
    pub(super) url: String,
    status: String,
    attempts: u32,
    next_attempt_at: Option<DateTime<Utc>>,
    last_error: Option<String>,
}

impl TryFrom<WebhookRecord> for TaskWebhook {
    type Error = StoreError;

    fn try_from(record: WebhookRecord) -> Result<Self, StoreError> {
        Ok(Self {
            url: record.url,
            status: status_of(&record.status)?,
            secret: None,
            attempts: record.attempts,
            next_attempt_at: record.next_attempt_at,
            last_error: record.last_error,
        })
    }
}

fn status_of(name: &str) -> Result<WebhookStatus, StoreError> {
    [WebhookStatus::Pending, WebhookStatus::Delivered, WebhookStatus::Failed]
        .into_iter()
        .find(|status| status.as_str() == name)
        .ok_or_else(|| StoreError::unreadable(format!("`{name}` is no status of a webhook")))
}

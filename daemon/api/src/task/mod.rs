//! Tasks: their states, what a client sends to make one, and what it reads of one.

mod status;
mod url;
mod view;
mod webhook;

pub use status::{RefusedTransition, TaskStatus, Transition};
pub use url::{NewUrls, TaskUrl, UrlStatus};
pub use view::{
    InputFile, LogEntry, NewTask, NewTaskFiles, PageCount, PageError, Task, TaskError, TaskList, TaskLog, UploadedFiles,
};
pub use webhook::{NewWebhook, TaskWebhook, WebhookEvent, WebhookMessage, WebhookStatus};

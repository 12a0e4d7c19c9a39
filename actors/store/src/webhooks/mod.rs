//! Telling of the ends of tasks: an outbox. The message of an end is written in the transaction that ends the task, and
//! is kept until it was taken or given up.

mod outbox;
mod types;

pub(crate) use outbox::{FRESH, TELL};
pub(crate) use types::WebhookRecord;
pub use types::{Attempt, DueMessage, Message, MessageKey, NewWebhookRow};

//! Webhooks: whoever registers a task can name a URL that is told of its end.
//!
//! The message of an end is written by the store in the transaction that ends the task; here is who may be told, when a
//! message is sent and sent again, and how it is signed (Standard Webhooks, <https://www.standardwebhooks.com>).

mod actor;
mod admission;
mod delivery;
mod schedule;
mod secret;

pub(crate) use actor::{Webhooks, WebhooksArgs, WebhooksMsg};
pub(crate) use admission::admit;
pub(crate) use secret::fault as secret_fault;

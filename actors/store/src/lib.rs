//! What outlives an actor: the records of tasks, accounts and signing keys in `SurrealDB`, and the bytes of files as
//! content-addressed blobs.
//!
//! Only this crate names the database. Every change of a task is one conditional transaction: it says in which state (and
//! under which lease) the task must be, and either all of it happens or nothing. What a caller gets back is the task
//! after the change, or a [`StoreError`] that says why it was refused.
//!
//! The database needs deep stacks where it is built without optimisation: run it on threads with [`THREAD_STACK_BYTES`].

mod accounts;
mod api_keys;
mod backup;
mod blobs;
mod database;
mod error;
mod failpoint;
mod health;
mod keys;
mod logins;
mod manifest;
mod migrations;
mod open;
mod records;
mod retry;
mod sessions;
mod sweep;
mod tasks;
mod tickets;
mod tus;
mod webhooks;

#[cfg(test)]
mod tests;

pub use accounts::{Account, AccountChange, NewAccount};
pub use api_keys::ApiKeyRow;
pub use backup::{Restoring, RestoringBlobs, Snapshot};
pub use blobs::{BlobHold, BlobPlace, BlobRef, BlobWriter, Blobs, PartialBlob, PartialMark};
pub use error::StoreError;
pub use keys::SigningKey;
pub use open::Store;
pub use sessions::{NewSession, RefreshToken, Refreshed};
pub use tasks::{
    Answer, Candidate, FailedPage, FilePlan, IdempotencyKey, Lease, NewTaskRow, PageResult, Progress, SeenLease,
    StatusCounts, TaskFilter, TaskRow, UrlProgress,
};
pub use tickets::TicketRow;
pub use tus::{NewTusUpload, TusState, TusUpload};
pub use webhooks::{Attempt, DueMessage, Message, MessageKey, NewWebhookRow};

/// The stack that a thread needs which polls the futures of this crate: give it to `thread_stack_size` of the tokio
/// runtime. Only what is used of it becomes memory.
pub const THREAD_STACK_BYTES: usize = 8 * 1024 * 1024;

//! What outlives an actor: the records of tasks, accounts and signing keys in SurrealDB, and the bytes of files as
//! content-addressed blobs.
//!
//! Only this crate names SurrealDB. Every change of a task is one conditional transaction: it says in which state (and
//! under which lease) the task must be, and either everything of it happens or nothing. What a caller gets back is the
//! task after the change, or a [`StoreError`] that says why it was refused.

mod accounts;
mod blobs;
mod error;
mod keys;
mod open;
mod tasks;

pub use accounts::{Account, AccountChange, NewAccount};
pub use blobs::{BlobRef, BlobWriter, Blobs};
pub use error::StoreError;
pub use keys::SigningKey;
pub use open::Store;
pub use tasks::{Candidate, FilePlan, Lease, NewTaskRow, PageResult, Progress, StatusCounts, TaskFilter, TaskRow};

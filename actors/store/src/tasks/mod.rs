//! Tasks: their records, and every change that can happen to them.

mod candidates;
mod change;
mod create;
mod execution;
mod expiry;
mod fetching;
mod files;
mod idempotency;
mod lifecycle;
mod page_failures;
mod queue;
mod read;
mod release;
mod remove;
mod retention;
mod retry;
mod types;
mod usage;

pub use fetching::UrlProgress;
pub use types::{
    Answer, Candidate, FailedPage, FilePlan, IdempotencyKey, Lease, NewTaskRow, PageResult, Progress, SeenLease,
    StatusCounts, TaskFilter, TaskRow,
};

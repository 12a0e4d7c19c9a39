//! Tasks: their records, and every change that can happen to them.

mod candidates;
mod change;
mod create;
mod execution;
mod files;
mod lifecycle;
mod queue;
mod read;
mod release;
mod remove;
mod retention;
mod retry;
mod types;

pub use types::{Candidate, FilePlan, Lease, NewTaskRow, PageResult, Progress, StatusCounts, TaskFilter, TaskRow};

//! Tasks: their records, and every change that can happen to them.

mod candidates;
mod create;
mod execution;
mod files;
mod lifecycle;
mod read;
mod types;

pub use types::{Candidate, FilePlan, Lease, NewTaskRow, PageResult, Progress, StatusCounts, TaskFilter, TaskRow};

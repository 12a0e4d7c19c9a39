//! What a task actor gives to a pool, and what comes back.

use std::sync::Arc;
use std::time::Duration;

use d2d_api::TaskId;
use d2d_worker::{AssembleJob, InputFile, PageJob, Refusal, Reply, Request};
use serde_json::Value;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::outstanding::Ticket;

/// Names a job in its pool.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct JobKey {
    /// The account whose turn it is when the job is done.
    pub(crate) owner: Arc<str>,
    /// The task.
    pub(crate) task: TaskId,
    /// Unique in the pool.
    pub(crate) number: u64,
}

/// One thing for one worker to do.
pub(crate) struct Job {
    pub(crate) task: TaskId,
    pub(crate) work: Work,
    /// How long a process may take for it.
    pub(crate) limit: Duration,
    /// Cancelled when nobody wants the outcome any more: the process that works on it is killed then.
    pub(crate) halt: CancellationToken,
    /// Where the outcome goes. A job that is lost with its worker drops it: the receiver sees that.
    pub(crate) reply: oneshot::Sender<Outcome>,
    /// Counts the job as long as it exists.
    pub(crate) ticket: Ticket,
}

/// What is to be done.
#[derive(Debug, Clone)]
pub(crate) enum Work {
    /// Look at a file.
    Inspect {
        /// The file.
        input: InputFile,
        /// The task's parameters.
        params: Arc<Value>,
    },
    /// Convert a page.
    Convert {
        /// The file.
        input: InputFile,
        /// The page of it, from 1.
        page: u32,
        /// The task's parameters.
        params: Arc<Value>,
    },
    /// Write the results.
    Assemble(Box<AssembleJob>),
}

impl Work {
    /// The request to a process that may use so many threads.
    pub(crate) fn request(&self, threads: u32) -> Request {
        match self {
            Self::Inspect { input, params } => Request::Inspect { input: input.clone(), params: Value::clone(params) },
            Self::Convert { input, page, params } => {
                Request::Convert(PageJob { input: input.clone(), page: *page, params: Value::clone(params), threads })
            }
            Self::Assemble(job) => Request::Assemble((**job).clone()),
        }
    }

    /// Whether the reply is one to this work.
    pub(crate) fn is_answered_by(&self, reply: &Reply) -> bool {
        matches!(
            (self, reply),
            (Self::Inspect { .. }, Reply::Inspected(_))
                | (Self::Convert { .. }, Reply::Converted { .. })
                | (Self::Assemble(_), Reply::Assembled { .. })
        )
    }

    /// The name of the file and the page that is worked on; page 0 for a file as a whole.
    pub(crate) fn subject(&self) -> (&str, u32) {
        match self {
            Self::Inspect { input, .. } => (&input.name, 0),
            Self::Convert { input, page, .. } => (&input.name, *page),
            Self::Assemble(job) => (job.files.first().map_or("", |file| &file.input.name), 0),
        }
    }
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    /// With the reply that belongs to the work.
    Done(Reply),
    /// The input can't be converted.
    Refused(Refusal),
    /// The process ended with the job in hand, or met a fault of its own.
    Crashed(String),
    /// It took longer than this, and its process was killed.
    TimedOut(Duration),
    /// No process can work: a model is missing, the program can't be started.
    Unavailable(Refusal),
}

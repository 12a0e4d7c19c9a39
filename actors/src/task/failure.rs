//! Why a task can't go on.

use std::time::Duration;

use d2d_api::{ProblemCode, TaskError};
use d2d_store::StoreError;
use d2d_worker::Refusal;

/// Why the work on a task ends before its end.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The task was cancelled, removed or taken over: whatever is done about it now is another's.
    Superseded,
    /// It can't be done: this is what its owner is told.
    Failed(TaskError),
    /// Something of the service is lacking: the task is tried again later, from its last checkpoint. If it was tried often
    /// enough, this is what its owner is told.
    Lacking(TaskError),
    /// The store failed. The task is tried again later, from its last checkpoint.
    Store(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::LeaseLost | StoreError::Refused(_) | StoreError::NotFound => Self::Superseded,
            StoreError::DiskFull { .. } => {
                tracing::error!(%error, "results can't be stored");
                Self::Lacking(whole_task(ProblemCode::StorageFull, "the disk of the service is full: try again later"))
            }
            other => Self::Store(other),
        }
    }
}

impl From<TaskError> for Stop {
    fn from(error: TaskError) -> Self {
        Self::Failed(error)
    }
}

/// A place in the user's files; page 0 for a file as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place<'a> {
    pub(super) file: &'a str,
    pub(super) page: u32,
}

impl Place<'_> {
    fn error(self, code: ProblemCode, detail: String) -> TaskError {
        TaskError { code, detail, file: Some(self.file.to_owned()), page: (self.page > 0).then_some(self.page) }
    }

    /// Where it is, for a sentence.
    pub(super) fn in_words(self) -> String {
        if self.page > 0 { format!("page {} of `{}`", self.page, self.file) } else { format!("`{}`", self.file) }
    }

    /// The input is at fault.
    pub(super) fn refused(self, refusal: Refusal) -> TaskError {
        self.error(refusal.code, refusal.detail)
    }

    /// It took every worker down that tried it.
    pub(super) fn crashed(self, how: &str) -> TaskError {
        let detail = format!(
            "{} could not be processed: its worker was lost each time ({how}); leave it out, or convert it to another format first",
            self.in_words()
        );
        self.error(ProblemCode::PageCrashed, detail)
    }

    /// It took too long each time.
    pub(super) fn timed_out(self, limit: Duration) -> TaskError {
        let detail = format!(
            "{} was not done within {} s; leave it out, or make it smaller",
            self.in_words(),
            limit.as_secs_f64()
        );
        self.error(ProblemCode::PageTimeout, detail)
    }
}

/// A failure that belongs to no single file.
pub(super) fn whole_task(code: ProblemCode, detail: impl Into<String>) -> TaskError {
    TaskError { code, detail: detail.into(), file: None, page: None }
}

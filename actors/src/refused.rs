//! Why the system did not do what it was asked for: what HTTP turns into a problem document.

use std::time::Duration;

use d2d_api::{FieldError, ProblemCode, TaskStatus};
use d2d_store::StoreError;

/// A request that was not fulfilled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Refused {
    /// The stable code.
    pub code: ProblemCode,
    /// What is wrong, and what to do.
    pub detail: String,
    /// The fields of the request that are wrong, if it was that.
    pub errors: Vec<FieldError>,
    /// When to try again, if that can be told better than by the code.
    pub retry_after: Option<Duration>,
}

impl Refused {
    /// A refusal.
    #[must_use]
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), errors: Vec::new(), retry_after: None }
    }

    /// A refusal for fields that are wrong.
    #[must_use]
    pub fn fields(code: ProblemCode, errors: Vec<FieldError>) -> Self {
        let detail = errors.iter().map(describe).collect::<Vec<_>>().join("; ");
        Self { errors, ..Self::new(code, detail) }
    }

    /// There is no such task, or it is another's.
    pub(crate) fn no_task() -> Self {
        Self::new(ProblemCode::TaskNotFound, "there is no such task among yours")
    }

    /// The state of the task does not allow `what`.
    pub(crate) fn wrong_state(status: TaskStatus, what: &str) -> Self {
        Self::new(ProblemCode::TaskWrongState, format!("the task is in `{status}`: {what}"))
    }
}

/// One wrong field, in a sentence that does without the pointer if the whole is meant.
fn describe(error: &FieldError) -> String {
    if error.pointer.is_empty() { error.detail.clone() } else { format!("{}: {}", error.pointer, error.detail) }
}

/// What the store refuses becomes what clients are told. A fault of the store itself is logged here, and told as no more
/// than that.
impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        let text = error.to_string();
        match error {
            StoreError::NotFound => Self::no_task(),
            StoreError::Refused(refused) => Self::new(ProblemCode::TaskWrongState, refused.to_string()),
            StoreError::FilesClosed(_) | StoreError::LeaseLost => Self::new(ProblemCode::TaskWrongState, text),
            StoreError::NoFiles => Self::new(ProblemCode::UploadNoFiles, text),
            StoreError::TooManyFiles => Self::new(ProblemCode::UploadTooManyFiles, text),
            StoreError::TooManyTasks | StoreError::TooManyBytes => Self::new(ProblemCode::QuotaExceeded, text),
            StoreError::KeyReused => Self::new(ProblemCode::RequestKeyReused, text),
            StoreError::QueueFull => Self::new(ProblemCode::QueueFull, text),
            full if full.is_full_disk() => {
                tracing::error!(error = %text, "there is no room on the disk");
                Self::new(ProblemCode::StorageFull, "the disk of the service is full: try again later")
            }
            StoreError::BlobDamaged { .. } => {
                tracing::error!(error = %text, "a stored file is damaged");
                Self::new(
                    ProblemCode::StorageDamaged,
                    "a file is damaged in the storage of the service: upload it again",
                )
            }
            damaged if damaged.is_damaged_database() => {
                tracing::error!(error = %text, "the store failed");
                Self::new(ProblemCode::Internal, "the service can't read its data: its operator has to mend that")
            }
            other => {
                tracing::error!(error = %other, "the store failed");
                Self::new(ProblemCode::Internal, "the service could not read or write its data: try again later")
            }
        }
    }
}

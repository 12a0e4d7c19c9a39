//! Why there are no results: in words, and with the stable code for programs.

use d2d_api::{ProblemCode, TaskError};

use crate::cli::client::ClientError;
use crate::cli::exit::explain;

/// Why there are no results.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{words}")]
pub(super) struct Failed {
    words: String,
    code: Option<ProblemCode>,
}

impl Failed {
    /// Of a task that ended without success.
    pub(super) fn task(error: Option<TaskError>, message: &str) -> Self {
        match error {
            Some(TaskError { code, detail, page: Some(page), .. }) => {
                Self { words: format!("page {page}: {detail}"), code: Some(code) }
            }
            Some(TaskError { code, detail, .. }) => Self { words: detail, code: Some(code) },
            None => Self { words: message.to_owned(), code: None },
        }
    }

    /// For the same reason as another.
    pub(super) fn like(error: &anyhow::Error) -> Self {
        Self { words: explain(error), code: code_of(error) }
    }
}

/// The stable code of an error: the daemon's, or the task's.
pub(super) fn code_of(error: &anyhow::Error) -> Option<ProblemCode> {
    error.chain().find_map(|cause| {
        let refused = cause.downcast_ref::<ClientError>().and_then(ClientError::code);
        refused.or_else(|| cause.downcast_ref::<Failed>()?.code)
    })
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;
    use d2d_api::Problem;

    use super::*;

    #[test]
    fn the_code_is_found_whatever_lies_around_it() {
        let refused = ClientError::Refused(Box::new(Problem::new(ProblemCode::QueueFull, "full")));
        let error = Err::<(), _>(refused).context("can't save").unwrap_err();
        assert_eq!(code_of(&error), Some(ProblemCode::QueueFull));
        assert_eq!(code_of(&Failed::like(&error).into()), Some(ProblemCode::QueueFull));
        let error =
            TaskError { code: ProblemCode::PageTimeout, detail: "too slow".to_owned(), file: None, page: Some(3) };
        let error = anyhow::Error::from(Failed::task(Some(error), ""));
        assert_eq!(
            (code_of(&error), error.to_string()),
            (Some(ProblemCode::PageTimeout), "page 3: too slow".to_owned())
        );
        assert_eq!(code_of(&anyhow::anyhow!("cancelled")), None);
    }
}

//! Why a call of the API failed.

use std::io;

use d2d_api::{Problem, ProblemCode};

/// Why a call of the API failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// Nobody answers at the address, or the connection broke.
    #[error("can't reach the daemon at {server}: {reason}")]
    Unreachable {
        /// The address.
        server: String,
        /// Why not, in the system's words.
        reason: String,
    },
    /// The daemon answered that it won't.
    #[error("{}", told(.0))]
    Refused(Box<Problem>),
    /// Something answered that is no data2data, or one of another version.
    #[error("{server} does not answer like data2data ({reason}): is this the right address?")]
    Foreign {
        /// The address.
        server: String,
        /// What it answered.
        reason: String,
    },
    /// A file here can't be read or written.
    #[error("{0}")]
    File(#[from] io::Error),
}

impl ClientError {
    /// The stable code, if the daemon refused.
    pub(crate) fn code(&self) -> Option<ProblemCode> {
        match self {
            Self::Refused(problem) => Some(problem.code),
            _ => None,
        }
    }

    /// Whether the same call may succeed if it is made again.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused(problem) => problem.status == 503,
            Self::Foreign { .. } | Self::File(_) => false,
        }
    }

    /// The failure of a call to `server` that got no answer.
    pub(super) fn unreachable(server: &str, error: &(dyn std::error::Error + 'static)) -> Self {
        let mut deepest = error;
        while let Some(source) = deepest.source() {
            deepest = source;
        }
        Self::Unreachable { server: server.to_owned(), reason: deepest.to_string() }
    }
}

fn told(problem: &Problem) -> String {
    let mut text = if problem.detail.is_empty() { problem.title.clone() } else { problem.detail.clone() };
    for error in problem.errors.iter().filter(|error| !problem.detail.contains(&error.detail)) {
        text.push_str("\n  ");
        if !error.pointer.is_empty() {
            text.push_str(&error.pointer);
            text.push_str(": ");
        }
        text.push_str(&error.detail);
    }
    text
}

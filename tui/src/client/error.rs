//! What can go wrong with the daemon, in words that say what to do.

use std::error::Error;
use std::io::{self, ErrorKind};

use d2d_api::{FRAME_VERSION, Problem};
use reqwest::StatusCode;

use super::Target;

/// Why there is no answer, or not the wanted one.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody answers.
    #[error("{0}")]
    Unreachable(String),
    /// The daemon refused the request.
    #[error("{0}")]
    Refused(String),
    /// The answer is not one of a data2data daemon.
    #[error("{target} does not answer like a data2data daemon: {what}")]
    Strange {
        /// Who answered.
        target: String,
        /// What is wrong with the answer.
        what: String,
    },
    /// The daemon is of another age.
    #[error(
        "the daemon speaks version {0} of the frames, this console {FRAME_VERSION}: use the console of its release"
    )]
    OtherVersion(u32),
    /// The connection ended.
    #[error("the daemon closed the connection{}", reason(.0.as_deref()))]
    Closed(Option<String>),
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The connection is there, but nothing comes.
    #[error("the daemon has been silent for {0} s")]
    Silent(u64),
}

fn reason(reason: Option<&str>) -> String {
    reason.map(|reason| format!(": {reason}")).unwrap_or_default()
}

impl ClientError {
    /// No answer came from `target`.
    pub(super) fn unreachable(target: &Target, error: &reqwest::Error) -> Self {
        let io = io_kind(error);
        Self::Unreachable(match (target, io) {
            (Target::Socket(path), Some(ErrorKind::NotFound | ErrorKind::ConnectionRefused)) => {
                format!("no daemon listens on {}: start one with `d2d serve`, or name another --socket", path.display())
            }
            (Target::Socket(path), Some(ErrorKind::PermissionDenied)) => format!(
                "{} may not be opened by you: join the daemon's group, or use --server with an operator's account",
                path.display()
            ),
            (Target::Server(url), Some(ErrorKind::ConnectionRefused)) => {
                format!("nobody listens at {url}: is `d2d serve` running there?")
            }
            _ if error.is_timeout() => format!("{target} does not answer in time"),
            _ => format!("{target} can't be reached: {}", innermost(error)),
        })
    }

    /// The daemon answered with a status that is not a success.
    pub(super) fn refused(target: &Target, status: StatusCode, body: &[u8]) -> Self {
        match serde_json::from_slice::<Problem>(body) {
            Ok(problem) => {
                let hint = match (status, target) {
                    (StatusCode::UNAUTHORIZED, Target::Server(_)) => " (set D2D_TOKEN, or D2D_USER and D2D_PASSWORD)",
                    (StatusCode::FORBIDDEN, Target::Server(_)) => " (an operator's account is needed)",
                    _ => "",
                };
                Self::Refused(format!("{}{hint}", problem.detail))
            }
            Err(_) => Self::strange(target, format!("status {status}")),
        }
    }

    /// The answer makes no sense.
    pub(super) fn strange(target: &Target, what: impl Into<String>) -> Self {
        Self::Strange { target: target.to_string(), what: what.into() }
    }
}

/// The kind of the I/O error at the root of `error`, if there is one.
fn io_kind(error: &(dyn Error + 'static)) -> Option<ErrorKind> {
    causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).last().map(io::Error::kind)
}

/// The cause that says most: outer ones only repeat the address.
fn innermost(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

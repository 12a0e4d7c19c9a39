//! Why a file was not fetched, and whether it is worth another try: pure.

use std::time::Duration;

use d2d_api::{ProblemCode, TaskError};
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use crate::Refused;
use crate::backoff::Backoff;
use crate::outbound::OutboundError;

/// How often a file is tried.
const TRIES: u32 = 3;
/// How long to wait between the tries, if the server does not say,
const BACKOFF: Backoff = Backoff { first: Duration::from_millis(500), longest: Duration::from_secs(10) };
/// and at most if it does.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Why a try failed.
#[derive(Debug)]
pub(super) enum Fault {
    /// It would fail again.
    Final(Refused),
    /// It may go better next time, after so long if the server said that.
    Passing(Refused, Option<Duration>),
}

impl Fault {
    /// What the server answers instead of the file.
    pub(super) fn of_status(status: StatusCode, headers: &HeaderMap) -> Self {
        let refused = failed(format!("the server answered {status}"));
        let passing =
            status.is_server_error() || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT);
        if !passing {
            return Self::Final(refused);
        }
        let seconds = headers.get(RETRY_AFTER).and_then(|wait| wait.to_str().ok()?.trim().parse().ok());
        Self::Passing(refused, seconds.map(Duration::from_secs))
    }

    /// Nothing came for so long.
    pub(super) fn stalled(limit: Duration) -> Self {
        let detail = format!("nothing came for {} s", limit.as_secs());
        Self::Passing(Refused::new(ProblemCode::FetchTimeout, detail), None)
    }

    /// The connection broke in the middle.
    pub(super) fn broken(reason: impl std::fmt::Display) -> Self {
        Self::Passing(failed(format!("the connection broke: {reason}")), None)
    }

    /// It is no file as it comes.
    pub(super) fn unusable(detail: impl Into<String>) -> Self {
        Self::Final(failed(detail))
    }

    /// How long to wait before the next try after so many failures; or why there is none.
    pub(super) fn next_try(self, failures: u32) -> Result<Duration, Refused> {
        match self {
            Self::Passing(_, wait) if failures < TRIES => {
                Ok(wait.unwrap_or_else(|| BACKOFF.after(failures)).min(LONGEST_WAIT))
            }
            Self::Passing(Refused { code, detail, .. }, _) => {
                Err(Refused::new(code, format!("{detail}; it was tried {failures} times")))
            }
            Self::Final(refused) => Err(refused),
        }
    }
}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Self {
        Self::Final(refused)
    }
}

impl From<OutboundError> for Fault {
    fn from(error: OutboundError) -> Self {
        let refused = Refused::new(error.code(), error.to_string());
        match error {
            OutboundError::Unreachable(_) => Self::Passing(refused, None),
            OutboundError::BadUrl(_) | OutboundError::Forbidden { .. } | OutboundError::TooManyRedirects => {
                Self::Final(refused)
            }
        }
    }
}

fn failed(detail: impl Into<String>) -> Refused {
    Refused::new(ProblemCode::FetchFailed, detail)
}

/// Fetching took too long with all tries.
pub(super) fn timed_out(limit: Duration) -> Refused {
    Refused::new(ProblemCode::FetchTimeout, format!("it was not here after {} s", limit.as_secs()))
}

/// What the owner of the task is told. Of the URL nothing is repeated that may be a secret: what comes after its path.
pub(super) fn told(url: &str, refused: &Refused) -> TaskError {
    let shown = url.split(['?', '#']).next().unwrap_or_default();
    TaskError { code: refused.code, detail: format!("`{shown}`: {}", refused.detail), file: None, page: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, retry_after: Option<&str>) -> Fault {
        let headers = retry_after.map(|wait| (RETRY_AFTER, wait.parse().unwrap())).into_iter().collect();
        Fault::of_status(StatusCode::from_u16(status).unwrap(), &headers)
    }

    #[test]
    fn only_what_may_pass_is_tried_again_and_not_for_ever() {
        for status in [500, 502, 503, 504, 429, 408] {
            assert_eq!(of(status, None).next_try(1), Ok(Duration::from_millis(500)), "{status}");
            assert_eq!(of(status, None).next_try(2), Ok(Duration::from_secs(1)));
            let last = of(status, None).next_try(3).unwrap_err();
            assert!(last.code == ProblemCode::FetchFailed && last.detail.contains(&status.to_string()), "{last:?}");
        }
        for status in [204, 206, 301, 304, 400, 401, 403, 404, 410, 451] {
            let refused = of(status, None).next_try(1).unwrap_err();
            assert!(refused.detail.contains(&status.to_string()), "{refused:?}");
        }
    }

    #[test]
    fn the_server_may_say_how_long_to_wait_within_bounds() {
        assert_eq!(of(503, Some("7")).next_try(1), Ok(Duration::from_secs(7)));
        assert_eq!(of(429, Some("86400")).next_try(1), Ok(LONGEST_WAIT));
        assert_eq!(of(503, Some("Fri, 31 Dec 1999 23:59:59 GMT")).next_try(1), Ok(Duration::from_millis(500)));
    }

    #[test]
    fn secrets_in_addresses_are_not_repeated() {
        let error = told("https://h/a.pdf?X-Amz-Signature=secret", &failed("no"));
        assert_eq!(error.detail, "`https://h/a.pdf`: no");
    }
}

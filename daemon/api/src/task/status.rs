//! The state machine of a task: one type, one transition function, used by store, actors and tests alike.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Enum))]
#[cfg_attr(feature = "openapi", oai(rename_all = "snake_case"))]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    /// Registered; its files are still coming.
    AwaitingFiles,
    /// All files are in; those given by URL are being downloaded.
    Fetching,
    /// Waiting for the resources of its conversion service.
    Queued,
    /// Being processed.
    Execution,
    /// Done; its results can be downloaded.
    Success,
    /// Ended with an error, which the task names.
    Failure,
    /// Ended at its owner's or an operator's wish.
    Cancelled,
    /// Its files never came, or its results passed their time and were removed.
    Expired,
}

/// What can happen to a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transition {
    /// The owner's files are complete and some are to be downloaded from URLs.
    Fetch,
    /// All files are here.
    Queue,
    /// A dispatcher took it for its node.
    Claim,
    /// The node gave it back unfinished: it drains, or its lease ran out.
    Release,
    /// The results were committed.
    Succeed,
    /// It can't be done.
    Fail,
    /// The owner or an operator wants it stopped.
    Cancel,
    /// The owner or an operator wants it tried again.
    Retry,
    /// The same, and some of its files are still to be downloaded.
    Refetch,
    /// Its time is over.
    Expire,
}

/// A transition that the state of the task does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a task in `{from}` can't {transition}")]
pub struct RefusedTransition {
    /// The state it is in.
    pub from: TaskStatus,
    /// What was to happen.
    pub transition: Transition,
}

impl TaskStatus {
    /// Every state, in the order in which a task may pass them.
    pub const ALL: [Self; 8] = [
        Self::AwaitingFiles,
        Self::Fetching,
        Self::Queued,
        Self::Execution,
        Self::Success,
        Self::Failure,
        Self::Cancelled,
        Self::Expired,
    ];

    /// The state after `transition`.
    ///
    /// # Errors
    /// [`RefusedTransition`] if this state does not allow it. Nothing leaves a terminal state by itself but that its data
    /// expires. By the wish of its owner, what failed or was cancelled is tried again; `success` and `expired` are final.
    pub const fn after(self, transition: Transition) -> Result<Self, RefusedTransition> {
        use TaskStatus as S;
        use Transition as T;
        match (self, transition) {
            (S::AwaitingFiles, T::Fetch) | (S::Failure | S::Cancelled, T::Refetch) => Ok(S::Fetching),
            (S::AwaitingFiles | S::Fetching, T::Queue)
            | (S::Execution, T::Release)
            | (S::Failure | S::Cancelled, T::Retry) => Ok(S::Queued),
            (S::Queued, T::Claim) => Ok(S::Execution),
            (S::Execution, T::Succeed) => Ok(S::Success),
            (S::Fetching | S::Queued | S::Execution, T::Fail) => Ok(S::Failure),
            (S::AwaitingFiles | S::Fetching | S::Queued | S::Execution, T::Cancel) => Ok(S::Cancelled),
            (S::AwaitingFiles | S::Success | S::Failure | S::Cancelled, T::Expire) => Ok(S::Expired),
            (from, transition) => Err(RefusedTransition { from, transition }),
        }
    }

    /// Whether the work on the task has ended.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Success | Self::Failure | Self::Cancelled | Self::Expired)
    }

    /// Whether files may still be added or taken away.
    #[must_use]
    pub const fn takes_files(self) -> bool {
        matches!(self, Self::AwaitingFiles)
    }

    /// The name clients see.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AwaitingFiles => "awaiting_files",
            Self::Fetching => "fetching",
            Self::Queued => "queued",
            Self::Execution => "execution",
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }
}

impl fmt::Display for TaskStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for TaskStatus {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not a task status; one of {}", Self::ALL.map(Self::as_str).join(", ")))
    }
}

impl fmt::Display for Transition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fetch => "fetch its files",
            Self::Queue => "be queued",
            Self::Claim => "be claimed",
            Self::Release => "be released",
            Self::Succeed => "succeed",
            Self::Fail => "fail",
            Self::Cancel => "be cancelled",
            Self::Retry | Self::Refetch => "be tried again",
            Self::Expire => "expire",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TRANSITIONS: [Transition; 10] = [
        Transition::Fetch,
        Transition::Queue,
        Transition::Claim,
        Transition::Release,
        Transition::Succeed,
        Transition::Fail,
        Transition::Cancel,
        Transition::Retry,
        Transition::Refetch,
        Transition::Expire,
    ];

    #[test]
    fn names_read_back() {
        for status in TaskStatus::ALL {
            assert_eq!(status.as_str().parse(), Ok(status));
            assert_eq!(serde_json::to_value(status).ok(), Some(status.as_str().into()));
        }
    }

    #[test]
    fn every_live_state_can_be_cancelled_and_no_terminal_one() {
        for status in TaskStatus::ALL {
            assert_eq!(status.after(Transition::Cancel).is_ok(), !status.is_terminal(), "{status}");
        }
    }

    #[test]
    fn only_what_went_wrong_is_tried_again() {
        for status in TaskStatus::ALL {
            let expected = matches!(status, TaskStatus::Failure | TaskStatus::Cancelled).then_some(TaskStatus::Queued);
            assert_eq!(status.after(Transition::Retry).ok(), expected, "{status}");
            assert_eq!(status.after(Transition::Refetch).is_ok(), expected.is_some(), "{status}");
        }
    }

    proptest! {
        /// Whatever happens in whatever order: an end is left only by a retry or to expire, results are final, they come
        /// only out of execution, and execution only out of the queue.
        #[test]
        fn histories_are_sound(events in prop::collection::vec(prop::sample::select(&TRANSITIONS[..]), 0..60)) {
            let mut status = TaskStatus::AwaitingFiles;
            for event in events {
                let Ok(next) = status.after(event) else { continue };
                if status.is_terminal() && !matches!(event, Transition::Retry | Transition::Refetch) {
                    prop_assert_eq!(next, TaskStatus::Expired);
                }
                if matches!(status, TaskStatus::Success | TaskStatus::Expired) {
                    prop_assert_eq!(next, TaskStatus::Expired);
                }
                if next == TaskStatus::Success {
                    prop_assert_eq!(status, TaskStatus::Execution);
                }
                if next == TaskStatus::Execution {
                    prop_assert_eq!(status, TaskStatus::Queued);
                }
                prop_assert_ne!(next, TaskStatus::AwaitingFiles);
                status = next;
            }
        }
    }
}

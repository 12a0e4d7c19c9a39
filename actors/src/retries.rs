//! What becomes of a task whose attempt came to nothing through no fault of its own: it is queued again, but not at once, or
//! it fails, if it was tried often enough.

use std::time::Duration;

use d2d_api::{ProblemCode, TaskError};
use d2d_config::TasksConfig;
use d2d_store::{SeenLease, Store, StoreError};

use crate::backoff::Backoff;
use crate::publisher::Publisher;

/// Why an attempt came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The node that worked on it was started anew. The first time that is no reason to wait.
    Restarted,
    /// Its node is dead, or could not tell for long that it is not.
    Silent,
    /// The actor that worked on it died.
    BrokeOff,
    /// Something of the service was not to be had.
    Lacking(TaskError),
}

/// How often a task is tried, and when again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RetryPolicy {
    /// How often a task is started before it fails.
    pub(crate) attempts: u32,
    /// How long it waits in between.
    pub(crate) backoff: Backoff,
}

/// What is done about a task.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Verdict {
    /// It is queued again.
    Again { delay: Duration, message: String },
    /// It was tried often enough.
    Fail(TaskError),
}

impl RetryPolicy {
    pub(crate) fn of(config: &TasksConfig) -> Self {
        let backoff = Backoff { first: config.retry_first, longest: config.retry_longest };
        Self { attempts: config.attempts, backoff }
    }

    /// Why a task fails that was started as often as may be.
    pub(crate) fn tried_too_often(&self, trouble: Option<&Trouble>) -> TaskError {
        let last = trouble.map(|trouble| format!("; the last time, {}", trouble.in_words())).unwrap_or_default();
        let times = if self.attempts == 1 { "once".to_owned() } else { format!("{} times", self.attempts) };
        let detail = format!(
            "the task was started {times} and never came to its end{last}. The log of the service says more; try it again \
             when the service is well"
        );
        TaskError { code: ProblemCode::Internal, detail, file: None, page: None }
    }

    /// After so many attempts.
    fn verdict(&self, tries: u32, trouble: &Trouble) -> Verdict {
        if tries >= self.attempts {
            return Verdict::Fail(match trouble {
                Trouble::Lacking(error) => error.clone(),
                other => self.tried_too_often(Some(other)),
            });
        }
        let failures = if *trouble == Trouble::Restarted { tries.saturating_sub(1) } else { tries };
        let delay = self.backoff.jittered(failures);
        let when = match delay.as_millis().div_ceil(1000) {
            0 => "is next".to_owned(),
            seconds => format!("in {seconds} s"),
        };
        let message = format!("{}; attempt {} of {} {when}", trouble.in_words(), tries + 1, self.attempts);
        Verdict::Again { delay, message }
    }
}

impl Trouble {
    fn in_words(&self) -> &str {
        match self {
            Self::Restarted => "the service was started anew",
            Self::Silent => "its node did not report any more",
            Self::BrokeOff => "the work on it broke off by a fault of the service",
            Self::Lacking(error) => &error.detail,
        }
    }
}

/// Carries out what the policy says. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Retries {
    pub(crate) policy: RetryPolicy,
    pub(crate) store: Store,
    pub(crate) publisher: Publisher,
}

impl Retries {
    /// Ends the attempt under a lease; if `held` has a beat, only if the lease was not renewed since. Nothing happens, and
    /// that is told as an error, if the lease is lost.
    pub(crate) async fn end_attempt(&self, held: &Held, trouble: &Trouble) -> Result<(), StoreError> {
        let Held { lease, beat, tries } = held;
        let row = match self.policy.verdict(*tries, trouble) {
            Verdict::Again { delay, message } => {
                tracing::warn!(task.id = %lease.task, delay_ms = delay.as_millis(), "task queued again: {message}");
                self.store.retry_later(lease, *beat, &message, delay).await?
            }
            Verdict::Fail(error) => {
                tracing::warn!(task.id = %lease.task, code = %error.code, "task failed: {}", error.detail);
                self.store.fail_unrenewed(lease, *beat, error).await?
            }
        };
        self.publisher.publish(row);
        Ok(())
    }
}

/// A lease that is to be given up.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) lease: d2d_store::Lease,
    /// How often it was renewed when it was seen to be void; `None` for a lease of one's own.
    pub(crate) beat: Option<u64>,
    /// Which attempt it is for.
    pub(crate) tries: u32,
}

impl From<SeenLease> for Held {
    fn from(SeenLease { lease, beat, tries }: SeenLease) -> Self {
        Self { lease, beat: Some(beat), tries }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: RetryPolicy = RetryPolicy {
        attempts: 3,
        backoff: Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(300) },
    };

    fn lacking() -> Trouble {
        let detail = "no worker could be started".to_owned();
        Trouble::Lacking(TaskError { code: ProblemCode::ServiceUnavailable, detail, file: None, page: None })
    }

    #[test]
    fn a_task_waits_longer_from_time_to_time_and_says_so() {
        for (tries, longest) in [(1, 1), (2, 2)] {
            for trouble in [Trouble::Silent, Trouble::BrokeOff, lacking()] {
                let Verdict::Again { delay, message } = POLICY.verdict(tries, &trouble) else { panic!("too early") };
                assert!(delay <= Duration::from_secs(longest), "{delay:?}");
                let said = format!("; attempt {} of 3 ", tries + 1);
                assert!(message.starts_with(trouble.in_words()) && message.contains(&said), "{message}");
            }
        }
    }

    #[test]
    fn a_restart_keeps_nobody_waiting_the_first_time() {
        let message = "the service was started anew; attempt 2 of 3 is next".to_owned();
        let again = Verdict::Again { delay: Duration::ZERO, message };
        assert_eq!(POLICY.verdict(1, &Trouble::Restarted), again);
    }

    #[test]
    fn after_the_last_attempt_it_fails_and_says_why() {
        let Verdict::Fail(error) = POLICY.verdict(3, &Trouble::Silent) else { panic!("too often") };
        assert!(error.detail.contains("started 3 times") && error.detail.contains("did not report"), "{error:?}");
        let Verdict::Fail(error) = POLICY.verdict(3, &lacking()) else { panic!("too often") };
        assert_eq!(error.code, ProblemCode::ServiceUnavailable);
    }
}

//! `[tasks]`: how tasks are run.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Findings;
use crate::value::duration;

const DAY: Duration = Duration::from_hours(24);
/// What is to be kept for longer is to be kept for ever.
const LONGEST: Duration = DAY.saturating_mul(36_500);

/// How tasks are run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TasksConfig {
    /// How many tasks run at once; 0 is four for each worker.
    pub running: usize,
    /// How many of them may be of one user; 0 is as many as there are. Users take turns in any case.
    pub running_per_user: usize,
    /// How long a task stays with a daemon that gives no sign of life.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub lease: Duration,
    /// How often a task is started before it fails.
    pub attempts: u32,
    /// How long a task waits, at most, before it is started again after its first attempt came to nothing by a fault of the
    /// service; twice as long after each further one.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub retry_first: Duration,
    /// No such wait is longer.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub retry_longest: Duration,
    /// How long a daemon that goes down lets pages in hand finish.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub drain: Duration,
    /// How long an ended task keeps its files and results; 0 is for ever. A registration may ask for less.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub keep: Duration,
    /// How long after its end the record of a task whose data is gone, and its log, stay; 0 is for ever.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub keep_records: Duration,
    /// How often to look for what has passed its time.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub janitor_interval: Duration,
}

impl Default for TasksConfig {
    fn default() -> Self {
        Self {
            running: 0,
            running_per_user: 0,
            lease: Duration::from_secs(30),
            attempts: 3,
            retry_first: Duration::from_secs(1),
            retry_longest: Duration::from_mins(5),
            drain: Duration::from_secs(25),
            keep: DAY * 30,
            keep_records: DAY * 90,
            janitor_interval: Duration::from_secs(30),
        }
    }
}

impl TasksConfig {
    /// How many tasks run at once with so many workers.
    #[must_use]
    pub fn running_limit(&self, workers: usize) -> usize {
        if self.running == 0 { workers.saturating_mul(4).max(1) } else { self.running }
    }

    /// How many tasks of one user run at once; `None` if only the bound of all holds.
    #[must_use]
    pub fn running_limit_per_user(&self) -> Option<usize> {
        Some(self.running_per_user).filter(|most| *most > 0)
    }

    /// How long ended tasks keep their data; `None` is for ever.
    #[must_use]
    pub fn kept(&self) -> Option<Duration> {
        Some(self.keep).filter(|keep| !keep.is_zero())
    }

    /// How long after their end the records of expired tasks stay; `None` is for ever.
    #[must_use]
    pub fn records_kept(&self) -> Option<Duration> {
        Some(self.keep_records).filter(|keep| !keep.is_zero())
    }

    pub(crate) fn check(&self, findings: &mut Findings) {
        let (second, hour) = (Duration::from_secs(1), Duration::from_hours(1));
        findings.unless(self.running <= 100_000, "tasks.running", "must be at most 100000");
        findings.unless(self.running_per_user <= 100_000, "tasks.running_per_user", "must be at most 100000");
        findings.unless((second * 3..=hour).contains(&self.lease), "tasks.lease", "must be from 3s to 1h");
        findings.unless((1..=100).contains(&self.attempts), "tasks.attempts", "must be from 1 to 100");
        findings.unless(
            self.retry_first <= self.retry_longest,
            "tasks.retry_first",
            "must be at most `tasks.retry_longest`",
        );
        findings.unless(self.retry_longest <= DAY, "tasks.retry_longest", "must be at most 1day");
        findings.unless(self.drain <= hour, "tasks.drain", "must be at most 1h");
        let span = |keep: Duration| keep.is_zero() || (second..=LONGEST).contains(&keep);
        findings.unless(span(self.keep), "tasks.keep", "must be from 1s to 36500days, or 0s for ever");
        findings.unless(span(self.keep_records), "tasks.keep_records", "must be from 1s to 36500days, or 0s for ever");
        let tick = Duration::from_millis(50)..=hour;
        findings.unless(tick.contains(&self.janitor_interval), "tasks.janitor_interval", "must be from 50ms to 1h");
    }
}

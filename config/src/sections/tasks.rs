//! `[tasks]`: how tasks are run.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Findings;
use crate::value::duration;

/// How tasks are run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TasksConfig {
    /// How many tasks run at once; 0 is four for each worker.
    pub running: usize,
    /// How long a task stays with a daemon that gives no sign of life.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub lease: Duration,
    /// How often a task is started before it fails.
    pub attempts: u32,
    /// How long a daemon that goes down lets pages in hand finish.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub drain: Duration,
}

impl Default for TasksConfig {
    fn default() -> Self {
        Self { running: 0, lease: Duration::from_secs(30), attempts: 3, drain: Duration::from_secs(25) }
    }
}

impl TasksConfig {
    /// How many tasks run at once with so many workers.
    #[must_use]
    pub fn running_limit(&self, workers: usize) -> usize {
        if self.running == 0 { workers.saturating_mul(4).max(1) } else { self.running }
    }

    pub(crate) fn check(&self, findings: &mut Findings) {
        let (second, hour) = (Duration::from_secs(1), Duration::from_hours(1));
        findings.unless(self.running <= 100_000, "tasks.running", "must be at most 100000");
        findings.unless((second * 3..=hour).contains(&self.lease), "tasks.lease", "must be from 3s to 1h");
        findings.unless((1..=100).contains(&self.attempts), "tasks.attempts", "must be from 1 to 100");
        findings.unless(self.drain <= hour, "tasks.drain", "must be at most 1h");
    }
}

//! `[webhooks]`: messages about ended tasks, to those who want to know.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Findings;
use crate::value::duration;

/// Messages about ended tasks, to those who want to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WebhooksConfig {
    /// How many are sent at once; no more than two of them to one host.
    pub parallel: usize,
    /// How long a receiver may take to answer.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub timeout: Duration,
    /// How often one is sent before it is given up.
    pub attempts: u32,
}

impl Default for WebhooksConfig {
    fn default() -> Self {
        Self { parallel: 8, timeout: Duration::from_secs(15), attempts: 9 }
    }
}

impl WebhooksConfig {
    pub(crate) fn check(&self, findings: &mut Findings) {
        let timeouts = Duration::from_millis(100)..=Duration::from_mins(5);
        findings.unless((1..=1000).contains(&self.parallel), "webhooks.parallel", "must be from 1 to 1000");
        findings.unless(timeouts.contains(&self.timeout), "webhooks.timeout", "must be from 100ms to 5m");
        findings.unless((1..=100).contains(&self.attempts), "webhooks.attempts", "must be from 1 to 100");
    }
}

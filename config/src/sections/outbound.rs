//! `[outbound]`: requests that the daemon makes to addresses that users name.

use std::time::Duration;

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Findings;
use crate::value::duration;

/// Requests to addresses that users name: files given by URL, and webhooks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OutboundConfig {
    /// Networks that may be reached although they are not public, as `10.1.0.0/16` or `fd00::/8`.
    #[schemars(with = "Vec<String>")]
    pub allow: Vec<IpNet>,
    /// How long a connection may take to come about.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub connect_timeout: Duration,
}

impl Default for OutboundConfig {
    fn default() -> Self {
        Self { allow: Vec::new(), connect_timeout: Duration::from_secs(10) }
    }
}

impl OutboundConfig {
    pub(crate) fn check(&self, findings: &mut Findings) {
        let bounds = Duration::from_millis(100)..=Duration::from_mins(5);
        findings.unless(bounds.contains(&self.connect_timeout), "outbound.connect_timeout", "must be from 100ms to 5m");
    }
}

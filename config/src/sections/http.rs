//! `[http]`: the public HTTP services.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Findings;
use crate::value::duration;

/// The public HTTP services.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HttpConfig {
    /// The address to listen on; port 0 takes any free one.
    #[schemars(with = "String")]
    pub listen: SocketAddr,
    /// The networks of proxies whose `X-Forwarded-For` is believed.
    #[schemars(with = "Vec<String>")]
    pub trusted_proxies: Vec<IpNet>,
    /// The most connections at once; fewer if the system lets the daemon open fewer files.
    pub max_connections: usize,
    /// How long a connection is kept on which no request is under way.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub idle: Duration,
    /// How long a client may send nothing of the body that it is sending, or take nothing of what is sent to it.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub stall: Duration,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8420)),
            trusted_proxies: Vec::new(),
            max_connections: 10_000,
            idle: Duration::from_secs(75),
            stall: Duration::from_secs(60),
        }
    }
}

impl HttpConfig {
    pub(crate) fn check(&self, findings: &mut Findings) {
        let span = Duration::from_secs(1)..=Duration::from_hours(1);
        let connections = 1..=1_000_000;
        findings.unless(
            connections.contains(&self.max_connections),
            "http.max_connections",
            "must be from 1 to 1000000",
        );
        findings.unless(span.contains(&self.idle), "http.idle", "must be from 1s to 1h");
        findings.unless(span.contains(&self.stall), "http.stall", "must be from 1s to 1h");
    }
}

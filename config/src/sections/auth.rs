//! `[auth]`: accounts and tokens.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Findings;
use crate::places;
use crate::value::{ByteSize, duration};

/// Accounts and tokens. The costs of a password hash (Argon2id) have the OWASP floor as their default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AuthConfig {
    /// How long a token is valid.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub token_ttl: Duration,
    /// The memory that one password hash takes.
    #[schemars(with = "String")]
    pub argon2_memory: ByteSize,
    /// The passes over that memory.
    pub argon2_iterations: u32,
    /// The lanes of one hash.
    pub argon2_parallelism: u32,
    /// How many logins are checked at once; others wait.
    pub parallel_logins: usize,
    /// The `iss` of the tokens: the name of this service.
    pub issuer: String,
}

impl Default for AuthConfig {
    fn default() -> Self {
        Self {
            token_ttl: Duration::from_hours(1),
            argon2_memory: ByteSize::mib(19),
            argon2_iterations: 2,
            argon2_parallelism: 1,
            parallel_logins: places::cores(),
            issuer: "data2data".to_owned(),
        }
    }
}

impl AuthConfig {
    pub(crate) fn check(&self, findings: &mut Findings) {
        let (second, month) = (Duration::from_secs(1), Duration::from_hours(31 * 24));
        findings.unless((second..=month).contains(&self.token_ttl), "auth.token_ttl", "must be from 1s to 31days");
        findings.unless(
            (ByteSize::mib(8)..=ByteSize::gib(4)).contains(&self.argon2_memory),
            "auth.argon2_memory",
            "must be from 8MiB to 4GiB",
        );
        findings.unless((1..=100).contains(&self.argon2_iterations), "auth.argon2_iterations", "must be from 1 to 100");
        findings.unless((1..=64).contains(&self.argon2_parallelism), "auth.argon2_parallelism", "must be from 1 to 64");
        findings.unless((1..=1024).contains(&self.parallel_logins), "auth.parallel_logins", "must be from 1 to 1024");
        findings.unless(!self.issuer.trim().is_empty(), "auth.issuer", "is empty: name this service");
    }
}

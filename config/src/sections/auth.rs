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
    /// How long an access token is valid.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub token_ttl: Duration,
    /// How long a refresh token is valid: a login that is not refreshed for so long has ended.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub refresh_ttl: Duration,
    /// How long a key signs tokens before a newer one takes its place.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub key_lifetime: Duration,
    /// How many logins to an account may fail from one address within `login_window`; five times as many from one address
    /// to all accounts.
    pub login_failures: u32,
    /// For how long a failed login counts.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub login_window: Duration,
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
            refresh_ttl: Duration::from_hours(30 * 24),
            key_lifetime: Duration::from_hours(90 * 24),
            login_failures: 10,
            login_window: Duration::from_mins(5),
            argon2_memory: ByteSize::mib(19),
            argon2_iterations: 2,
            argon2_parallelism: 1,
            parallel_logins: places::cores(),
            issuer: "data2data".to_owned(),
        }
    }
}

impl AuthConfig {
    /// The longest life that `token_ttl` may give a token.
    pub const LONGEST_TOKEN_TTL: Duration = Duration::from_hours(31 * 24);

    pub(crate) fn check(&self, findings: &mut Findings) {
        let (second, minute) = (Duration::from_secs(1), Duration::from_mins(1));
        let (day, years) = (Duration::from_hours(24), Duration::from_hours(10 * 365 * 24));
        findings.unless(
            (second..=Self::LONGEST_TOKEN_TTL).contains(&self.token_ttl),
            "auth.token_ttl",
            "must be from 1s to 31days",
        );
        findings.unless(
            (second..=day * 366).contains(&self.refresh_ttl),
            "auth.refresh_ttl",
            "must be from 1s to 366days",
        );
        findings.unless(
            (minute..=years).contains(&self.key_lifetime),
            "auth.key_lifetime",
            "must be from 1m to 3650days",
        );
        findings.unless((1..=1000).contains(&self.login_failures), "auth.login_failures", "must be from 1 to 1000");
        findings.unless((second..=day).contains(&self.login_window), "auth.login_window", "must be from 1s to 1day");
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

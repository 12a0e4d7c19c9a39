//! `[uploads]`: what may be uploaded, and how files are fetched that are given by URL.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Findings;
use crate::value::{ByteSize, duration};

/// What may be uploaded, and how files are fetched that are given by URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct UploadsConfig {
    /// The largest file.
    #[schemars(with = "String")]
    pub max_file: ByteSize,
    /// The most files of one task.
    pub max_files: u32,
    /// Uploads are refused when the disk has less than this free.
    #[schemars(with = "String")]
    pub min_free_disk: ByteSize,
    /// The most tasks that may be registered and not yet ended; past it registering is refused.
    pub max_queued: u64,
    /// How long a resumable upload is kept after its last byte.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub resumable_ttl: Duration,
    /// The same of one account.
    pub max_queued_per_user: u64,
    /// The most bytes that the tasks of one account keep, as files and as results; 0 is no bound.
    #[schemars(with = "String")]
    pub max_bytes_per_user: ByteSize,
    /// How long a task waits for its next file before it is given up.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub await_files: Duration,
    /// How long a request with an `Idempotency-Key` is remembered.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub idempotency_ttl: Duration,
    /// How many files are fetched at once.
    pub fetch_parallel: usize,
    /// How long fetching one file may take, with all tries.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub fetch_timeout: Duration,
    /// How long nothing may come of a file that is being fetched.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub fetch_stall: Duration,
}

impl Default for UploadsConfig {
    fn default() -> Self {
        Self {
            max_file: ByteSize::gib(2),
            max_files: 1000,
            min_free_disk: ByteSize::mib(512),
            max_queued: 10_000,
            resumable_ttl: Duration::from_hours(24),
            max_queued_per_user: 1000,
            max_bytes_per_user: ByteSize(0),
            await_files: Duration::from_hours(24),
            idempotency_ttl: Duration::from_hours(24),
            fetch_parallel: 4,
            fetch_timeout: Duration::from_mins(10),
            fetch_stall: Duration::from_secs(30),
        }
    }
}

impl UploadsConfig {
    /// The most bytes that the tasks of one account keep, if there is a bound.
    #[must_use]
    pub fn bytes_per_user(&self) -> Option<u64> {
        Some(self.max_bytes_per_user.bytes()).filter(|most| *most > 0)
    }

    pub(crate) fn check(&self, findings: &mut Findings) {
        let (second, day) = (Duration::from_secs(1), Duration::from_hours(24));
        findings.unless(self.max_file.bytes() > 0, "uploads.max_file", "must be more than 0");
        findings.unless((1..=10_000).contains(&self.max_files), "uploads.max_files", "must be from 1 to 10000");
        findings.unless(self.max_queued > 0, "uploads.max_queued", "must be more than 0");
        findings.unless(
            (second..=30 * day).contains(&self.resumable_ttl),
            "uploads.resumable_ttl",
            "must be from 1s to 30days",
        );
        findings.unless(self.max_queued_per_user > 0, "uploads.max_queued_per_user", "must be more than 0");
        findings.unless(
            (second..=365 * day).contains(&self.await_files),
            "uploads.await_files",
            "must be from 1s to 365days",
        );
        findings.unless(
            (second..=30 * day).contains(&self.idempotency_ttl),
            "uploads.idempotency_ttl",
            "must be from 1s to 30days",
        );
        findings.unless((1..=256).contains(&self.fetch_parallel), "uploads.fetch_parallel", "must be from 1 to 256");
        findings.unless(
            (second..=day).contains(&self.fetch_timeout),
            "uploads.fetch_timeout",
            "must be from 1s to 24h",
        );
        findings.unless((second..=day).contains(&self.fetch_stall), "uploads.fetch_stall", "must be from 1s to 24h");
    }
}

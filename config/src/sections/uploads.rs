//! `[uploads]`: what may be uploaded.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Findings;
use crate::value::{ByteSize, duration};

/// What may be uploaded.
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
}

impl Default for UploadsConfig {
    fn default() -> Self {
        Self {
            max_file: ByteSize::gib(2),
            max_files: 1000,
            min_free_disk: ByteSize::mib(512),
            max_queued: 10_000,
            resumable_ttl: Duration::from_hours(24),
        }
    }
}

impl UploadsConfig {
    pub(crate) fn check(&self, findings: &mut Findings) {
        findings.unless(self.max_file.bytes() > 0, "uploads.max_file", "must be more than 0");
        findings.unless((1..=10_000).contains(&self.max_files), "uploads.max_files", "must be from 1 to 10000");
        findings.unless(self.max_queued > 0, "uploads.max_queued", "must be more than 0");
        let bounds = Duration::from_secs(1)..=Duration::from_hours(30 * 24);
        findings.unless(bounds.contains(&self.resumable_ttl), "uploads.resumable_ttl", "must be from 1s to 30days");
    }
}

//! `[uploads]`: what may be uploaded.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Findings;
use crate::value::ByteSize;

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
}

impl Default for UploadsConfig {
    fn default() -> Self {
        Self { max_file: ByteSize::gib(2), max_files: 1000, min_free_disk: ByteSize::mib(512), max_queued: 10_000 }
    }
}

impl UploadsConfig {
    pub(crate) fn check(&self, findings: &mut Findings) {
        findings.unless(self.max_file.bytes() > 0, "uploads.max_file", "must be more than 0");
        findings.unless((1..=10_000).contains(&self.max_files), "uploads.max_files", "must be from 1 to 10000");
        findings.unless(self.max_queued > 0, "uploads.max_queued", "must be more than 0");
    }
}

//! `[ocr]`: the OCR service and its worker processes.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Findings;
use crate::places;
use crate::value::{ByteSize, duration};

/// The OCR service and its worker processes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OcrConfig {
    /// How many worker processes read pages; 0 is one for each processor.
    pub workers: usize,
    /// How long one page may take.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub page_timeout: Duration,
    /// The most memory that one worker may take.
    #[schemars(with = "String")]
    pub worker_memory: ByteSize,
    /// A worker without work for so long ends, and its memory is free again.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub worker_idle: Duration,
    /// The most pages of one task.
    pub max_pages: u32,
    /// The most pixels of one page.
    pub max_pixels: u64,
    /// The largest image that is read at once, in the request that brings it.
    #[schemars(with = "String")]
    pub recognize_max_bytes: ByteSize,
    /// How long a request waits for its image to be read.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub recognize_timeout: Duration,
    /// The tesseract program, by name or path, for languages that PP-OCR does not read; empty for none. It is looked for
    /// when the daemon starts, its languages when they are asked for.
    pub tesseract: String,
}

impl Default for OcrConfig {
    fn default() -> Self {
        Self {
            workers: 0,
            page_timeout: Duration::from_mins(2),
            worker_memory: ByteSize::gib(2),
            worker_idle: Duration::from_mins(5),
            max_pages: 20_000,
            max_pixels: 200_000_000,
            recognize_max_bytes: ByteSize::mib(10),
            recognize_timeout: Duration::from_mins(1),
            tesseract: "tesseract".to_owned(),
        }
    }
}

impl OcrConfig {
    /// How many worker processes read pages on this machine.
    #[must_use]
    pub fn worker_count(&self) -> usize {
        if self.workers == 0 { places::cores() } else { self.workers }
    }

    pub(crate) fn check(&self, findings: &mut Findings) {
        let (second, day) = (Duration::from_secs(1), Duration::from_hours(24));
        findings.unless(self.workers <= 1024, "ocr.workers", "must be at most 1024");
        findings.unless((second..=day).contains(&self.page_timeout), "ocr.page_timeout", "must be from 1s to 1day");
        findings.unless(
            self.worker_memory >= ByteSize::mib(256),
            "ocr.worker_memory",
            "must be at least 256MiB: the models alone take half of that",
        );
        findings.unless(self.worker_idle >= second, "ocr.worker_idle", "must be at least 1s");
        findings.unless(self.max_pages > 0, "ocr.max_pages", "must be more than 0");
        findings.unless(self.recognize_max_bytes.bytes() > 0, "ocr.recognize_max_bytes", "must be more than 0");
        findings.unless(
            (second..=Duration::from_hours(1)).contains(&self.recognize_timeout),
            "ocr.recognize_timeout",
            "must be from 1s to 1h",
        );
        findings.unless(self.max_pixels >= 10_000, "ocr.max_pixels", "must be at least 10000");
    }
}

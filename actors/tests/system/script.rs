//! What the fake worker is told: settings when it starts, a script with every task. The tests write the same types.

use std::path::PathBuf;

use d2d_api::ProblemCode;
use serde::{Deserialize, Serialize};

/// For the whole life of a process.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Settings {
    /// Never gets ready, for this reason.
    pub(crate) broken: Option<ProblemCode>,
}

/// For one task: its parameters.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Script {
    /// How many pages each file has.
    pub(crate) pages: u32,
    /// How long each page takes.
    pub(crate) page_ms: u64,
    /// The page that takes its process down ...
    pub(crate) crash_page: Option<u32>,
    /// ... when it is tried for the first so many times.
    pub(crate) crash_times: u64,
    /// The page that never ends.
    pub(crate) hang_page: Option<u32>,
    /// No page ends.
    pub(crate) hang_all: bool,
    /// The page that is refused.
    pub(crate) refuse_page: Option<u32>,
    /// Every file is refused, for this reason.
    pub(crate) refuse_file: Option<ProblemCode>,
    /// The result file that is named, instead of one that is written.
    pub(crate) artifact_path: Option<PathBuf>,
    /// No page ends before this file exists.
    pub(crate) gate: Option<PathBuf>,
    /// Where each try of a page leaves a byte in a file of the page's name.
    pub(crate) marks: Option<PathBuf>,
}

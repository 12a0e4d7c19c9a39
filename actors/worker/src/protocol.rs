//! What daemon and worker say to each other: one request, one reply, in turn.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ArtifactFile, AssembleJob, InputFile, Inspection, PageJob, Refusal};

/// From the daemon to the worker. The first one is always `Start`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Request {
    /// Lock the doors, then get ready: load models. Answered by `Ready`.
    Start {
        /// The settings of the conversion service.
        settings: Value,
        /// Folders that may be read from; the only ones, from the start. One that is not there yet is made, so that what
        /// comes into it later can be read.
        readable: Vec<std::path::PathBuf>,
        /// Folders that may be written to.
        writable: Vec<std::path::PathBuf>,
        /// Programs that may be run, by absolute paths; if there are none, no process can be started at all. One that is
        /// run is held to the same limits and the same sandbox.
        #[serde(default)]
        programs: Vec<std::path::PathBuf>,
        /// The most memory that the process may hold, in bytes.
        memory_bytes: u64,
    },
    /// Look at a file. Answered by `Inspected`.
    Inspect {
        /// The file.
        input: InputFile,
        /// The task's parameters.
        params: Value,
    },
    /// Convert a page. Answered by `Converted`.
    Convert(PageJob),
    /// Write the results. Answered by `Assembled`.
    Assemble(AssembleJob),
}

/// From the worker to the daemon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "did", rename_all = "snake_case")]
pub enum Reply {
    /// Ready for work.
    Ready {
        /// What the sandbox could not do on this kernel; empty if all of it holds.
        sandbox_gaps: Vec<String>,
    },
    /// The file was looked at.
    Inspected(Inspection),
    /// The page was converted.
    Converted {
        /// What the converter made of it.
        result: Value,
    },
    /// The results are written.
    Assembled {
        /// The files.
        artifacts: Vec<ArtifactFile>,
    },
    /// The input can't be converted.
    Refused(Refusal),
    /// The worker itself can't work: a model is missing or damaged, a bug. The worker ends after it if it was the
    /// answer to `Start`.
    Broken(Refusal),
}

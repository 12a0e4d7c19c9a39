//! The trait that a conversion service implements to run in worker processes.

use std::path::PathBuf;

use d2d_api::ProblemCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Converts files page by page. One lives in each worker process; its methods are called one at a time.
///
/// The daemon first has every file inspected, then every page converted (in any order, over several workers), then the
/// results of all pages assembled into the files that the user downloads. `params` are the task's, already checked
/// against the service's schema.
pub trait Converter {
    /// Counts the pages of a file and picks those that the parameters ask for.
    ///
    /// # Errors
    /// What is wrong with the file.
    fn inspect(&mut self, input: &InputFile, params: &Value) -> Result<Inspection, Refusal>;

    /// Converts one page. The result is kept by the daemon and handed back to [`Converter::assemble`] as it is.
    ///
    /// # Errors
    /// What is wrong with the page.
    fn convert(&mut self, job: &PageJob) -> Result<Value, Refusal>;

    /// Writes the files that the user downloads into `job.out_dir`.
    ///
    /// # Errors
    /// What can't be written, and why.
    fn assemble(&mut self, job: &AssembleJob) -> Result<Vec<ArtifactFile>, Refusal>;
}

/// One of the user's files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFile {
    /// Where its bytes are.
    pub path: PathBuf,
    /// Its name, as the user gave it.
    pub name: String,
    /// Its type, by its first bytes.
    pub media_type: String,
}

/// What a look at a file told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspection {
    /// The pages to convert, from 1, ascending; never empty.
    pub pages: Vec<u32>,
    /// What the user should know about the file, for example that only its first frame is read.
    pub warnings: Vec<String>,
}

/// One page to convert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageJob {
    /// The file.
    pub input: InputFile,
    /// The page of it, from 1.
    pub page: u32,
    /// The task's parameters.
    pub params: Value,
    /// How many threads the page may use: more when other workers are idle.
    pub threads: u32,
}

/// All pages of a task that could be converted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssembleJob {
    /// The files of which a page was converted, in the task's order.
    pub files: Vec<FilePages>,
    /// The task's parameters.
    pub params: Value,
    /// An empty folder for the results.
    pub out_dir: PathBuf,
}

/// One file with the results of its pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilePages {
    /// The file.
    pub input: InputFile,
    /// Its converted pages: the page number, and the file that holds what [`Converter::convert`] gave for it, as JSON.
    pub pages: Vec<(u32, PathBuf)>,
    /// Its pages that were to be converted and could not be, ascending, and why. The results are to be well-formed without
    /// them, and the numbers of the others to stay what they are.
    #[serde(default)]
    pub failed: Vec<(u32, String)>,
    /// What [`Converter::inspect`] warned of.
    pub warnings: Vec<String>,
}

/// A result file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactFile {
    /// The file in [`AssembleJob::out_dir`].
    pub path: PathBuf,
    /// The name to offer it by.
    pub name: String,
    /// Its type.
    pub media_type: String,
    /// Its format, as the parameters name it.
    pub format: String,
}

/// Why an input can't be converted: the user's to mend, so trying again does not help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{detail}")]
pub struct Refusal {
    /// The stable code.
    pub code: ProblemCode,
    /// What is wrong with what, and what to do.
    pub detail: String,
}

impl Refusal {
    /// A refusal.
    #[must_use]
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}

//! What keeps an engine from reading.

use std::path::PathBuf;

/// Why an engine can't read. Never the fault of the page: a page without text is an empty page.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A model file is not there.
    #[error("no model file {path}: pull the models with `d2d models pull`", path = path.display())]
    MissingModel {
        /// Where it should be.
        path: PathBuf,
    },
    /// A model file can't be read, or is not such a model.
    #[error("the model file {path} can't be used: {reason}; check it with `d2d models verify`", path = path.display())]
    BadModel {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A model failed on an input.
    #[error("{stage} failed: {reason}")]
    Inference {
        /// What the model was to do: `detection` or `recognition`.
        stage: &'static str,
        /// What went wrong.
        reason: String,
    },
}

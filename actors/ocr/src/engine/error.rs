//! What keeps an engine from reading.

use std::path::PathBuf;

use d2d_api::ProblemCode;

/// Why an engine can't read. A page without text is no such reason: it is an empty page.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No engine here reads the languages.
    #[error("{reason}")]
    NoEngine {
        /// Which ones, and what to do.
        reason: String,
    },
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
    /// Tesseract's data for a language is not there, or can't be read.
    #[error("tesseract has no data for `{language}` (any more): install it")]
    MissingLanguage {
        /// The code of the language.
        language: String,
    },
    /// A program can't be run.
    #[error(
        "the program {program} can't be run: {reason}; if it was installed anew, restart the service",
        program = program.display()
    )]
    NoProgram {
        /// The program.
        program: PathBuf,
        /// What the operating system says.
        reason: String,
    },
    /// The image is larger than the engine takes.
    #[error("{engine} takes no image of {width} x {height} pixels: the longest side may have {longest}")]
    TooLarge {
        /// The engine.
        engine: &'static str,
        /// The most pixels of a side.
        longest: u32,
        /// The image's width.
        width: u32,
        /// Its height.
        height: u32,
    },
    /// A program failed on an input, or gave an answer that can't be read.
    #[error("the program {program} failed: {reason}", program = program.display())]
    Program {
        /// The program.
        program: PathBuf,
        /// What went wrong.
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

impl EngineError {
    /// The code that clients see.
    #[must_use]
    pub const fn code(&self) -> ProblemCode {
        match self {
            Self::NoEngine { .. } => ProblemCode::OcrNoEngine,
            Self::MissingModel { .. } | Self::BadModel { .. } | Self::MissingLanguage { .. } => {
                ProblemCode::OcrModelMissing
            }
            Self::NoProgram { .. } => ProblemCode::ServiceUnavailable,
            Self::TooLarge { .. } => ProblemCode::InputTooManyPixels,
            Self::Program { .. } | Self::Inference { .. } => ProblemCode::Internal,
        }
    }
}

//! What the daemon tells an OCR worker when it starts it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::engine::tesseract::Installation;
use crate::input::Limits;

/// The settings of an OCR worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OcrSettings {
    /// Where the model packs are installed.
    pub models: PathBuf,
    /// What is taken at most.
    #[serde(default)]
    pub limits: Limits,
    /// Tesseract, if it is installed and shall be used.
    #[serde(default)]
    pub tesseract: Option<Installation>,
}

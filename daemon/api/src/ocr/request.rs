//! The choices of a client that has an image read at once: those of the same names among the parameters of a task.

use serde::{Deserialize, Serialize};

/// Speed or accuracy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Enum))]
#[cfg_attr(feature = "openapi", oai(rename_all = "snake_case"))]
#[serde(rename_all = "snake_case")]
pub enum OcrQuality {
    /// The tiny models.
    Fast,
    /// The tiny models, and the small one again for lines that the tiny one is not sure of.
    Balanced,
    /// The small recognition model for every line.
    Accurate,
}

/// What reads the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Enum))]
#[cfg_attr(feature = "openapi", oai(rename_all = "snake_case"))]
#[serde(rename_all = "snake_case")]
pub enum OcrEngineChoice {
    /// The first of `ppocr` and `tesseract` that reads all of the languages.
    Auto,
    /// PP-OCR: Latin script, Chinese, Japanese.
    Ppocr,
    /// The ocrs project's models: English.
    Ocrs,
    /// Tesseract, if it is installed.
    Tesseract,
}

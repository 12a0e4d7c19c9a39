//! The choices among the parameters: quality, engine, mode; and the password.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Speed or accuracy. `docs/ocr.md` has the figures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// The tiny models: a third of a second for a page of text.
    Fast,
    /// The tiny models, and the small one again for lines that the tiny one is not sure of: as fast on clear print, and
    /// nearly as accurate as the small model on print that is hard to read.
    #[default]
    Balanced,
    /// The small recognition model for every line: about three times the time of `fast`.
    Accurate,
}

/// What reads the text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EngineChoice {
    /// `ppocr` if it reads all of the languages, else `tesseract` if that is installed with data for all of them. The
    /// result says which engine and models read each page.
    #[default]
    Auto,
    /// PP-OCR: languages in Latin script, Chinese and Japanese.
    Ppocr,
    /// The ocrs project's models: English. It tells no qualities apart.
    Ocrs,
    /// Tesseract, if it is installed: any language and script whose data is installed for it, Cyrillic ones and Fraktur
    /// among them. It tells no qualities apart.
    Tesseract,
}

/// What happens to PDF pages that already have text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Their text is kept; only what is in images is read.
    #[default]
    Auto,
    /// They are read like scans, and their own text is not looked at.
    Force,
    /// An invisible text layer, as other programs lay over scans, is replaced; other text is kept.
    Redo,
}

/// A password: never shown in logs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Password(String);

impl Quality {
    /// As the parameters name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Balanced => "balanced",
            Self::Accurate => "accurate",
        }
    }
}

impl Password {
    /// The password itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

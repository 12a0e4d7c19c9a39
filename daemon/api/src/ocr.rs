//! What text recognition can do.

use serde::{Deserialize, Serialize};

/// A language that can be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
pub struct OcrLanguage {
    /// Its code, as the parameter `languages` takes it.
    pub code: String,
    /// Its English name.
    pub name: String,
}

/// The languages that can be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
pub struct OcrLanguages {
    /// By code.
    pub items: Vec<OcrLanguage>,
}

/// A format that results are written in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
pub struct OcrFormat {
    /// Its name, as the parameter `formats` takes it; also the ending of the files' names.
    pub name: String,
    /// The type of its files.
    pub media_type: String,
}

/// The formats that results are written in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
pub struct OcrFormats {
    /// The formats.
    pub items: Vec<OcrFormat>,
}

//! What was read: the result format `json`. Within a version, fields are added, but never taken away or changed.

use serde::{Deserialize, Serialize};

/// What was read of a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct OcrDocument {
    /// The version of the format: 1.
    pub version: u32,
    /// The name of the file.
    pub file: String,
    /// What was asked for.
    pub request: OcrRequest,
    /// What to know about the file, in words.
    pub warnings: Vec<String>,
    /// Its pages, in order.
    pub pages: Vec<OcrPage>,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
pub struct OcrRequest {
    /// The engine, as the parameter `engine` has it.
    pub engine: String,
    /// Speed or accuracy, as it was done: some languages are always read in `accurate`.
    pub quality: String,
}

/// What was read of a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none))]
pub struct OcrPage {
    /// Its number in the file, from 1.
    pub page: u32,
    /// Its width in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
    /// Its resolution in dots per inch, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpi: Option<f64>,
    /// Where its text comes from.
    pub source: OcrTextSource,
    /// What read it; absent if all of its text was in the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<OcrEngineInfo>,
    /// What was done to it before it was read.
    pub preparation: OcrPreparation,
    /// Its paragraphs, headings, tables and so on, in reading order.
    pub blocks: Vec<OcrBlock>,
}

/// Where the text of a page comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Enum))]
#[cfg_attr(feature = "openapi", oai(rename_all = "snake_case"))]
#[serde(rename_all = "snake_case")]
pub enum OcrTextSource {
    /// All of it was read off the image.
    Recognised,
    /// All of it was in the file.
    Embedded,
    /// Some was in the file, some was read.
    Mixed,
}

/// What read a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none))]
pub struct OcrEngineInfo {
    /// The engine: `ppocr`, `ocrs`, `tesseract`.
    pub name: String,
    /// Its version, if it is a program of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The models that it read with.
    pub models: Vec<OcrModel>,
}

/// A file of a recognition model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
pub struct OcrModel {
    /// The pack and the file in it, or the language of tesseract.
    pub name: String,
    /// The SHA-256 of the file, in hexadecimal.
    pub sha256: String,
}

/// What was done to a page before it was read. Boxes are those of the page as it came in any case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
pub struct OcrPreparation {
    /// How far it was turned clockwise: 0, 90, 180 or 270 degrees.
    pub rotated: u16,
    /// How far its lines sloped, in degrees; positive if they sank to the right.
    pub skew: f64,
    /// Whether its contrast was raised.
    pub contrast_raised: bool,
}

/// A paragraph, heading, table or the like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none))]
pub struct OcrBlock {
    /// What it is.
    pub kind: OcrBlockKind,
    /// The level of a heading, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<u8>,
    /// Left, top, right and bottom in pixels; right and bottom exclusive.
    #[serde(rename = "box")]
    #[cfg_attr(feature = "openapi", oai(rename = "box"))]
    pub bounds: [i32; 4],
    /// Its lines, in reading order.
    pub lines: Vec<OcrLine>,
}

/// What a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Enum))]
#[cfg_attr(feature = "openapi", oai(rename_all = "snake_case"))]
#[serde(rename_all = "snake_case")]
pub enum OcrBlockKind {
    /// Running text.
    Paragraph,
    /// A heading.
    Heading,
    /// An item of a list.
    ListItem,
    /// Rows of cells.
    Table,
    /// A footnote.
    Footnote,
    /// A running head or foot, a page number.
    Margin,
}

/// A line of text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none))]
pub struct OcrLine {
    /// Left, top, right and bottom in pixels; right and bottom exclusive.
    #[serde(rename = "box")]
    #[cfg_attr(feature = "openapi", oai(rename = "box"))]
    pub bounds: [i32; 4],
    /// Its corners, upper left, upper right, lower right, lower left as the text reads; absent if it is upright.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quad: Option<[[i32; 2]; 4]>,
    /// How sure the engine is, from 0 to 1.
    pub confidence: f64,
    /// Its text.
    pub text: String,
    /// Its words.
    pub words: Vec<OcrWord>,
}

/// A word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none))]
pub struct OcrWord {
    /// Its text.
    pub text: String,
    /// Left, top, right and bottom in pixels; right and bottom exclusive.
    #[serde(rename = "box")]
    #[cfg_attr(feature = "openapi", oai(rename = "box"))]
    pub bounds: [i32; 4],
    /// Its corners as those of a line; absent if it is upright.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quad: Option<[[i32; 2]; 4]>,
    /// How sure the engine is, from 0 to 1.
    pub confidence: f64,
}

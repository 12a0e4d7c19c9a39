//! What reading one page gives: what a worker hands to the daemon, and gets back when the results are written.

use serde::{Deserialize, Serialize};

use crate::input::{PageText, merge};
use crate::layout;
use crate::page::{Line, Page};
use crate::params::{EngineChoice, OcrParams, Quality};

/// One page, read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Its resolution in dots per inch, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpi: Option<f32>,
    /// Where its text comes from.
    pub source: TextSource,
    /// The engine that read it; none if all of its text was in the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<EngineInfo>,
    /// How the page was prepared for reading.
    #[serde(default)]
    pub preparation: Preparation,
    /// What is on it. The boxes are in the pixels of the page as it came, whatever was done to read it.
    pub page: Page,
}

impl Reading {
    /// A page whose text was all in the file.
    #[must_use]
    pub fn embedded(text: PageText) -> Self {
        let (dpi, source) = (text.dpi, TextSource::Embedded);
        Self { dpi, source, engine: None, preparation: Preparation::default(), page: text.into_page() }
    }

    /// What was read, and with it what was in the file, put into order together.
    #[must_use]
    pub fn with_embedded(mut self, own: Vec<Line>) -> Self {
        if !own.is_empty() {
            let read = self.page.blocks.into_iter().flat_map(|block| block.lines).collect();
            self.page.blocks = layout::arrange(merge(own, read));
            self.source = TextSource::Mixed;
        }
        self
    }
}

/// Where the text of a page comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextSource {
    /// All of it was read off the image of the page.
    #[default]
    Recognised,
    /// All of it was in the file.
    Embedded,
    /// Some was in the file, and what is in images was read.
    Mixed,
}

/// What read a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineInfo {
    /// The engine: `ppocr`, `ocrs`, `tesseract`.
    pub name: String,
    /// Its version, for engines that are programs of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The models that read.
    pub models: Vec<ModelInfo>,
}

/// A model file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// The pack and the file in it, or the language of tesseract.
    pub name: String,
    /// The SHA-256 of the file, in hexadecimal.
    pub sha256: String,
}

/// What was done to a page before it was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Preparation {
    /// How far it was turned clockwise to stand upright: 0, 90, 180 or 270 degrees.
    pub rotated: u16,
    /// How far its lines of text sloped before they were levelled, in degrees; positive if they sank to the right.
    pub skew: f32,
    /// Whether its contrast was raised.
    pub contrast_raised: bool,
}

/// What was asked to read, for the head of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The engine.
    pub engine: EngineChoice,
    /// Speed or accuracy.
    pub quality: Quality,
}

impl Request {
    /// What these parameters ask for.
    #[must_use]
    pub fn of(params: &OcrParams) -> Self {
        Self { engine: params.engine, quality: params.effective_quality() }
    }
}

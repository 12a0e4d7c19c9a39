//! What reading one page gives: what a worker hands to the daemon, and gets back when the results are written.

use serde::{Deserialize, Serialize};

use crate::page::Page;
use crate::params::{OcrParams, Quality};

/// One page, read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Its resolution in dots per inch, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpi: Option<f32>,
    /// What is on it.
    pub page: Page,
}

/// What read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineInfo {
    /// The engine.
    pub name: String,
    /// The quality it read with.
    pub quality: Quality,
    /// The model packs it used.
    pub models: Vec<String>,
}

impl EngineInfo {
    /// What reads with these parameters.
    #[must_use]
    pub fn of(params: &OcrParams) -> Self {
        Self {
            name: "ppocr".into(),
            quality: params.effective_quality(),
            models: params.model_packs().iter().copied().map(Into::into).collect(),
        }
    }
}

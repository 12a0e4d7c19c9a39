//! How to read a page.

use crate::languages::Language;
use crate::params::{EngineChoice, Quality};

/// How to read a page.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadOptions {
    /// Which engine shall read, if there are several.
    pub engine: EngineChoice,
    /// Speed or accuracy, for engines that offer a choice.
    pub quality: Quality,
    /// How many threads to use; 0 counts as 1.
    pub threads: usize,
    /// Lines of a lower mean confidence are dropped, from 0 to 1.
    pub min_confidence: f32,
    /// The languages that are expected, by their codes in [`crate::languages`].
    pub languages: Vec<String>,
    /// The resolution of the image in dots per inch, if it is known.
    pub dpi: Option<f32>,
}

impl ReadOptions {
    /// Whether Chinese or Japanese is expected.
    #[must_use]
    pub fn expects_cjk(&self) -> bool {
        self.languages.iter().filter_map(|code| Language::of_code(code)).any(|language| language.is_cjk())
    }
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            engine: EngineChoice::default(),
            quality: Quality::default(),
            threads: 1,
            min_confidence: 0.5,
            languages: vec!["eng".to_owned()],
            dpi: None,
        }
    }
}

//! The recognition models, each loaded when it is first needed, and kept.

use super::files::PpOcrFiles;
use super::recogniser::{Recogniser, Script};
use crate::engine::EngineError;

/// Speed or accuracy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tier {
    /// The tiny model.
    Fast,
    /// The small model.
    Accurate,
}

/// The recognition models.
#[derive(Debug)]
pub(super) struct Recognisers {
    files: PpOcrFiles,
    loaded: Vec<((Tier, Script), Recogniser)>,
}

impl Recognisers {
    /// None of these files is loaded yet.
    pub(super) const fn new(files: PpOcrFiles) -> Self {
        Self { files, loaded: Vec::new() }
    }

    /// The model of this tier for this script.
    pub(super) fn get(&mut self, tier: Tier, script: Script) -> Result<&Recogniser, EngineError> {
        let there = self.loaded.iter().position(|(of, _)| *of == (tier, script));
        let place = if let Some(place) = there {
            place
        } else {
            let files = &self.files;
            let recogniser = match tier {
                Tier::Fast => Recogniser::load(&files.fast_recognition, Some(&files.fast_alphabet), script)?,
                Tier::Accurate => Recogniser::load(&files.accurate_recognition, None, script)?,
            };
            self.loaded.push(((tier, script), recogniser));
            self.loaded.len() - 1
        };
        Ok(&self.loaded[place].1)
    }
}

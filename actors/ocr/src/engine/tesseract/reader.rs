//! The engine.

use std::collections::BTreeSet;
use std::path::PathBuf;

use image::RgbImage;
use serde::{Deserialize, Serialize};

use super::data::{self, Hashes};
use super::pnm::Pnm;
use super::{run, tsv};
use crate::engine::{Engine, EngineError, Quality, ReadOptions};
use crate::page::Page;
use crate::reading::EngineInfo;

/// Tesseract takes no image that is wider or higher.
const LONGEST_SIDE: u32 = 32_767;

/// Where tesseract is installed, and what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Installation {
    /// The program: an absolute path.
    pub program: PathBuf,
    /// The folder of its data.
    pub data: PathBuf,
    /// Its version.
    pub version: String,
}

impl Installation {
    /// The languages whose data is installed now.
    #[must_use]
    pub fn languages(&self) -> BTreeSet<String> {
        data::languages(&self.data)
    }
}

/// Reads pages with an installed tesseract, its neural network with the data of the expected languages.
///
/// Blocks, lines and their order are tesseract's own, as it sees rules and pictures too, not only text. (Measured: ordered
/// by [`crate::layout`], its lines have the same errors on pages of one column and three times as many on newspaper
/// columns.) There is no choice of quality, and it uses one thread.
#[derive(Debug)]
pub struct Tesseract {
    installation: Installation,
    hashes: Hashes,
}

impl Tesseract {
    /// The engine of an installation.
    #[must_use]
    pub fn new(installation: Installation) -> Self {
        Self { installation, hashes: Hashes::default() }
    }

    fn require(&self, languages: &[String]) -> Result<(), EngineError> {
        let installed = self.installation.languages();
        match languages.iter().find(|code| !installed.contains(*code)) {
            Some(code) => Err(EngineError::MissingLanguage { language: code.clone() }),
            None => Ok(()),
        }
    }
}

impl Engine for Tesseract {
    fn prepare(&mut self, _: Quality) -> Result<(), EngineError> {
        Ok(())
    }

    fn info(&mut self, options: &ReadOptions) -> Result<EngineInfo, EngineError> {
        self.require(&options.languages)?;
        let mut models = Vec::new();
        for code in &options.languages {
            let missing = |_| EngineError::MissingLanguage { language: code.clone() };
            models.push(self.hashes.model(&self.installation.data, code).map_err(missing)?);
        }
        Ok(EngineInfo { name: "tesseract".to_owned(), version: Some(self.installation.version.clone()), models })
    }

    fn recognise(&mut self, image: &RgbImage, options: &ReadOptions) -> Result<Page, EngineError> {
        self.require(&options.languages)?;
        let (width, height) = image.dimensions();
        if width.max(height) > LONGEST_SIDE {
            return Err(EngineError::TooLarge { engine: "tesseract", longest: LONGEST_SIDE, width, height });
        }
        let answer = run::run(&self.installation, &options.languages, options.dpi, &Pnm::of(image))?;
        tsv::page(&answer, (width, height), options.min_confidence).map_err(|error| EngineError::Program {
            program: self.installation.program.clone(),
            reason: error.to_string(),
        })
    }
}

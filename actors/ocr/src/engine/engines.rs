//! All engines of a worker process, behind the one trait: each page is read by the one that its languages call for.

use std::collections::BTreeSet;

use image::RgbImage;

use super::choice::{EngineName, choose};
use super::ocrs::{Ocrs, OcrsFiles};
use super::ppocr::{PpOcr, PpOcrFiles};
use super::tesseract::{Installation, Tesseract};
use super::{Engine, EngineError, Quality, ReadOptions};
use crate::page::Page;
use crate::reading::EngineInfo;
use crate::settings::OcrSettings;

/// All engines. None loads its models before they are needed.
#[derive(Debug)]
pub struct Engines {
    ppocr: PpOcr,
    ocrs: Ocrs,
    tesseract: Option<(Installation, Tesseract)>,
}

impl Engines {
    /// The engines that the settings of a worker name.
    #[must_use]
    pub fn new(settings: &OcrSettings) -> Self {
        let tesseract = |installation: Installation| (installation.clone(), Tesseract::new(installation));
        Self {
            ppocr: PpOcr::new(PpOcrFiles::in_dir(&settings.models)),
            ocrs: Ocrs::new(OcrsFiles::in_dir(&settings.models)),
            tesseract: settings.tesseract.clone().map(tesseract),
        }
    }

    /// The engine for these languages.
    fn of(&mut self, options: &ReadOptions) -> Result<&mut dyn Engine, EngineError> {
        let languages: Option<BTreeSet<String>> =
            self.tesseract.as_ref().map(|(installation, _)| installation.languages());
        let name = choose(options.engine, &options.languages, languages.as_ref());
        let refused = |reason: String| EngineError::NoEngine { reason };
        match name.map_err(|error| refused(error.to_string()))? {
            EngineName::Ppocr => Ok(&mut self.ppocr),
            EngineName::Ocrs => Ok(&mut self.ocrs),
            EngineName::Tesseract => match &mut self.tesseract {
                Some((_, engine)) => Ok(engine),
                None => Err(refused("tesseract is not installed".to_owned())),
            },
        }
    }
}

impl Engine for Engines {
    /// Gets the usual one ready.
    fn prepare(&mut self, quality: Quality) -> Result<(), EngineError> {
        self.ppocr.prepare(quality)
    }

    fn info(&mut self, options: &ReadOptions) -> Result<EngineInfo, EngineError> {
        self.of(options)?.info(options)
    }

    fn recognise(&mut self, image: &RgbImage, options: &ReadOptions) -> Result<Page, EngineError> {
        self.of(options)?.recognise(image, options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Limits;
    use crate::params::EngineChoice;

    #[test]
    fn languages_decide_which_engine_is_asked() {
        let settings = OcrSettings { models: "/nowhere".into(), limits: Limits::default(), tesseract: None };
        let mut engines = Engines::new(&settings);
        let mut asked = |engine, language: &str| {
            let options = ReadOptions { engine, languages: vec![language.to_owned()], ..ReadOptions::default() };
            engines.info(&options).map(|info| info.name).map_err(|error| error.code().as_str())
        };
        assert_eq!(asked(EngineChoice::Auto, "deu"), Ok("ppocr".to_owned()));
        assert_eq!(asked(EngineChoice::Auto, "rus"), Err("ocr.no_engine"));
        assert_eq!(asked(EngineChoice::Ocrs, "eng"), Err("ocr.model_missing"));
    }
}

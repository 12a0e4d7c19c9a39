//! What there is to read with on this machine: for those who want to know before they ask for it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::choice::EngineName;
use super::ocrs::OcrsFiles;
use super::tesseract::Installation;
use crate::languages::{LANGUAGES, Language, OCRS, SmallestModel, name_of};
use crate::models::Pack;
use crate::params::Quality;
use crate::settings::OcrSettings;

const TINY: &str = "ppocr-v6-tiny";
const SMALL: &str = "ppocr-v6-small";
const OCRS_PACK: &str = "ocrs";

/// Looks at what is installed, each time it is asked.
#[derive(Debug, Clone)]
pub struct Survey {
    models: PathBuf,
    /// Whether models that are missing are pulled when a task needs them.
    pulls: bool,
    tesseract: Option<Installation>,
}

/// A language that can be read here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LanguageState {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The engines that read it, the one that is chosen by itself first.
    pub engines: Vec<EngineName>,
}

/// An engine, and whether it can be used here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineState {
    /// Which one.
    pub name: EngineName,
    /// Its version, for engines that are programs of their own.
    pub version: Option<String>,
    /// Whether tasks can use it: all that it needs is here, or is got when it is needed.
    pub available: bool,
    /// The languages that it reads here.
    pub languages: Vec<String>,
    /// The qualities that it tells apart.
    pub qualities: &'static [Quality],
    /// The model packs that it reads with.
    pub models: Vec<PackState>,
    /// What an operator can do to have more of it, if anything.
    pub install: Option<String>,
}

/// A model pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackState {
    /// Its name.
    pub name: &'static str,
    /// The licence of the models.
    pub licence: &'static str,
    /// The size of its files together.
    pub bytes: u64,
    /// Whether it is installed.
    pub installed: bool,
}

impl Survey {
    /// A survey of what workers with these settings can use, and whether models that are missing are pulled when a task
    /// needs them.
    #[must_use]
    pub fn of(settings: &OcrSettings, pulls: bool) -> Self {
        Self { models: settings.models.clone(), pulls, tesseract: settings.tesseract.clone() }
    }

    /// What tesseract has data for, if it is installed.
    #[must_use]
    pub fn tesseract_languages(&self) -> Option<BTreeSet<String>> {
        self.tesseract.as_ref().map(Installation::languages)
    }

    /// Whether a pack is installed, or models of the user's that take its place.
    #[must_use]
    pub fn has(&self, pack: &str) -> bool {
        let own = pack == OCRS_PACK && OcrsFiles::in_dir(&self.models).are_there();
        own || Pack::named(pack).is_some_and(|pack| pack.is_installed(&self.models))
    }

    /// The languages that can be read, by code.
    #[must_use]
    pub fn languages(&self) -> Vec<LanguageState> {
        let mut engines: BTreeMap<String, Vec<EngineName>> = BTreeMap::new();
        // In the order in which they are chosen.
        for engine in [EngineName::Ppocr, EngineName::Tesseract, EngineName::Ocrs] {
            for code in self.languages_of(engine) {
                engines.entry(code).or_default().push(engine);
            }
        }
        engines.into_iter().map(|(code, engines)| LanguageState { name: name_of(&code), code, engines }).collect()
    }

    /// All engines.
    #[must_use]
    pub fn engines(&self) -> Vec<EngineState> {
        EngineName::ALL.map(|engine| self.engine(engine)).into()
    }

    fn engine(&self, name: EngineName) -> EngineState {
        let languages = self.languages_of(name);
        let version = self.tesseract.as_ref().filter(|_| name == EngineName::Tesseract).map(|it| it.version.clone());
        EngineState {
            name,
            version,
            available: !languages.is_empty(),
            languages,
            qualities: match name {
                EngineName::Ppocr => &[Quality::Fast, Quality::Balanced, Quality::Accurate],
                EngineName::Ocrs | EngineName::Tesseract => &[],
            },
            models: packs(name).iter().filter_map(|pack| self.pack(pack)).collect(),
            install: self.install(name),
        }
    }

    fn languages_of(&self, engine: EngineName) -> Vec<String> {
        let ppocr = |language: &&Language| match language.ppocr {
            Some(SmallestModel::Tiny) => self.gets(TINY),
            Some(SmallestModel::Small) => self.gets(TINY) && self.gets(SMALL),
            None => false,
        };
        match engine {
            EngineName::Ppocr => LANGUAGES.iter().filter(ppocr).map(|language| language.code.to_owned()).collect(),
            EngineName::Ocrs => Some(OCRS.to_owned()).filter(|_| self.gets(OCRS_PACK)).into_iter().collect(),
            EngineName::Tesseract => self.tesseract_languages().into_iter().flatten().collect(),
        }
    }

    fn install(&self, name: EngineName) -> Option<String> {
        let missing = packs(name).iter().find(|pack| !self.has(pack));
        match name {
            EngineName::Ppocr | EngineName::Ocrs => missing.map(|pack| format!("d2d models pull {pack}")),
            EngineName::Tesseract if self.tesseract.is_none() => {
                Some("install tesseract (Debian: tesseract-ocr), then restart the service".to_owned())
            }
            EngineName::Tesseract => {
                Some("for another language install its data (Debian: tesseract-ocr-rus for Russian)".to_owned())
            }
        }
    }

    /// Whether a pack is there when a task needs it.
    fn gets(&self, pack: &str) -> bool {
        self.pulls || self.has(pack)
    }

    fn pack(&self, name: &str) -> Option<PackState> {
        let pack = Pack::named(name)?;
        let installed = self.has(name);
        Some(PackState { name: pack.name, licence: pack.licence, bytes: pack.bytes(), installed })
    }
}

const fn packs(engine: EngineName) -> &'static [&'static str] {
    match engine {
        EngineName::Ppocr => &[TINY, SMALL],
        EngineName::Ocrs => &[OCRS_PACK],
        EngineName::Tesseract => &[],
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::input::Limits;

    fn survey(folder: &Path, pulls: bool) -> Survey {
        let tesseract =
            Installation { program: "/bin/tesseract".into(), data: folder.join("tessdata"), version: "5.3.0".into() };
        let models = folder.join("models");
        Survey::of(&OcrSettings { models, limits: Limits::default(), tesseract: Some(tesseract) }, pulls)
    }

    fn engines_of(survey: &Survey, code: &str) -> Option<Vec<EngineName>> {
        survey.languages().into_iter().find(|language| language.code == code).map(|language| language.engines)
    }

    #[test]
    fn only_what_can_be_read_is_listed() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let all = survey(folder.path(), true);
        assert_eq!(engines_of(&all, "eng"), Some(vec![EngineName::Ppocr, EngineName::Ocrs]));
        assert_eq!((engines_of(&all, "jpn"), engines_of(&all, "rus")), (Some(vec![EngineName::Ppocr]), None));
        assert!(survey(folder.path(), false).languages().is_empty());
        std::fs::create_dir(folder.path().join("tessdata"))?;
        std::fs::write(folder.path().join("tessdata/rus.traineddata"), "")?;
        assert_eq!(engines_of(&all, "rus"), Some(vec![EngineName::Tesseract]), "installed without a restart");
        Ok(())
    }

    #[test]
    fn engines_tell_what_is_missing() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let [ppocr, ocrs, tesseract] = EngineName::ALL.map(|name| survey(folder.path(), false).engine(name));
        assert_eq!(ppocr.install.as_deref(), Some("d2d models pull ppocr-v6-tiny"));
        assert!(!ppocr.available && ppocr.models.len() == 2 && !ppocr.models[0].installed);
        assert_eq!((ocrs.available, ocrs.install.as_deref()), (false, Some("d2d models pull ocrs")));
        assert_eq!((tesseract.available, tesseract.version.as_deref()), (false, Some("5.3.0")));
        Ok(())
    }
}

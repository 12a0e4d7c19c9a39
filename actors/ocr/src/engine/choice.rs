//! Which engine reads which languages. Pure: what tesseract has data for is given.

use std::collections::BTreeSet;
use std::fmt;

use d2d_api::FieldError;
use serde::{Deserialize, Serialize};

use crate::languages::{Language, OCRS};
use crate::params::EngineChoice;

/// An engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EngineName {
    /// PP-OCR.
    Ppocr,
    /// The ocrs project's models.
    Ocrs,
    /// Tesseract.
    Tesseract,
}

impl EngineName {
    /// Every engine.
    pub const ALL: [Self; 3] = [Self::Ppocr, Self::Ocrs, Self::Tesseract];

    /// As the parameter `engine` and the results name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ppocr => "ppocr",
            Self::Ocrs => "ocrs",
            Self::Tesseract => "tesseract",
        }
    }

    /// Whether it reads a language; `tesseract` is what tesseract has data for.
    #[must_use]
    pub fn reads(self, language: &str, tesseract: Option<&BTreeSet<String>>) -> bool {
        match self {
            Self::Ppocr => Language::of_code(language).is_some_and(|language| language.ppocr.is_some()),
            Self::Ocrs => language == OCRS,
            Self::Tesseract => tesseract.is_some_and(|installed| installed.contains(language)),
        }
    }
}

impl fmt::Display for EngineName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// No engine reads all of the languages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.0.iter().map(|error| error.detail.as_str()).collect::<Vec<_>>().join("; "))]
pub struct NoEngine(
    /// What is wrong with which language and what to do about it, by JSON pointer into the parameters.
    pub Vec<FieldError>,
);

/// The engine to read these languages with. By itself (`auto`) it is PP-OCR if that reads all of them, else tesseract if
/// that does; the one that is asked for otherwise. `tesseract` is what tesseract has data for, if it is installed.
///
/// # Errors
/// [`NoEngine`] names the languages that are the problem.
pub fn choose(
    choice: EngineChoice,
    languages: &[String],
    tesseract: Option<&BTreeSet<String>>,
) -> Result<EngineName, NoEngine> {
    let unread = |engine: EngineName| -> Vec<usize> {
        (0..languages.len()).filter(|&index| !engine.reads(&languages[index], tesseract)).collect()
    };
    let refuse = |indices: &[usize], why: &dyn Fn(&str) -> String| {
        let error = |&index: &usize| FieldError::new(format!("/languages/{index}"), why(&languages[index]));
        Err(NoEngine(indices.iter().map(error).collect()))
    };
    let install = |code: &str| what_to_install(code, tesseract.is_some());
    match choice {
        EngineChoice::Auto => {
            let (first, second) = (unread(EngineName::Ppocr), unread(EngineName::Tesseract));
            if first.is_empty() {
                return Ok(EngineName::Ppocr);
            }
            if second.is_empty() {
                return Ok(EngineName::Tesseract);
            }
            let nowhere: Vec<usize> = first.iter().copied().filter(|index| second.contains(index)).collect();
            if nowhere.is_empty() {
                // Each is read by some engine, but no engine reads all.
                return refuse(&second, &|code| {
                    format!("no engine here reads `{code}` together with the other languages; {}", install(code))
                });
            }
            refuse(&nowhere, &|code| format!("no engine here reads `{code}`; {}", install(code)))
        }
        EngineChoice::Ppocr => match unread(EngineName::Ppocr).as_slice() {
            [] => Ok(EngineName::Ppocr),
            unread => {
                refuse(unread, &|code| format!("ppocr does not read `{code}`: leave out `engine` or choose another"))
            }
        },
        EngineChoice::Ocrs => match unread(EngineName::Ocrs).as_slice() {
            [] => Ok(EngineName::Ocrs),
            unread => refuse(unread, &|code| {
                format!("ocrs reads only `{OCRS}`, not `{code}`: leave out `engine` or choose another")
            }),
        },
        EngineChoice::Tesseract => match unread(EngineName::Tesseract).as_slice() {
            [] => Ok(EngineName::Tesseract),
            unread => refuse(unread, &|code| format!("tesseract does not read `{code}` here; {}", install(code))),
        },
    }
}

/// How an operator has tesseract read a language.
fn what_to_install(code: &str, installed: bool) -> String {
    if Language::of_code(code).is_none() {
        return format!(
            "it is no language that is known: see /api/v1/ocr/languages, or install data of that name for tesseract, \
             `{code}.traineddata`"
        );
    }
    let what = if installed { "tesseract's data" } else { "tesseract with its data" };
    // Debian writes all names of packages so.
    format!("install {what} for `{code}` (Debian: tesseract-ocr-{})", code.replace('_', "-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(codes: &[&str]) -> Vec<String> {
        codes.iter().copied().map(str::to_owned).collect()
    }

    /// The engine that is chosen, or the pointers to the languages that are the problem.
    fn chosen(choice: EngineChoice, languages: &[&str], installed: Option<&[&str]>) -> Result<EngineName, Vec<String>> {
        let installed = installed.map(|all| codes(all).into_iter().collect());
        let chosen = choose(choice, &codes(languages), installed.as_ref());
        chosen.map_err(|NoEngine(errors)| errors.into_iter().map(|error| error.pointer).collect())
    }

    #[test]
    fn ppocr_is_first_and_tesseract_reads_what_it_cannot() {
        let auto = |languages: &[&str]| chosen(EngineChoice::Auto, languages, Some(&["eng", "rus", "Fraktur"]));
        assert_eq!(auto(&["eng"]), Ok(EngineName::Ppocr));
        assert_eq!(auto(&["deu", "jpn", "ron"]), Ok(EngineName::Ppocr));
        assert_eq!(auto(&["rus"]), Ok(EngineName::Tesseract));
        assert_eq!(auto(&["eng", "rus"]), Ok(EngineName::Tesseract));
        assert_eq!(auto(&["Fraktur"]), Ok(EngineName::Tesseract));
        assert_eq!(auto(&["ukr"]), Err(codes(&["/languages/0"])));
        assert_eq!(auto(&["eng", "ukr", "deu", "tlh"]), Err(codes(&["/languages/1", "/languages/3"])));
        assert_eq!(auto(&["rus", "deu"]), Err(codes(&["/languages/1"])), "the data for German is missing");
    }

    #[test]
    fn without_tesseract_its_languages_are_refused() {
        assert_eq!(chosen(EngineChoice::Auto, &["eng", "rus"], None), Err(codes(&["/languages/1"])));
        assert_eq!(chosen(EngineChoice::Tesseract, &["eng"], None), Err(codes(&["/languages/0"])));
        assert_eq!(chosen(EngineChoice::Auto, &["eng", "deu"], None), Ok(EngineName::Ppocr));
    }

    #[test]
    fn an_engine_that_is_asked_for_must_read_all() {
        let installed: Option<&[&str]> = Some(&["eng", "rus"]);
        assert_eq!(chosen(EngineChoice::Tesseract, &["eng"], installed), Ok(EngineName::Tesseract));
        assert_eq!(chosen(EngineChoice::Tesseract, &["eng", "deu"], installed), Err(codes(&["/languages/1"])));
        assert_eq!(chosen(EngineChoice::Ocrs, &["eng"], installed), Ok(EngineName::Ocrs));
        assert_eq!(chosen(EngineChoice::Ocrs, &["deu", "eng"], installed), Err(codes(&["/languages/0"])));
        assert_eq!(chosen(EngineChoice::Ppocr, &["rus"], installed), Err(codes(&["/languages/0"])));
    }

    #[test]
    fn a_refusal_says_what_to_install() {
        let said = |languages: &[&str], installed: Option<&BTreeSet<String>>| {
            choose(EngineChoice::Auto, &codes(languages), installed).map_err(|error| error.to_string())
        };
        let absent =
            "no engine here reads `rus`; install tesseract with its data for `rus` (Debian: tesseract-ocr-rus)";
        assert_eq!(said(&["rus"], None), Err(absent.into()));
        let present = "no engine here reads `aze_cyrl`; install tesseract's data for `aze_cyrl` (Debian: \
                       tesseract-ocr-aze-cyrl)";
        assert_eq!(said(&["aze_cyrl"], Some(&BTreeSet::new())), Err(present.into()));
        let unknown = said(&["tlh"], None).err().unwrap_or_default();
        assert!(unknown.contains("`tlh`") && !unknown.contains("Debian"), "{unknown}");
    }
}

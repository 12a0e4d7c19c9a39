//! The data folder: one file for each language.

use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::models::sha256_of;
use crate::reading::ModelInfo;

const EXTENSION: &str = "traineddata";

/// The data of whole scripts may be in a folder of its own.
const SCRIPTS: &str = "script";

/// Data that is not for reading: orientation and script detection, and the layout of equations.
const NO_LANGUAGES: [&str; 2] = ["osd", "equ"];

/// Longer codes are taken for mistakes.
const LONGEST_CODE: usize = 50;

/// What [`is_code`] takes, as a regular expression.
pub const CODE_PATTERN: &str = "^(script/)?[A-Za-z0-9][A-Za-z0-9_-]{0,49}$";

/// Whether it could be the code of a language: letters, digits, `_` and `-`, for data of scripts after `script/`. So it
/// leads to no file outside the data folder, and is never taken for an option.
#[must_use]
pub fn is_code(code: &str) -> bool {
    let name = code.strip_prefix(SCRIPTS).and_then(|rest| rest.strip_prefix('/')).unwrap_or(code);
    name.len() <= LONGEST_CODE
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

/// The languages whose data is in the folder; none if it can't be read.
pub(super) fn languages(folder: &Path) -> BTreeSet<String> {
    let scripts = names(&folder.join(SCRIPTS)).into_iter().map(|name| format!("{SCRIPTS}/{name}"));
    let languages = names(folder).into_iter().chain(scripts);
    languages.filter(|code| is_code(code) && !NO_LANGUAGES.contains(&code.as_str())).collect()
}

/// The names of the data files right in this folder.
fn names(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let data = files.filter(|path| path.extension().is_some_and(|extension| extension == EXTENSION) && path.is_file());
    data.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect()
}

/// The hashes of data files, each computed when it is first asked for and when the file was changed.
#[derive(Debug, Default)]
pub(super) struct Hashes(HashMap<PathBuf, (Stamp, String)>);

/// What tells that a file was changed: its size and time.
type Stamp = (u64, Option<SystemTime>);

impl Hashes {
    /// The data of a language, as results name it.
    pub(super) fn model(&mut self, folder: &Path, code: &str) -> io::Result<ModelInfo> {
        let path = folder.join(format!("{code}.{EXTENSION}"));
        let meta = fs::metadata(&path)?;
        let stamp = (meta.len(), meta.modified().ok());
        let known = self.0.get(&path).filter(|(known, _)| *known == stamp).map(|(_, hash)| hash.clone());
        let sha256 = match known {
            Some(hash) => hash,
            None => sha256_of(&mut File::open(&path)?)?,
        };
        self.0.insert(path, (stamp, sha256.clone()));
        Ok(ModelInfo { name: code.to_owned(), sha256 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_what_has_data() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        fs::create_dir_all(folder.path().join("script"))?;
        fs::create_dir_all(folder.path().join("folder.traineddata"))?;
        for name in ["rus", "chi_sim", "osd", "script/Latin", "-l", "frak2021_1.069"] {
            fs::write(folder.path().join(format!("{name}.traineddata")), name)?;
        }
        fs::write(folder.path().join("pdf.ttf"), "")?;
        assert_eq!(languages(folder.path()), ["chi_sim", "rus", "script/Latin"].map(str::to_owned).into());
        assert!(languages(&folder.path().join("none")).is_empty());
        Ok(())
    }

    #[test]
    fn codes_stay_in_the_folder_and_are_no_options() {
        for code in ["rus", "chi_sim", "Fraktur", "script/Latin", "frak2021", "a-b"] {
            assert!(is_code(code), "{code}");
        }
        for code in ["", "-l", "../rus", "a/b", "script/", "script/../a", "rus+eng", "a.b", "~a", "ру", "/rus"] {
            assert!(!is_code(code), "{code}");
        }
        assert!(!is_code(&"a".repeat(51)));
    }

    #[test]
    fn a_changed_file_is_hashed_again() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("rus.traineddata");
        let mut hashes = Hashes::default();
        assert!(hashes.model(folder.path(), "rus").is_err());
        fs::write(&path, "abc")?;
        let first = hashes.model(folder.path(), "rus")?;
        assert_eq!(first.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        fs::write(&path, "abcd")?;
        assert_ne!(hashes.model(folder.path(), "rus")?, first);
        Ok(())
    }
}

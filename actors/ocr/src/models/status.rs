//! Which packs are installed, and whether their files are still what was installed.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::extract::sha256_of;
use super::{PACKS, Pack};

/// One pack, as `d2d models list` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PackStatus {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub title: &'static str,
    /// The licence of the models.
    pub licence: &'static str,
    /// Its folder.
    pub folder: PathBuf,
    /// The names of its files.
    pub files: Vec<&'static str>,
    /// The size of its files together.
    pub bytes: u64,
    /// Whether all of its files are there with the right size.
    pub installed: bool,
}

/// One file of a pack, as `d2d models verify` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileStatus {
    /// The pack.
    pub pack: &'static str,
    /// The file.
    pub path: PathBuf,
    /// How it is.
    pub state: FileState,
}

/// How a file is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum FileState {
    /// As it was installed.
    Ok,
    /// Not there.
    Missing,
    /// There, but with another content.
    Altered {
        /// Its SHA-256.
        found: String,
        /// What it should be.
        expected: &'static str,
    },
    /// There, but it can't be read.
    Unreadable {
        /// Why.
        reason: String,
    },
}

/// All packs and whether they are installed in `models`. Looks at sizes only.
#[must_use]
pub fn list(models: &Path) -> Vec<PackStatus> {
    let status = |pack: &'static Pack| PackStatus {
        name: pack.name,
        title: pack.title,
        licence: pack.licence,
        folder: pack.folder(models),
        files: pack.files.iter().map(|file| file.name).collect(),
        bytes: pack.bytes(),
        installed: pack.is_installed(models),
    };
    PACKS.iter().map(status).collect()
}

/// Hashes the files of a pack in `models`.
#[must_use]
pub fn verify(models: &Path, pack: &'static Pack) -> Vec<FileStatus> {
    let status = |file| {
        let path = pack.path(models, file);
        let state = match File::open(&path).and_then(|mut content| sha256_of(&mut content)) {
            Ok(found) if found == file.sha256 => FileState::Ok,
            Ok(found) => FileState::Altered { found, expected: file.sha256 },
            Err(error) if error.kind() == io::ErrorKind::NotFound => FileState::Missing,
            Err(error) => FileState::Unreadable { reason: error.to_string() },
        };
        FileStatus { pack: pack.name, path, state }
    };
    pack.files.iter().map(status).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_and_altered_files_are_told_apart() -> Result<(), Box<dyn std::error::Error>> {
        let models = tempfile::tempdir()?;
        let pack = &PACKS[0];
        assert!(!pack.is_installed(models.path()));
        assert!(verify(models.path(), pack).iter().all(|file| file.state == FileState::Missing));

        std::fs::create_dir(pack.folder(models.path()))?;
        for file in pack.files {
            File::create(pack.path(models.path(), file))?.set_len(file.bytes)?;
        }
        assert!(pack.is_installed(models.path()), "the right sizes are enough to start");
        assert!(verify(models.path(), pack).iter().all(|file| matches!(file.state, FileState::Altered { .. })));
        assert_eq!(list(models.path()).iter().filter(|pack| pack.installed).count(), 1);
        Ok(())
    }
}

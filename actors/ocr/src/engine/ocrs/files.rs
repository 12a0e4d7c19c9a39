//! Where the models are.

use std::path::{Path, PathBuf};

/// The pack of the models.
pub(super) const PACK: &str = "ocrs";

const DETECTION: &str = "text-detection";
const RECOGNITION: &str = "text-recognition";
const ALPHABET: &str = "alphabet.txt";

/// The files of a detection and a recognition model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OcrsFiles {
    /// The detection model.
    pub detection: PathBuf,
    /// The recognition model.
    pub recognition: PathBuf,
    /// Its alphabet, all characters on one line, if it is not that of the published model.
    pub alphabet: Option<PathBuf>,
}

impl OcrsFiles {
    /// The files as the pack `ocrs` lays them out in a models directory. Other models, trained with the project's tools,
    /// may take their place: their names go on after that of the published one or end in `.onnx`, and what they read is
    /// in `alphabet.txt`.
    #[must_use]
    pub fn in_dir(models: &Path) -> Self {
        let folder = models.join(PACK);
        let alphabet = Some(folder.join(ALPHABET)).filter(|path| path.is_file());
        Self { detection: model(&folder, DETECTION), recognition: model(&folder, RECOGNITION), alphabet }
    }

    /// Whether all of them are there.
    #[must_use]
    pub fn are_there(&self) -> bool {
        self.detection.is_file() && self.recognition.is_file()
    }
}

/// The published model if it is there, else the first other one, else where the published one should be.
fn model(folder: &Path, name: &str) -> PathBuf {
    let published = folder.join(format!("{name}.rten"));
    if published.is_file() {
        return published;
    }
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let others = files.filter(|path| {
        let named = path.file_name().is_some_and(|file| file.to_string_lossy().starts_with(name));
        named && path.extension().is_some_and(|extension| extension == "rten" || extension == "onnx")
    });
    others.min().unwrap_or(published)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_models_go_before_others() -> std::io::Result<()> {
        let models = tempfile::tempdir()?;
        let folder = models.path().join(PACK);
        assert_eq!(OcrsFiles::in_dir(models.path()).recognition, folder.join("text-recognition.rten"));
        assert!(!OcrsFiles::in_dir(models.path()).are_there());
        std::fs::create_dir(&folder)?;
        for name in ["text-detection.rten", "text-recognition-b.onnx", "text-recognition-a.rten", "alphabet.txt"] {
            std::fs::write(folder.join(name), "")?;
        }
        let files = OcrsFiles::in_dir(models.path());
        assert_eq!(files.recognition, folder.join("text-recognition-a.rten"));
        assert!(files.are_there() && files.alphabet.is_some());
        std::fs::write(folder.join("text-recognition.rten"), "")?;
        assert_eq!(OcrsFiles::in_dir(models.path()).recognition, folder.join("text-recognition.rten"));
        Ok(())
    }
}

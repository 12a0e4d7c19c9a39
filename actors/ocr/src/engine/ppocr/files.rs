//! Where the models are.

use std::path::{Path, PathBuf};

/// The files of a detection model and the recognition models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PpOcrFiles {
    /// The detection model.
    pub detection: PathBuf,
    /// The small and fast recognition model.
    pub fast_recognition: PathBuf,
    /// Its alphabet, one character a line.
    pub fast_alphabet: PathBuf,
    /// The larger recognition model, which carries its alphabet.
    pub accurate_recognition: PathBuf,
}

impl PpOcrFiles {
    /// The files as the packs `ppocr-v6-tiny` and `ppocr-v6-small` lay them out in a models directory.
    #[must_use]
    pub fn in_dir(models: &Path) -> Self {
        let (tiny, small) = (models.join("ppocr-v6-tiny"), models.join("ppocr-v6-small"));
        Self {
            detection: tiny.join("det.onnx"),
            fast_recognition: tiny.join("rec.onnx"),
            fast_alphabet: tiny.join("ppocrv6_tiny_dict.txt"),
            accurate_recognition: small.join("PP-OCRv6_rec_small.onnx"),
        }
    }
}

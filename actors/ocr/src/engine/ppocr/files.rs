//! Where the models are.

use std::path::{Path, PathBuf};

use crate::params::Quality;

const TINY: &str = "ppocr-v6-tiny";
const SMALL: &str = "ppocr-v6-small";
const DETECTION: &str = "det.onnx";
const FAST: &str = "rec.onnx";
const ACCURATE: &str = "PP-OCRv6_rec_small.onnx";

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
        let (tiny, small) = (models.join(TINY), models.join(SMALL));
        Self {
            detection: tiny.join(DETECTION),
            fast_recognition: tiny.join(FAST),
            fast_alphabet: tiny.join("ppocrv6_tiny_dict.txt"),
            accurate_recognition: small.join(ACCURATE),
        }
    }

    /// The models that read at this quality, each with its pack.
    pub(super) const fn used(quality: Quality) -> &'static [(&'static str, &'static str)] {
        match quality {
            Quality::Fast => &[(TINY, DETECTION), (TINY, FAST)],
            Quality::Balanced => &[(TINY, DETECTION), (TINY, FAST), (SMALL, ACCURATE)],
            Quality::Accurate => &[(TINY, DETECTION), (SMALL, ACCURATE)],
        }
    }
}

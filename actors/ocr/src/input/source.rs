//! The file at hand: where it is, what its owner calls it, and how to refuse it in words that name it.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use d2d_api::ProblemCode;
use d2d_worker::Refusal;

use super::kind::SNIFFED_BYTES;
use super::{Kind, Limits};

/// The file at hand.
#[derive(Debug, Clone)]
pub(super) struct Source {
    path: PathBuf,
    name: String,
    pub(super) limits: Limits,
}

impl Source {
    /// Looks at a file: that it is there, not empty, not too large; and what it is.
    pub(super) fn open(path: &Path, name: &str, limits: Limits) -> Result<(Self, Kind), Refusal> {
        let source = Self { path: path.to_owned(), name: name.to_owned(), limits };
        let file = source.file()?;
        let bytes = file.metadata().map_err(|error| source.unreadable(&error))?.len();
        if bytes == 0 {
            return Err(source.refuse(ProblemCode::UploadEmpty, "is empty; send it again"));
        }
        if bytes > limits.file_bytes {
            let detail = format!("has {bytes} bytes, over the limit of {}; split it", limits.file_bytes);
            return Err(source.refuse(ProblemCode::UploadTooLarge, detail));
        }
        let mut first = Vec::with_capacity(SNIFFED_BYTES);
        file.take(SNIFFED_BYTES as u64).read_to_end(&mut first).map_err(|error| source.unreadable(&error))?;
        let kind = Kind::of(&first).ok_or_else(|| source.unknown_kind())?;
        Ok((source, kind))
    }

    pub(super) fn file(&self) -> Result<File, Refusal> {
        File::open(&self.path).map_err(|error| self.unreadable(&error))
    }

    pub(super) fn reader(&self) -> Result<BufReader<File>, Refusal> {
        self.file().map(BufReader::new)
    }

    /// All of its bytes.
    pub(super) fn read(&self) -> Result<Vec<u8>, Refusal> {
        std::fs::read(&self.path).map_err(|error| self.unreadable(&error))
    }

    /// That an image of this size may be decoded into `decoded` bytes.
    pub(super) fn check_size(&self, (width, height): (u32, u32), decoded: u64) -> Result<(), Refusal> {
        if width == 0 || height == 0 {
            return Err(self.damaged("it has no pixels"));
        }
        self.check_pixels("has", (width, height))?;
        if decoded > self.limits.decoded_bytes {
            let detail = format!(
                "takes {} MiB of memory to decode {width} x {height} pixels, over the limit of {}; save it with 8 bits a \
                 channel, or make it smaller",
                decoded >> 20,
                self.limits.decoded_bytes >> 20
            );
            return Err(self.refuse(ProblemCode::InputTooManyPixels, detail));
        }
        Ok(())
    }

    /// That there may be so many pixels; `has` says where they are.
    pub(super) fn check_pixels(&self, has: &str, (width, height): (u32, u32)) -> Result<(), Refusal> {
        if u64::from(width) * u64::from(height) <= self.limits.pixels {
            return Ok(());
        }
        #[allow(clippy::cast_precision_loss)] // To be read by people.
        let most = self.limits.pixels as f64 / 1e6;
        let detail = format!(
            "{has} {width} x {height} pixels, over the limit of {most} million; make it smaller, or cut it into pages"
        );
        Err(self.refuse(ProblemCode::InputTooManyPixels, detail))
    }

    /// That a document may have so many pages; also that it has one.
    pub(super) fn check_pages(&self, pages: usize) -> Result<u32, Refusal> {
        if pages == 0 {
            return Err(self.refuse(ProblemCode::InputNoPages, "has no page; send a document that has one"));
        }
        u32::try_from(pages).ok().filter(|pages| *pages <= self.limits.pages).ok_or_else(|| {
            let detail = format!("has more pages than the {} that are allowed; split it", self.limits.pages);
            self.refuse(ProblemCode::InputTooManyPages, detail)
        })
    }

    pub(super) fn damaged(&self, reason: impl std::fmt::Display) -> Refusal {
        self.refuse(
            ProblemCode::InputDamaged,
            format!("is damaged or cut off ({reason}); send it again, or save it anew"),
        )
    }

    pub(super) fn unsupported(&self, reason: impl std::fmt::Display) -> Refusal {
        self.refuse(
            ProblemCode::InputUnsupported,
            format!("can't be read ({reason}); save it as PNG or as a plain PDF"),
        )
    }

    /// A refusal whose sentence begins with the name of the file.
    pub(super) fn refuse(&self, code: ProblemCode, detail: impl std::fmt::Display) -> Refusal {
        Refusal::new(code, format!("`{}` {detail}", self.name))
    }

    fn unknown_kind(&self) -> Refusal {
        let kinds = Kind::ALL.map(Kind::name).join(", ");
        self.refuse(ProblemCode::InputUnsupported, format!("is not of a kind that can be read: {kinds}"))
    }

    /// The file is ours to keep: that it can't be read is no fault of the user.
    fn unreadable(&self, error: &std::io::Error) -> Refusal {
        self.refuse(ProblemCode::Internal, format!("can't be read from the store: {error}"))
    }
}

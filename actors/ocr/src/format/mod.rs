//! Result formats. Each is written page by page, so that a document of thousands of pages takes no more memory than one of
//! its pages. The same pages give the same bytes.

mod json;
mod names;
mod pdf;
mod txt;

#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::path::Path;

use crate::input::Limits;
use crate::params::{Format, OcrParams};
use crate::reading::{Reading, Request};

pub use json::VERSION as JSON_VERSION;
pub use names::result_stems;

/// The file that is written about.
#[derive(Debug, Clone, Copy)]
pub struct FileInfo<'a> {
    /// Its name, as its owner gave it.
    pub name: &'a str,
    /// What its owner should know about how it was read.
    pub warnings: &'a [String],
    /// What was asked for.
    pub request: Request,
    /// The file itself, for formats that hold its pages.
    pub original: Original<'a>,
}

/// An original, and how it was read.
#[derive(Debug, Clone, Copy)]
pub struct Original<'a> {
    /// Where it is.
    pub path: &'a Path,
    /// How it was read.
    pub params: &'a OcrParams,
    /// What is taken at most.
    pub limits: &'a Limits,
}

/// Writes one file's pages in one format.
pub trait PageWriter {
    /// Writes the next page; `number` counts from 1 in the original file.
    ///
    /// # Errors
    /// What the disk says.
    fn page(&mut self, number: u32, reading: &Reading) -> io::Result<()>;

    /// Writes what comes after the last page, and flushes.
    ///
    /// # Errors
    /// What the disk says.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// A writer of a format.
///
/// # Errors
/// What the disk says.
pub fn writer<'a>(format: Format, file: &FileInfo<'_>, out: impl Write + 'a) -> io::Result<Box<dyn PageWriter + 'a>> {
    Ok(match format {
        Format::Txt | Format::Md | Format::Tsv | Format::Hocr | Format::Alto | Format::Page => {
            Box::new(txt::Txt::new(out))
        }
        Format::Pdf => pdf::begin(file, out)?,
        Format::Json => Box::new(json::Json::begin(out, file)?),
    })
}

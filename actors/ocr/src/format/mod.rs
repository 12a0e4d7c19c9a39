//! Result formats. Each is written page by page, so that a document of thousands of pages takes no more memory than one of
//! its pages. The same pages give the same bytes.

mod alto;
mod credits;
mod hocr;
mod json;
mod md;
mod names;
mod page_xml;
mod pdf;
mod role;
mod shape;
mod tsv;
mod txt;
mod xml;

#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::path::Path;

use crate::input::Limits;
use crate::params::{Format, OcrParams};
use crate::reading::{EngineInfo, Reading, Request};

pub use json::VERSION as JSON_VERSION;
pub use names::result_stems;

/// The file that is written about.
#[derive(Debug, Clone, Copy)]
pub struct FileInfo<'a> {
    /// Its name, as its owner gave it.
    pub name: &'a str,
    /// How many of its pages are written.
    pub page_count: usize,
    /// How many were to be: more, if some could not be read.
    pub planned: usize,
    /// The engines that read them, each once; formats that name them ahead of the pages need them (see
    /// [`names_engines_first`]).
    pub engines: &'a [EngineInfo],
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

    /// Passes over a page that could not be read; pages that stand behind each other without a number get an empty one.
    ///
    /// # Errors
    /// What the disk says.
    fn missing(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Writes what comes after the last page, and flushes.
    ///
    /// # Errors
    /// What the disk says.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// What the names of the files of a format end with after a dot, and their type, for a document of that many planned pages.
#[must_use]
pub const fn file_type(format: Format, planned: usize) -> (&'static str, &'static str) {
    match (format, planned) {
        (Format::Page, 0 | 2..) => ("page.zip", "application/zip"),
        _ => (format.extension(), format.media_type()),
    }
}

/// Whether a format names the engines before the pages: then they have to be known when it is begun.
#[must_use]
pub const fn names_engines_first(format: Format) -> bool {
    matches!(format, Format::Hocr | Format::Alto)
}

/// A writer of a format.
///
/// # Errors
/// What the disk says.
pub fn writer<'a>(format: Format, file: &FileInfo<'_>, out: impl Write + 'a) -> io::Result<Box<dyn PageWriter + 'a>> {
    Ok(match format {
        Format::Txt => Box::new(txt::Txt::new(out)),
        Format::Md => Box::new(md::Md::new(out)),
        Format::Tsv => Box::new(tsv::Tsv::begin(out)?),
        Format::Hocr => Box::new(hocr::Hocr::begin(out, file)?),
        Format::Alto => Box::new(alto::Alto::begin(out, file)?),
        Format::Page => Box::new(page_xml::PageXml::begin(out, file)),
        Format::Pdf => pdf::begin(file, out)?,
        Format::Json => Box::new(json::Json::begin(out, file)?),
    })
}

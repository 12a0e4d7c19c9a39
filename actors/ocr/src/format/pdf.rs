//! Searchable PDF: the pages as they came, under what was read on them.

use std::io::{self, Write};

use super::{FileInfo, PageWriter, result_stems};
use crate::input::{Document, Kind};
use crate::params::Password;
use crate::pdf::{Album, Update};
use crate::reading::{Reading, TextSource};

/// A writer for this original.
pub(super) fn begin<'a>(file: &FileInfo<'_>, out: impl Write + 'a) -> io::Result<Box<dyn PageWriter + 'a>> {
    let original = &file.original;
    let password = original.params.password.as_ref().map(Password::reveal);
    let opened = Document::open_with(original.path, file.name, original.limits, password);
    let document = opened.map_err(io::Error::other)?;
    if document.kind() != Kind::Pdf {
        let title = result_stems([file.name]).pop().unwrap_or_default();
        let (path, archival) = (original.path.to_owned(), original.params.pdf_a);
        return Ok(Box::new(Album::begin(document, path, title, archival, out)?));
    }
    Ok(Box::new(Update::begin(document, original.params.mode, original.params.dpi, out)?))
}

impl<W: Write> PageWriter for Album<W> {
    fn page(&mut self, number: u32, reading: &Reading) -> io::Result<()> {
        Album::page(self, number, reading)
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        Album::finish(*self)
    }
}

impl<W: Write> PageWriter for Update<W> {
    fn page(&mut self, number: u32, reading: &Reading) -> io::Result<()> {
        match reading.source {
            TextSource::Embedded => Ok(()),
            TextSource::Recognised | TextSource::Mixed => Update::page(self, number, &reading.page),
        }
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        Update::finish(*self)
    }
}

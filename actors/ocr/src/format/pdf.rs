//! Searchable PDF: the pages as they came, under what was read on them.

use std::io::{self, Write};

use super::{FileInfo, PageWriter};
use crate::input::Document;
use crate::pdf::Update;
use crate::reading::{Reading, TextSource};

/// A writer for this original.
pub(super) fn begin<'a>(file: &FileInfo<'_>, out: impl Write + 'a) -> io::Result<Box<dyn PageWriter + 'a>> {
    let original = &file.original;
    let password = original.params.password.as_ref().map(|password| password.reveal());
    let opened = Document::open_with(original.path, file.name, original.limits, password);
    let document = opened.map_err(io::Error::other)?;
    match document.into_pdf() {
        Some(pdf) => Ok(Box::new(Update::begin(pdf, out)?)),
        None => Err(io::Error::other("images: to come")),
    }
}

impl<W: Write> PageWriter for Update<W> {
    fn page(&mut self, number: u32, reading: &Reading) -> io::Result<()> {
        match reading.source {
            TextSource::Embedded => Ok(()),
            TextSource::Recognised | TextSource::Mixed => Update::page(self, number as usize - 1, &reading.page),
        }
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        Update::finish(*self)
    }
}

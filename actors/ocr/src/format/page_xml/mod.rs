//! PAGE XML 2019-07-15, of research in layout and text recognition. See
//! <https://github.com/PRImA-Research-Lab/PAGE-XML>.
//!
//! A PAGE document describes one page image. So for a file of one page the result is an XML document, for one of
//! several a ZIP archive of a document for each page, `00001.page.xml` and so on by the numbers of the pages, as
//! eScriptorium, Transkribus and OCR-D take them. The time of writing, which PAGE demands, is always the same, so that
//! the same pages give the same bytes.

mod document;

use std::io::{self, Write};

use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::{FileInfo, PageWriter};
use crate::reading::Reading;

use document::Document;

pub(super) struct PageXml<W: Write> {
    file: String,
    out: Out<W>,
}

enum Out<W: Write> {
    Document(W),
    Archive(Box<ZipWriter<StreamWriter<W>>>),
}

impl<W: Write> PageXml<W> {
    /// Begins a document or, for other than one page, an archive.
    pub(super) fn begin(out: W, file: &FileInfo<'_>) -> Self {
        let out = match file.planned {
            1 => Out::Document(out),
            _ => Out::Archive(Box::new(ZipWriter::new_stream(out))),
        };
        Self { file: file.name.into(), out }
    }
}

impl<W: Write> PageWriter for PageXml<W> {
    fn page(&mut self, number: u32, reading: &Reading) -> io::Result<()> {
        match &mut self.out {
            Out::Document(out) => Document::write(out, &self.file, reading),
            Out::Archive(archive) => {
                // The earliest time that an archive can tell.
                let options = SimpleFileOptions::default().last_modified_time(DateTime::default());
                let options = options.compression_method(CompressionMethod::Deflated);
                archive.start_file(format!("{number:05}.page.xml"), options)?;
                // The fragment of RFC 8118, for want of an image of its own.
                Document::write(archive, &format!("{}#page={number}", self.file), reading)
            }
        }
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        match self.out {
            Out::Document(mut out) => out.flush(),
            Out::Archive(archive) => archive.finish()?.flush(),
        }
    }
}

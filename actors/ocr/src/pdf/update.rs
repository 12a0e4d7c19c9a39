//! A PDF with what was read on its pages: the original, byte for byte, and behind it the pages that have new text
//! (ISO 32000-1, 7.5.6).
//!
//! The text comes before a page's own content: there it finds the graphics state as it begins, and leaves it as it
//! found it, so that the page looks the same whatever its content does to that state.

use std::io::{self, Write};

use hayro::hayro_syntax::Pdf;
use hayro::hayro_syntax::object::{Dict, MaybeRef, Object};
use hayro::hayro_syntax::page::Page as PdfPage;

use super::font::TextFont;
use super::objects::{Id, ObjectWriter, Trailer};
use super::place::Placement;
use super::raw;
use super::tail::Tail;
use super::text_layer::text_layer;
use crate::input::Document;
use crate::page::Page;

/// What the font is called on pages; with a number if that is taken.
const FONT: &str = "ReadText";
/// Ancestors of a page that resources are looked for in.
const MOST_ANCESTORS: usize = 64;

/// A PDF that is being updated.
pub(crate) struct Update<W> {
    document: Document,
    objects: ObjectWriter<W>,
    trailer: Trailer,
    font: TextFont,
    font_id: Option<Id>,
}

impl<W: Write> Update<W> {
    /// Begins with a copy of the original.
    ///
    /// # Errors
    /// What the disk says, or that the original can't be built upon.
    pub(crate) fn begin(document: Document, out: W) -> io::Result<Self> {
        let pdf = document.pdf().ok_or_else(no_pdf)?;
        let tail = Tail::read(pdf.data().as_ref()).map_err(io::Error::other)?;
        let mut objects = ObjectWriter::new(out, tail.free);
        objects.bytes(pdf.data().as_ref())?;
        Ok(Self { document, objects, trailer: tail.trailer, font: TextFont::default(), font_id: None })
    }

    /// Lays what was read over the page with this index. A page without new text stays as it is.
    pub(crate) fn page(&mut self, index: usize, read: &Page) -> io::Result<()> {
        let pdf = self.document.pdf().ok_or_else(no_pdf)?;
        let Some(page) = pdf.pages().get(index) else { return Ok(()) };
        let place = Placement::on_page(page, (read.width, read.height));
        let resources = resources(page);
        let fonts = resources.get::<Dict<'_>>(b"Font").unwrap_or_default();
        let font_name = free_name(&fonts);
        let Some(text) = text_layer(read, &place, &mut self.font, font_name.as_bytes()) else { return Ok(()) };
        let id = page_id(pdf, page).ok_or_else(|| io::Error::other("a page is no object of its own"))?;

        let font = font_reference(&mut self.font_id, &mut self.objects)?;
        let fonts = raw::dictionary(&fonts, &[(font_name.as_bytes(), Some(font))]);
        let resources = raw::dictionary(&resources, &[(b"Font", Some(fonts))]);
        let text_id = self.objects.reserve();
        self.objects.compressed(text_id, "", &text)?;
        let contents = [format!("[{text_id} 0 R ").into_bytes(), contents(page), b"]".to_vec()].concat();
        let page = raw::dictionary(page.raw(), &[(b"Contents", Some(contents)), (b"Resources", Some(resources))]);
        self.objects.object(id, &page)
    }

    /// Writes what all pages share, if any has new text; else the file stays what it was.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        match self.font_id {
            Some(id) => {
                self.font.write(id, &mut self.objects)?;
                self.objects.finish(&self.trailer)
            }
            None => self.objects.leave(),
        }
    }
}

impl<W> std::fmt::Debug for Update<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Update").field("objects", &self.objects).field("trailer", &self.trailer).finish_non_exhaustive()
    }
}

fn no_pdf() -> io::Error {
    io::Error::other("the original is no longer a PDF")
}

/// The font; the first page that needs it makes the update begin.
fn font_reference<W: Write>(font: &mut Option<Id>, objects: &mut ObjectWriter<W>) -> io::Result<Vec<u8>> {
    let id = match *font {
        Some(id) => id,
        None => {
            // The original may end in the middle of a line.
            objects.bytes(b"\n")?;
            *font.insert(Id::new(objects.reserve()))
        }
    };
    Ok(format!("{} 0 R", id.number).into_bytes())
}

/// The object that a page is; none if it stands in the list of its parent.
fn page_id(pdf: &Pdf, page: &PdfPage<'_>) -> Option<Id> {
    let id = page.raw().obj_id()?;
    let is_page = pdf.xref().get::<Dict<'_>>(id).is_some_and(|object| object == *page.raw());
    is_page.then(|| Id { number: id.obj_number, generation: u16::try_from(id.gen_number).unwrap_or(0) })
}

/// The resources of a page, which may be those of an ancestor (ISO 32000-1, 7.7.3.4).
fn resources<'a>(page: &PdfPage<'a>) -> Dict<'a> {
    let mut node = page.raw().clone();
    for _ in 0..MOST_ANCESTORS {
        if let Some(resources) = node.get::<Dict<'_>>(b"Resources") {
            return resources;
        }
        match node.get::<Dict<'_>>(b"Parent") {
            Some(parent) => node = parent,
            None => break,
        }
    }
    Dict::empty()
}

/// The content streams of a page, as they stand in a list.
fn contents(page: &PdfPage<'_>) -> Vec<u8> {
    let raw_contents = page.raw().get_raw::<Object<'_>>(b"Contents");
    match (page.raw().get::<Object<'_>>(b"Contents"), raw_contents) {
        (Some(Object::Array(list)), _) => list.raw_iter().flat_map(|item| [raw::value(&item), b" ".to_vec()].concat()).collect(),
        (Some(Object::Stream(_)), Some(MaybeRef::Ref(stream))) => raw::reference(stream).into_bytes(),
        _ => Vec::new(),
    }
}

/// A name for our font that no other font of the page has.
fn free_name(fonts: &Dict<'_>) -> String {
    let numbered = std::iter::once(FONT.to_owned()).chain((2..).map(|n: u32| format!("{FONT}{n}")));
    numbered.into_iter().find(|name| !fonts.contains_key(name)).unwrap_or_default()
}

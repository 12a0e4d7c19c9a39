//! A PDF with what was read on its pages: the original, byte for byte, and behind it the pages that have new text
//! (ISO 32000-1, 7.5.6).
//!
//! The text comes before a page's own content: there it finds the graphics state as it begins, and leaves it as it
//! found it, so that the page looks the same whatever its content does to that state.

use std::io::{self, Write};

use hayro::hayro_syntax::Pdf;
use hayro::hayro_syntax::object::Dict;

use super::font::TextFont;
use super::new_page::NewPage;
use super::objects::{Id, ObjectWriter, Trailer};
use super::own_page;
use super::place::Placement;
use super::salvage::salvage;
use super::strip::strip;
use super::tail::Tail;
use super::text_layer::text_layer;
use crate::input::Document;
use crate::page::Page;
use crate::params::Mode;

/// What the font is called on pages; with a number if that is taken.
const FONT: &str = "ReadText";

/// A PDF that is being updated.
pub(crate) struct Update<W> {
    document: Document,
    mode: Mode,
    dpi: Option<u16>,
    objects: ObjectWriter<W>,
    trailer: Trailer,
    font: TextFont,
    font_id: Option<Id>,
}

impl<W: Write> Update<W> {
    /// Begins with a copy of the original. `mode` is that in which it was read, at `dpi`.
    ///
    /// # Errors
    /// What the disk says, or that the original can't be built upon.
    pub(crate) fn begin(mut document: Document, mode: Mode, dpi: Option<u16>, out: W) -> io::Result<Self> {
        let pdf = document.pdf().ok_or_else(no_pdf)?;
        let tail = match sound(pdf) {
            Ok(tail) => tail,
            Err(reason) => {
                tracing::warn!(reason, "the PDF is written anew, with its pages only");
                let copy = salvage(pdf).map_err(io::Error::other)?;
                let tail = Tail::read(&copy).map_err(io::Error::other)?;
                document.replace_pdf(copy).map_err(io::Error::other)?;
                tail
            }
        };
        let original = document.pdf().ok_or_else(no_pdf)?.data().as_ref();
        let mut objects = ObjectWriter::new(out, tail.free);
        objects.bytes(original)?;
        Ok(Self { document, mode, dpi, objects, trailer: tail.trailer, font: TextFont::default(), font_id: None })
    }

    /// Lays what was read over page `number`, from 1; a page that has neither new text nor loses an old layer stays as
    /// it is.
    ///
    /// # Errors
    /// What the disk says, or what is wrong with the page.
    pub(crate) fn page(&mut self, number: u32, read: &Page) -> io::Result<()> {
        let image = match self.mode {
            Mode::Force => Some(self.document.page_content(number, self.dpi).map_err(io::Error::other)?.rgb),
            Mode::Auto | Mode::Redo => None,
        };
        let Self { document, mode, objects, font, font_id, .. } = self;
        let pdf = document.pdf().ok_or_else(no_pdf)?;
        let Some(page) = pdf.pages().get(number as usize - 1) else { return Ok(()) };
        let place = Placement::on_page(page, (read.width, read.height));
        let resources = own_page::resources(page);
        let stripped = match mode {
            Mode::Redo => Some(strip(&own_page::decoded(page), &resources)).filter(|stripped| stripped.changed),
            Mode::Auto | Mode::Force => None,
        };
        let font_name = free_name(&resources.get::<Dict<'_>>(b"Font").unwrap_or_default());
        let text = text_layer(read, &place, font, font_name.as_bytes());
        if text.is_none() && stripped.is_none() && image.is_none() {
            return Ok(());
        }
        let id = own_page::id(pdf, page).ok_or_else(|| io::Error::other("a page is no object of its own"))?;
        let font = font_reference(font_id, objects)?;
        let mut new = NewPage::of(page, resources);
        if let Some(image) = &image {
            new.image(image, &place, objects)?;
        }
        if let Some(text) = &text {
            new.text(text, (&font_name, font), objects)?;
        }
        match &stripped {
            Some(stripped) => new.rest(stripped, objects)?,
            None if image.is_none() => new.all(),
            None => {}
        }
        new.write(id, objects)
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

/// Whether a searchable PDF of this one would keep only its pages, and why.
pub(crate) fn loses_more_than_pages(pdf: &Pdf) -> Option<&'static str> {
    sound(pdf).err()
}

/// The end of a PDF that can be built upon: sound, with each page an object of its own.
fn sound(pdf: &Pdf) -> Result<Tail, &'static str> {
    let tail = Tail::read(pdf.data().as_ref())?;
    let all_pages = pdf.pages().iter().all(|page| own_page::id(pdf, page).is_some());
    if all_pages { Ok(tail) } else { Err("a page is no object of its own") }
}

fn no_pdf() -> io::Error {
    io::Error::other("the original is no longer a PDF")
}

/// The font; the first page that needs it makes the update begin.
fn font_reference<W: Write>(font: &mut Option<Id>, objects: &mut ObjectWriter<W>) -> io::Result<Vec<u8>> {
    if font.is_none() {
        // The original may end in the middle of a line.
        objects.bytes(b"\n")?;
    }
    let id = *font.get_or_insert_with(|| Id::new(objects.reserve()));
    Ok(format!("{} 0 R", id.number).into_bytes())
}

/// A name for our font that no other font of the page has.
fn free_name(fonts: &Dict<'_>) -> String {
    let numbered = std::iter::once(FONT.to_owned()).chain((2..).map(|n: u32| format!("{FONT}{n}")));
    numbered.into_iter().find(|name| !fonts.contains_key(name)).unwrap_or_default()
}

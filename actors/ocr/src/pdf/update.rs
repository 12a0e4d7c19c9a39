//! A PDF with what was read on its pages: the original, byte for byte, and behind it the pages that have new text
//! (ISO 32000-1, 7.5.6).
//!
//! The text comes before a page's own content: there it finds the graphics state as it begins, and leaves it as it
//! found it, so that the page looks the same whatever its content does to that state.

use std::io::{self, Write};

use hayro::hayro_syntax::Pdf;
use hayro::hayro_syntax::object::{Dict, MaybeRef, Object, Stream};
use hayro::hayro_syntax::page::Page as PdfPage;
use image::RgbImage;

use super::font::TextFont;
use super::objects::{Id, ObjectWriter, Trailer};
use super::picture::Picture;
use super::place::Placement;
use super::raw;
use super::salvage::salvage;
use super::strip::{Stripped, strip};
use super::tail::Tail;
use super::text_layer::text_layer;
use crate::input::Document;
use crate::page::Page;
use crate::params::Mode;

/// What the font is called on pages; with a number if that is taken.
const FONT: &str = "ReadText";
/// Pixels of a page made an image for each byte that it may take.
const PIXELS_PER_BYTE: u64 = 8;
/// Ancestors of a page that resources are looked for in.
const MOST_ANCESTORS: usize = 64;

/// A PDF that is being updated.
pub(crate) struct Update<W> {
    document: Document,
    mode: Mode,
    dpi: u16,
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
    pub(crate) fn begin(mut document: Document, mode: Mode, dpi: u16, out: W) -> io::Result<Self> {
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
        let resources = resources(page);
        let stripped = match mode {
            Mode::Redo => Some(strip(&decoded(page), &resources)).filter(|stripped| stripped.changed),
            Mode::Auto | Mode::Force => None,
        };
        let fonts = resources.get::<Dict<'_>>(b"Font").unwrap_or_default();
        let font_name = free_name(&fonts);
        let text = text_layer(read, &place, font, font_name.as_bytes());
        if text.is_none() && stripped.is_none() && image.is_none() {
            return Ok(());
        }
        let id = page_id(pdf, page).ok_or_else(|| io::Error::other("a page is no object of its own"))?;
        let font = font_reference(font_id, objects)?;
        let fonts = raw::dictionary(&fonts, &[(font_name.as_bytes(), Some(font))]);
        let mut new_resources = vec![(&b"Font"[..], Some(fonts))];
        let mut new_contents = Vec::new();
        if let Some(image) = &image {
            let image_id = flattened(image, objects)?;
            let [a, b, c, d, e, f] = place.image((read.width, read.height));
            new_resources.push((b"XObject", Some(format!("<</ReadImage {image_id} 0 R>>").into_bytes())));
            let content = format!("q {a} {b} {c} {d} {e} {f} cm /ReadImage Do Q\n");
            new_contents.push(written(objects, content.as_bytes())?);
        }
        if let Some(text) = text {
            new_contents.push(written(objects, &text)?);
        }
        match &stripped {
            Some(stripped) => {
                new_resources.push((b"XObject", Some(forms(stripped, objects)?)));
                new_contents.push(written(objects, &stripped.content)?);
            }
            None if image.is_none() => new_contents.push(contents(page)),
            None => {}
        }
        let contents = [b"[", &new_contents.join(&b' ')[..], b"]"].concat();
        let resources = raw::dictionary(&resources, &new_resources);
        let page = raw::dictionary(page.raw(), &[(b"Contents", Some(contents)), (b"Resources", Some(resources))]);
        objects.object(id, &page)
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
    let all_pages = pdf.pages().iter().all(|page| page_id(pdf, page).is_some());
    if all_pages { Ok(tail) } else { Err("a page is no object of its own") }
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

/// A compressed stream, as it stands in a list.
fn written<W: Write>(objects: &mut ObjectWriter<W>, content: &[u8]) -> io::Result<Vec<u8>> {
    let number = objects.reserve();
    objects.compressed(number, "", content)?;
    Ok(format!("{number} 0 R").into_bytes())
}

/// Writes a page as an image, of the bytes that a scan of it would take.
fn flattened<W: Write>(image: &RgbImage, objects: &mut ObjectWriter<W>) -> io::Result<u32> {
    let pixels = u64::from(image.width()) * u64::from(image.height());
    let number = objects.reserve();
    Picture::encoded(image, pixels / PIXELS_PER_BYTE, false)?.write(number, objects, None)?;
    Ok(number)
}

/// Writes forms in place of those that lost their text; the dictionary with them in it.
fn forms<W: Write>(stripped: &Stripped<'_>, objects: &mut ObjectWriter<W>) -> io::Result<Vec<u8>> {
    let mut replaced = Vec::new();
    for (name, form) in &stripped.forms {
        let resources =
            raw::dictionary(&form.stripped.resources, &[(b"XObject", Some(forms(&form.stripped, objects)?))]);
        let without = [b"Length", &b"Filter"[..], b"DecodeParms", b"F"].map(|key| (key, None));
        let entries = [&[(&b"Resources"[..], Some(resources))], &without[..]].concat();
        let dictionary = raw::dictionary(form.original.dict(), &entries);
        let entries = dictionary.strip_prefix(b"<<").and_then(|inner| inner.strip_suffix(b">>")).unwrap_or_default();
        let number = objects.reserve();
        objects.compressed(number, entries, &form.stripped.content)?;
        replaced.push((&name[..], Some(format!("{number} 0 R").into_bytes())));
    }
    let originals = stripped.resources.get::<Dict<'_>>(b"XObject").unwrap_or_default();
    Ok(raw::dictionary(&originals, &replaced))
}

/// The instructions of a page. They are decoded here, as the parser would keep them.
fn decoded(page: &PdfPage<'_>) -> Vec<u8> {
    let streams: Vec<Stream<'_>> = match page.raw().get::<Object<'_>>(b"Contents") {
        Some(Object::Stream(stream)) => vec![stream],
        Some(Object::Array(list)) => list.iter::<Stream<'_>>().collect(),
        _ => Vec::new(),
    };
    let decoded = streams.iter().filter_map(|stream| stream.decoded_data().ok());
    decoded.flat_map(|data| [&data[..], b"\n"].concat()).collect()
}

/// The content streams of a page, as they stand in a list.
fn contents(page: &PdfPage<'_>) -> Vec<u8> {
    let raw_contents = page.raw().get_raw::<Object<'_>>(b"Contents");
    match (page.raw().get::<Object<'_>>(b"Contents"), raw_contents) {
        (Some(Object::Array(list)), _) => {
            list.raw_iter().flat_map(|item| [raw::value(&item), b" ".to_vec()].concat()).collect()
        }
        (Some(Object::Stream(_)), Some(MaybeRef::Ref(stream))) => raw::reference(stream).into_bytes(),
        _ => Vec::new(),
    }
}

/// A name for our font that no other font of the page has.
fn free_name(fonts: &Dict<'_>) -> String {
    let numbered = std::iter::once(FONT.to_owned()).chain((2..).map(|n: u32| format!("{FONT}{n}")));
    numbered.into_iter().find(|name| !fonts.contains_key(name)).unwrap_or_default()
}

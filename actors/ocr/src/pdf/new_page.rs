//! A page to be written again: what is drawn on it, in its order, and what that is drawn from.

use std::io::{self, Write};

use hayro::hayro_syntax::object::Dict;
use hayro::hayro_syntax::page::Page;
use image::RgbImage;

use super::objects::{Id, ObjectWriter};
use super::own_page;
use super::picture::Picture;
use super::place::Placement;
use super::raw;
use super::strip::Stripped;

/// Pixels of a page made an image for each byte that it may take.
const PIXELS_PER_BYTE: u64 = 8;

/// A page to be written again.
pub(super) struct NewPage<'p, 'a> {
    page: &'p Page<'a>,
    own_resources: Dict<'a>,
    contents: Vec<Vec<u8>>,
    resources: Vec<(&'static [u8], Option<Vec<u8>>)>,
}

impl<'p, 'a> NewPage<'p, 'a> {
    /// Nothing is on it yet.
    pub(super) fn of(page: &'p Page<'a>, own_resources: Dict<'a>) -> Self {
        Self { page, own_resources, contents: Vec::new(), resources: Vec::new() }
    }

    /// An image of all that was on it.
    pub(super) fn image<W: Write>(
        &mut self,
        image: &RgbImage,
        place: &Placement,
        objects: &mut ObjectWriter<W>,
    ) -> io::Result<()> {
        let image_id = flattened(image, objects)?;
        let [a, b, c, d, e, f] = place.image(image.dimensions());
        self.resources.push((b"XObject", Some(format!("<</ReadImage {image_id} 0 R>>").into_bytes())));
        let content = format!("q {a} {b} {c} {d} {e} {f} cm /ReadImage Do Q\n");
        self.contents.push(written(objects, content.as_bytes())?);
        Ok(())
    }

    /// Text in a font of this name.
    pub(super) fn text<W: Write>(
        &mut self,
        text: &[u8],
        (font_name, font): (&str, Vec<u8>),
        objects: &mut ObjectWriter<W>,
    ) -> io::Result<()> {
        let fonts = self.own_resources.get::<Dict<'_>>(b"Font").unwrap_or_default();
        let fonts = raw::dictionary(&fonts, &[(font_name.as_bytes(), Some(font))]);
        self.resources.push((b"Font", Some(fonts)));
        self.contents.push(written(objects, text)?);
        Ok(())
    }

    /// What is left of what was on it.
    pub(super) fn rest<W: Write>(&mut self, rest: &Stripped<'_>, objects: &mut ObjectWriter<W>) -> io::Result<()> {
        self.resources.push((b"XObject", Some(forms(rest, objects)?)));
        self.contents.push(written(objects, &rest.content)?);
        Ok(())
    }

    /// What was on it.
    pub(super) fn all(&mut self) {
        self.contents.push(own_page::contents(self.page));
    }

    /// Writes the page in place of the object that it was.
    pub(super) fn write<W: Write>(self, id: Id, objects: &mut ObjectWriter<W>) -> io::Result<()> {
        let contents = [b"[", &self.contents.join(&b' ')[..], b"]"].concat();
        let resources = raw::dictionary(&self.own_resources, &self.resources);
        let replaced = [(&b"Contents"[..], Some(contents)), (b"Resources", Some(resources))];
        objects.object(id, &raw::dictionary(self.page.raw(), &replaced))
    }
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

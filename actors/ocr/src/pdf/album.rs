//! A document made from images: one page for each, as large as its image is printed, under the text that was read.
//!
//! An image is kept as it is compressed wherever PDF knows the compression (`picture`). Its resolution decides the size
//! of its page; an image that does not tell one is taken for [`USUAL_DPI`].

use std::io::{self, Write};
use std::path::PathBuf;

use image::metadata::Orientation;

use super::archive;
use super::font::TextFont;
use super::objects::{Id, Manner, ObjectWriter, Trailer};
use super::picture::Picture;
use super::place::Placement;
use super::text_layer::text_layer;
use crate::input::Document;
use crate::reading::Reading;

/// The resolution of images that tell none: that of a usual scan, at which 1654 x 2339 pixels are A4.
const USUAL_DPI: f64 = 200.0;
const POINTS_PER_INCH: f64 = 72.0;
/// The longest side of a page that viewers take (ISO 32000-1, annex C.2), and the shortest.
const LONGEST_SIDE: f64 = 14_400.0;
const SHORTEST_SIDE: f64 = 3.0;
/// What every page calls our font and its image.
const FONT: &str = "F";
/// Version, and bytes that tell transfer programs that this is no text.
const HEADER: &[u8] = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n";

/// A document that is being made from images.
#[derive(Debug)]
pub(crate) struct Album<W> {
    images: Document,
    path: PathBuf,
    title: String,
    archival: bool,
    objects: ObjectWriter<W>,
    font: TextFont,
    catalogue: Id,
    tree: Id,
    font_id: Id,
    pages: Vec<u32>,
}

impl<W: Write> Album<W> {
    /// Begins the document; `archival` is for PDF/A-2b.
    ///
    /// # Errors
    /// What the disk says.
    pub(crate) fn begin(images: Document, path: PathBuf, title: String, archival: bool, out: W) -> io::Result<Self> {
        let mut objects = ObjectWriter::new(out, 1);
        objects.bytes(HEADER)?;
        let [catalogue, tree, font_id] = [(); 3].map(|()| Id::new(objects.reserve()));
        let (font, pages) = (TextFont::default(), Vec::new());
        Ok(Self { images, path, title, archival, objects, font, catalogue, tree, font_id, pages })
    }

    /// Writes the next page.
    ///
    /// # Errors
    /// What the disk says, or what is wrong with the image.
    pub(crate) fn page(&mut self, number: u32, reading: &Reading) -> io::Result<()> {
        let picture = Picture::of(&mut self.images, &self.path, number, self.archival)?;
        let [width, height] = [reading.page.width, reading.page.height].map(f64::from);
        let dpi = reading.dpi.map_or(USUAL_DPI, f64::from);
        let scale = (POINTS_PER_INCH / dpi).min(LONGEST_SIDE / width.max(height));
        let scale = scale.max(SHORTEST_SIDE / width.min(height).max(1.0));
        let (page_width, page_height) = (rounded(width * scale), rounded(height * scale));

        let place = Placement::on_image(page_height, scale);
        let [a, b, c, d, e, f] = matrix(picture.orientation, page_width, page_height);
        let mut content = format!("q {a} {b} {c} {d} {e} {f} cm /I Do Q\n").into_bytes();
        content.extend(text_layer(&reading.page, &place, &mut self.font, FONT.as_bytes()).unwrap_or_default());
        let [page_id, content_id, image_id] = [(); 3].map(|()| self.objects.reserve());
        self.objects.compressed(content_id, "", &content)?;
        picture.write(image_id, &mut self.objects, Some(&self.path))?;
        let (tree, font) = (self.tree.number, self.font_id.number);
        self.pages.push(page_id);
        let page = format!(
            "<</Type/Page/Parent {tree} 0 R/MediaBox[0 0 {page_width} {page_height}]/Contents {content_id} 0 R\
             /Resources<</XObject<</I {image_id} 0 R>>/Font<</{FONT} {font} 0 R>>>>>>"
        );
        self.objects.object(Id::new(page_id), page.as_bytes())
    }

    /// Writes what all pages share.
    ///
    /// # Errors
    /// What the disk says.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.font.write(self.font_id, &mut self.objects)?;
        let kids: Vec<String> = self.pages.iter().map(|page| format!("{page} 0 R")).collect();
        let kids = kids.join(" ");
        let tree = format!("<</Type/Pages/Kids[{kids}]/Count {}>>", self.pages.len());
        self.objects.object(self.tree, tree.as_bytes())?;
        let archival = if self.archival { archive::entries(&self.title, &mut self.objects)? } else { String::new() };
        let catalogue = format!("<</Type/Catalog/Pages {} 0 R{archival}>>", self.tree.number);
        self.objects.object(self.catalogue, catalogue.as_bytes())?;
        let information = Id::new(self.objects.reserve());
        self.objects.object(information, &archive::information(&self.title))?;
        let entries = format!("/Root {} 0 R/Info {} 0 R", self.catalogue.number, information.number).into_bytes();
        self.objects.finish(&Trailer { manner: Manner::Table, entries, previous: None, first_id: None })
    }
}

/// Draws the unit square that an image is, as it is stored, upright over the page (Exif 2.32, tag 274).
fn matrix(orientation: Orientation, width: f64, height: f64) -> [f64; 6] {
    let (w, h) = (width, height);
    match orientation {
        Orientation::NoTransforms => [w, 0.0, 0.0, h, 0.0, 0.0],
        Orientation::FlipHorizontal => [-w, 0.0, 0.0, h, w, 0.0],
        Orientation::Rotate180 => [-w, 0.0, 0.0, -h, w, h],
        Orientation::FlipVertical => [w, 0.0, 0.0, -h, 0.0, h],
        Orientation::Rotate90FlipH => [0.0, -h, -w, 0.0, w, h],
        Orientation::Rotate90 => [0.0, -h, w, 0.0, 0.0, h],
        Orientation::Rotate270FlipH => [0.0, h, w, 0.0, 0.0, 0.0],
        Orientation::Rotate270 => [0.0, h, -w, 0.0, w, 0.0],
    }
}

/// To hundredths of a point.
fn rounded(points: f64) -> f64 {
    (points * 100.0).round() / 100.0
}

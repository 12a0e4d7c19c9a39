//! A file as a row of pages.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use d2d_api::ProblemCode;
use d2d_worker::Refusal;
use hayro::hayro_interpret::RenderContent;
use hayro::hayro_syntax::Pdf;
use image::RgbImage;

use super::pdf::{PageText, PdfFile};
use super::raster::Raster;
use super::source::Source;
use super::tiff::TiffFile;
use super::{Kind, Limits, jp2};
use crate::params::Mode;

/// An opened file.
pub struct Document {
    source: Source,
    kind: Kind,
    content: Content,
    pages: u32,
    warnings: Vec<String>,
}

/// A page as pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct PageImage {
    /// Its pixels, upright, on white.
    pub rgb: RgbImage,
    /// Its resolution in dots per inch, if the file tells it or it was rendered at one.
    pub dpi: Option<f32>,
}

/// How a page of an image file is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageSource {
    /// The bytes that it takes.
    pub(crate) bytes: u64,
    /// Whether it was compressed with loss.
    pub(crate) is_lossy: bool,
}

enum Content {
    Raster(Raster),
    Jp2,
    Tiff(Box<TiffFile>),
    Pdf(PdfFile),
}

impl Document {
    /// Opens a file. What it is, its content decides. `name` is what refusals call it.
    ///
    /// # Errors
    /// What is wrong with the file: `input.*`, `upload.empty`, `upload.too_large`.
    pub fn open(path: &Path, name: &str, limits: &Limits) -> Result<Self, Refusal> {
        Self::open_with(path, name, limits, None)
    }

    /// Opens a file as [`Document::open`] does, with a password in case that it is an encrypted PDF.
    ///
    /// # Errors
    /// The same, and `input.encrypted` if the password is wrong.
    pub fn open_with(path: &Path, name: &str, limits: &Limits, password: Option<&str>) -> Result<Self, Refusal> {
        let (source, kind) = Source::open(path, name, *limits)?;
        guarded(&source, || {
            let mut warnings = Vec::new();
            let (content, pages) = match kind {
                Kind::Pdf => {
                    let pdf = PdfFile::open(&source, password)?;
                    let pages = pdf.pages();
                    (Content::Pdf(pdf), pages)
                }
                Kind::Tiff => {
                    let tiff = TiffFile::open(&source)?;
                    let pages = tiff.pages();
                    (Content::Tiff(Box::new(tiff)), pages)
                }
                Kind::Jp2 => {
                    jp2::check(&source)?;
                    (Content::Jp2, 1)
                }
                _ => {
                    let raster = Raster::open(&source, kind)?;
                    warnings.extend(raster.warning(&source));
                    (Content::Raster(raster), 1)
                }
            };
            let pages = source.check_pages(pages)?;
            Ok((content, pages, warnings))
        })
        .map(|(content, pages, warnings)| Self { source: source.clone(), kind, content, pages, warnings })
    }

    /// What it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// How many pages it has; at least one.
    #[must_use]
    pub const fn page_count(&self) -> u32 {
        self.pages
    }

    /// What its owner should know about how it is read.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// How page `number` is stored, from 1.
    pub(crate) fn page_source(&mut self, number: u32) -> PageSource {
        let whole = self.source.file().ok().and_then(|file| file.metadata().ok()).map_or(0, |metadata| metadata.len());
        match &mut self.content {
            Content::Tiff(tiff) => {
                let (bytes, is_lossy) = tiff.stored(number.saturating_sub(1) as usize);
                // A file of many pages keeps no more than its bytes.
                PageSource { bytes: bytes.min(whole), is_lossy }
            }
            Content::Raster(raster) => PageSource { bytes: whole, is_lossy: raster.is_lossy(&self.source) },
            Content::Jp2 => PageSource { bytes: whole, is_lossy: true },
            Content::Pdf(_) => PageSource { bytes: whole, is_lossy: false },
        }
    }

    /// The PDF that it is.
    pub(crate) fn pdf(&self) -> Option<&Pdf> {
        match &self.content {
            Content::Pdf(pdf) => Some(pdf.parsed()),
            Content::Raster(_) | Content::Jp2 | Content::Tiff(_) => None,
        }
    }

    /// Goes on with a copy of the PDF, which has the same pages.
    ///
    /// # Errors
    /// That the copy can't be read.
    pub(crate) fn replace_pdf(&mut self, copy: Vec<u8>) -> Result<(), Refusal> {
        self.content = Content::Pdf(PdfFile::of(&self.source, copy, None)?);
        Ok(())
    }

    /// Page `number`, from 1. `dpi` is the resolution at which a PDF page is rendered, without it the one that fits the page;
    /// one that would have too many pixels is rendered at less.
    ///
    /// # Errors
    /// What is wrong with the page.
    pub fn page(&mut self, number: u32, dpi: Option<u16>) -> Result<PageImage, Refusal> {
        let index = self.index(number)?;
        let (source, content) = (&self.source, &mut self.content);
        guarded(source, || match content {
            Content::Raster(raster) => raster.decode(source),
            Content::Jp2 => jp2::decode(source),
            Content::Tiff(tiff) => tiff.decode(source, index),
            Content::Pdf(pdf) => pdf.render(source, index, dpi, RenderContent::all()),
        })
    }

    /// The text that page `number` of a PDF, from 1, has of its own, in the pixels of the page as [`Document::page`] gives
    /// it. None if the page has no text, or if there is none to be kept in this mode.
    ///
    /// # Errors
    /// What is wrong with the page.
    pub fn page_text(&mut self, number: u32, dpi: Option<u16>, mode: Mode) -> Result<Option<PageText>, Refusal> {
        let index = self.index(number)?;
        let (source, content) = (&self.source, &mut self.content);
        guarded(source, || match content {
            Content::Pdf(pdf) => pdf.text(source, index, dpi, mode),
            Content::Raster(_) | Content::Jp2 | Content::Tiff(_) => Ok(None),
        })
    }

    /// The content of page `number`, from 1, of a PDF without its annotations; of other files the page.
    pub(crate) fn page_content(&mut self, number: u32, dpi: Option<u16>) -> Result<PageImage, Refusal> {
        let index = self.index(number)?;
        match &mut self.content {
            Content::Pdf(pdf) => guarded(&self.source, || pdf.render(&self.source, index, dpi, RenderContent::PAGE)),
            Content::Raster(_) | Content::Jp2 | Content::Tiff(_) => self.page(number, dpi),
        }
    }

    fn index(&self, number: u32) -> Result<usize, Refusal> {
        number.checked_sub(1).filter(|_| number <= self.pages).map(|index| index as usize).ok_or_else(|| {
            let detail = format!("has no page {number}; it has {}", self.pages);
            self.source.refuse(ProblemCode::OcrPageRange, detail)
        })
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("source", &self.source)
            .field("kind", &self.kind)
            .field("pages", &self.pages)
            .finish_non_exhaustive()
    }
}

/// Runs a decoder. Some panic on files that their authors did not think of: that is the file's fault to its owner.
fn guarded<T>(source: &Source, decode: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(|_| Err(source.damaged("its decoder gave up")))
}

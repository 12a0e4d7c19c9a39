//! PDF: pages rendered by hayro, which keeps the file in memory and parses objects as they are needed; and the text that
//! they have of their own.

mod glyphs;
mod merge;
mod own_text;
mod survey;
mod words;

use d2d_api::ProblemCode;
use d2d_worker::Refusal;
use hayro::hayro_interpret::{InterpreterSettings, RenderContent};
use hayro::hayro_syntax::page::Page;
use hayro::hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings};
use image::RgbImage;

use super::source::Source;
use super::{PageImage, density};
use crate::params::Mode;

pub use merge::merge;
pub use own_text::PageText;

/// Units of user space in an inch (ISO 32000-1, 8.3.2.3).
const POINTS_PER_INCH: f32 = 72.0;
/// The resolution of pages that are not scans,
const USUAL_DPI: f32 = 200.0;
/// and the least and the highest that scans are rendered at: at theirs, so that they are not scaled twice.
const SCANNED_DPI: (f32, f32) = (150.0, 300.0);
/// Pages are not rendered at less than this: text would be lost.
const LEAST_DPI: f32 = 30.0;
/// Pages are rendered with at most so many pixels: those of A0 at 200 dpi. Text does not get clearer by more.
const MOST_PIXELS: u64 = 64_000_000;
/// Bytes that a rendered pixel takes: RGBA of the renderer, then RGB.
const BYTES_PER_PIXEL: u64 = 7;
/// The renderer's longest side.
const LONGEST_SIDE: f32 = u16::MAX as f32;

/// Pages after which the file is parsed anew: what the parser keeps of each page it has seen would add up.
const PAGES_KEPT: u32 = 64;

/// A PDF file.
pub(super) struct PdfFile {
    pdf: Pdf,
    password: String,
    /// The pages looked at since the file was parsed.
    seen: u32,
}

impl PdfFile {
    pub(super) fn open(source: &Source, password: Option<&str>) -> Result<Self, Refusal> {
        let bytes = source.file()?.metadata().map_or(0, |meta| meta.len());
        if bytes > source.limits.decoded_bytes {
            let detail = format!(
                "has {} MiB, and PDF files are read into memory, of which {} may be used; split it",
                bytes >> 20,
                source.limits.decoded_bytes >> 20
            );
            return Err(source.refuse(ProblemCode::UploadTooLarge, detail));
        }
        Self::of(source, source.read()?, password)
    }

    /// The PDF that these bytes are.
    pub(super) fn of(source: &Source, bytes: Vec<u8>, password: Option<&str>) -> Result<Self, Refusal> {
        let opened = Pdf::new_with_password(bytes, password.unwrap_or_default());
        let pdf = opened.map_err(|error| refusal(source, error, password.is_some()))?;
        Ok(Self { pdf, password: password.unwrap_or_default().to_owned(), seen: 0 })
    }

    pub(super) const fn parsed(&self) -> &Pdf {
        &self.pdf
    }

    pub(super) fn pages(&self) -> usize {
        self.pdf.pages().len()
    }

    /// Renders a page, from 0, on white, with its rotation applied.
    pub(super) fn render(
        &mut self,
        source: &Source,
        index: usize,
        dpi: Option<u16>,
        content: RenderContent,
    ) -> Result<PageImage, Refusal> {
        let page = self.page(source, index)?;
        survey::survey(source, page)?;
        let scale = scale(source, page, resolution(page, dpi))?;
        let settings = PixmapSettings { x_scale: scale, y_scale: scale, bg_color: WHITE };
        let cache = RenderCache::new();
        let interpreter = InterpreterSettings { render_content: content, ..InterpreterSettings::default() };
        let pixmap = hayro::render(page, &cache, &interpreter, &RenderSettings::default(), &settings);
        let (width, height) = (u32::from(pixmap.width()), u32::from(pixmap.height()));
        source.check_size((width, height), 0)?;
        let mut rgb = RgbImage::new(width, height);
        for (to, from) in rgb.pixels_mut().zip(pixmap.data()) {
            to.0 = [from.r, from.g, from.b];
        }
        Ok(PageImage { rgb, dpi: density::believed(scale / user_unit(page) * POINTS_PER_INCH) })
    }

    /// The text that a page, from 0, has of its own; none if it has nothing to say about text.
    pub(super) fn text(
        &mut self,
        source: &Source,
        index: usize,
        dpi: Option<u16>,
        mode: Mode,
    ) -> Result<Option<PageText>, Refusal> {
        let page = self.page(source, index)?;
        if mode == Mode::Force || !survey::survey(source, page)?.shows_text {
            return Ok(None);
        }
        let scale = scale(source, page, resolution(page, dpi))?;
        let size = pixels(page, scale);
        let drawn = glyphs::Drawn::of(page, f64::from(scale));
        let (lines, wants_reading) = own_text::own_text(&drawn, size, mode);
        let dpi = density::believed(scale / user_unit(page) * POINTS_PER_INCH);
        Ok(Some(PageText { lines, wants_reading, size, dpi }))
    }

    fn page(&mut self, source: &Source, index: usize) -> Result<&Page<'_>, Refusal> {
        if self.seen >= PAGES_KEPT {
            let parsed = Pdf::new_with_password(self.pdf.data().clone(), &self.password);
            self.pdf = parsed.map_err(|error| refusal(source, error, false))?;
            self.seen = 0;
        }
        self.seen += 1;
        self.pdf.pages().get(index).ok_or_else(|| source.damaged("a page is missing"))
    }
}

/// The resolution to render a page at: the one asked for, or that of the scan which it consists of, within reason.
#[allow(clippy::cast_possible_truncation)] // A resolution has few digits.
fn resolution(page: &Page<'_>, asked: Option<u16>) -> f32 {
    if let Some(dpi) = asked {
        return f32::from(dpi);
    }
    let (low, high) = SCANNED_DPI;
    let native = |density: f64| (density as f32 * POINTS_PER_INCH / user_unit(page)).clamp(low, high);
    glyphs::Drawn::of(page, 1.0).density.filter(|density| density.is_finite()).map_or(USUAL_DPI, native)
}

/// How many points a unit of this page's space is (ISO 32000-1, table 30).
fn user_unit(page: &Page<'_>) -> f32 {
    page.raw().get::<f32>(b"UserUnit").filter(|unit| *unit > 0.0 && unit.is_finite()).unwrap_or(1.0)
}

/// Width and height of a page that is rendered at this scale, as the renderer cuts them.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Saturates at the renderer's longest side.
fn pixels(page: &Page<'_>, scale: f32) -> (u32, u32) {
    let (width, height) = page.render_dimensions();
    (((width * scale) as u16).into(), ((height * scale) as u16).into())
}

/// By how much a page is magnified to be rendered at `dpi`, or as near to it as the limits allow.
fn scale(source: &Source, page: &Page<'_>, dpi: f32) -> Result<f32, Refusal> {
    let (width, height) = page.render_dimensions();
    let area = f64::from(width) * f64::from(height);
    if !(area.is_finite() && width > 0.0 && height > 0.0) {
        return Err(source.damaged("a page has no area"));
    }
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // Sizes need no more digits.
    let by_area = {
        let pixels = source.limits.pixels.min(source.limits.decoded_bytes / BYTES_PER_PIXEL).min(MOST_PIXELS);
        (pixels as f64 / area).sqrt() as f32
    };
    let scale =
        (dpi / POINTS_PER_INCH * user_unit(page)).min(by_area).min(LONGEST_SIDE / width).min(LONGEST_SIDE / height);
    // Whatever its unit: text is as large in units as on any page.
    if scale * POINTS_PER_INCH < LEAST_DPI {
        let inches = user_unit(page) / POINTS_PER_INCH;
        let (width, height) = (width * inches, height * inches);
        let detail = format!("has a page of {width:.0} x {height:.0} inches, which is too large to render; cut it");
        return Err(source.refuse(ProblemCode::InputTooManyPixels, detail));
    }
    // A sliver is still a pixel wide.
    Ok(scale.max(1.0 / width).max(1.0 / height).min(LONGEST_SIDE / width).min(LONGEST_SIDE / height))
}

fn refusal(source: &Source, error: LoadPdfError, with_password: bool) -> Refusal {
    let encrypted = |what| source.refuse(ProblemCode::InputEncrypted, what);
    match error {
        LoadPdfError::Invalid => source.damaged("its structure can't be made out"),
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) if with_password => {
            encrypted("is encrypted, and the given `password` does not open it; give the right one")
        }
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) => {
            encrypted("is encrypted; give its `password`, or save it without one and send it again")
        }
        LoadPdfError::Decryption(DecryptionError::UnsupportedAlgorithm) => {
            encrypted("is encrypted in a way that is not known here; save it without encryption and send it again")
        }
        LoadPdfError::Decryption(DecryptionError::MissingIDEntry | DecryptionError::InvalidEncryption) => {
            encrypted("is encrypted, and damaged so that it can't be decrypted; save it anew")
        }
    }
}

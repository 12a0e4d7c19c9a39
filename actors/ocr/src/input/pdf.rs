//! PDF: pages rendered by hayro, which keeps the file in memory and parses objects as they are needed.

use d2d_api::ProblemCode;
use d2d_worker::Refusal;
use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::object::Stream;
use hayro::hayro_syntax::object::dict::keys;
use hayro::hayro_syntax::page::Page;
use hayro::hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings};
use image::RgbImage;

use super::source::Source;
use super::{PageImage, density};

/// Units of user space in an inch (ISO 32000-1, 8.3.2.3).
const POINTS_PER_INCH: f32 = 72.0;
/// Pages are not rendered at less than this: text would be lost.
const LEAST_DPI: f32 = 30.0;
/// Pages are rendered with at most so many pixels: those of A0 at 200 dpi. Text does not get clearer by more.
const MOST_PIXELS: u64 = 64_000_000;
/// Bytes that a rendered pixel takes: RGBA of the renderer, then RGB.
const BYTES_PER_PIXEL: u64 = 7;
/// The renderer's longest side.
const LONGEST_SIDE: f32 = u16::MAX as f32;

/// A PDF file.
pub(super) struct PdfFile(Pdf);

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
        let opened = Pdf::new_with_password(source.read()?, password.unwrap_or_default());
        opened.map(Self).map_err(|error| refusal(source, error, password.is_some()))
    }

    pub(super) fn into_inner(self) -> Pdf {
        self.0
    }

    pub(super) fn pages(&self) -> usize {
        self.0.pages().len()
    }

    /// Renders a page, from 0, on white, with its rotation applied.
    pub(super) fn render(&self, source: &Source, index: usize, dpi: u16) -> Result<PageImage, Refusal> {
        let page = self.0.pages().get(index).ok_or_else(|| source.damaged("a page is missing"))?;
        check_images(source, page)?;
        let scale = scale(source, page, f32::from(dpi))?;
        let settings = PixmapSettings { x_scale: scale, y_scale: scale, bg_color: WHITE };
        let cache = RenderCache::new();
        let pixmap =
            hayro::render(page, &cache, &InterpreterSettings::default(), &RenderSettings::default(), &settings);
        let (width, height) = (u32::from(pixmap.width()), u32::from(pixmap.height()));
        source.check_size((width, height), 0)?;
        let mut rgb = RgbImage::new(width, height);
        for (to, from) in rgb.pixels_mut().zip(pixmap.data()) {
            to.0 = [from.r, from.g, from.b];
        }
        Ok(PageImage { rgb, dpi: density::believed(scale * POINTS_PER_INCH) })
    }
}

/// That the images on a page are not too large to decode. Images inside of forms are for the memory limit of the process.
fn check_images(source: &Source, page: &Page<'_>) -> Result<(), Refusal> {
    let objects = &page.resources().x_objects;
    for image in objects.keys().filter_map(|name| objects.get::<Stream<'_>>(name)) {
        let size = image.dict().get::<u32>(keys::WIDTH).zip(image.dict().get::<u32>(keys::HEIGHT));
        if let Some(size) = size {
            source.check_pixels("has a page with an image of", size)?;
        }
    }
    Ok(())
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
    let scale = (dpi / POINTS_PER_INCH).min(by_area).min(LONGEST_SIDE / width).min(LONGEST_SIDE / height);
    if scale * POINTS_PER_INCH < LEAST_DPI {
        let (width, height) = (width / POINTS_PER_INCH, height / POINTS_PER_INCH);
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

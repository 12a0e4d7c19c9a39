//! Files that are one image: PNG, JPEG, WebP, GIF, BMP, PNM.

use d2d_worker::Refusal;
use image::codecs::gif::GifDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::error::LimitErrorKind;
use image::metadata::Orientation;
use image::{AnimationDecoder, DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader};

use super::source::Source;
use super::{Kind, PageImage, density, jpeg, pixels};

/// An image file.
#[derive(Debug)]
pub(super) struct Raster {
    kind: Kind,
    format: ImageFormat,
}

impl Raster {
    /// Reads the header.
    pub(super) fn open(source: &Source, kind: Kind) -> Result<Self, Refusal> {
        let format = kind.image_format().ok_or_else(|| source.unsupported(kind.name()))?;
        let raster = Self { kind, format };
        raster.decoder(source)?;
        if format == ImageFormat::Jpeg && !jpeg::has_end(&mut source.reader()?).unwrap_or(false) {
            return Err(source.damaged("the end of the JPEG is missing"));
        }
        Ok(raster)
    }

    /// Decodes it: upright, on white.
    pub(super) fn decode(&self, source: &Source) -> Result<PageImage, Refusal> {
        let mut decoder = self.decoder(source)?;
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let image = DynamicImage::from_decoder(decoder).map_err(|error| refusal(source, error))?;
        let mut upright = DynamicImage::ImageRgb8(pixels::on_white(image));
        upright.apply_orientation(orientation);
        let dpi = density::of_image(&mut source.reader()?, self.kind);
        Ok(PageImage { rgb: upright.into_rgb8(), dpi })
    }

    /// What its owner should know: that only the first of several frames is read.
    pub(super) fn warning(&self, source: &Source) -> Option<String> {
        let reader = source.reader().ok()?;
        let moves = match self.format {
            ImageFormat::Gif => GifDecoder::new(reader).ok()?.into_frames().nth(1).is_some(),
            ImageFormat::WebP => WebPDecoder::new(reader).ok()?.has_animation(),
            ImageFormat::Png => PngDecoder::new(reader).ok()?.is_apng().ok()?,
            _ => false,
        };
        moves.then(|| format!("only the first frame of this animated {} is read", self.kind.name()))
    }

    /// Whether it was compressed with loss: JPEG, and WebP but for its lossless kind.
    pub(super) fn is_lossy(&self, source: &Source) -> bool {
        match self.format {
            ImageFormat::Jpeg => true,
            ImageFormat::WebP => source.read().is_ok_and(|bytes| !bytes.windows(4).any(|name| name == b"VP8L")),
            _ => false,
        }
    }

    /// A decoder that has read the header, of an image that is not too large.
    fn decoder(&self, source: &Source) -> Result<impl ImageDecoder + use<>, Refusal> {
        let mut reader = ImageReader::with_format(source.reader()?, self.format);
        let mut limits = image::Limits::default();
        limits.max_alloc = Some(source.limits.decoded_bytes);
        reader.limits(limits);
        let decoder = reader.into_decoder().map_err(|error| refusal(source, error))?;
        source.check_size(decoder.dimensions(), decoder.total_bytes())?;
        Ok(decoder)
    }
}

fn refusal(source: &Source, error: ImageError) -> Refusal {
    match error {
        ImageError::Unsupported(error) => source.unsupported(error),
        ImageError::Limits(error) if matches!(error.kind(), LimitErrorKind::InsufficientMemory) => {
            source.refuse(d2d_api::ProblemCode::InputTooManyPixels, "takes too much memory to decode; make it smaller")
        }
        ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            source.damaged("it ends too early")
        }
        error => source.damaged(error),
    }
}

//! Pages as files of the formats that users send.

use std::io::Cursor;

use anyhow::{Result, ensure};
use image::{DynamicImage, GrayImage, ImageFormat, Luma};
use jpeg_encoder::{ColorType, Encoder};

/// A format to send a page in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// 8-bit gray PNG.
    Png,
    /// JPEG of this quality, 1 to 100.
    Jpeg(u8),
    /// JPEG in four inks.
    JpegCmyk,
    /// JPEG lying on its side, with the EXIF tag that says so.
    JpegOnItsSide,
    /// TIFF.
    Tiff,
    /// Lossless WebP.
    WebP,
    /// Windows bitmap.
    Bmp,
    /// GIF.
    Gif,
    /// Portable graymap.
    Pnm,
}

impl Encoding {
    /// Every format, JPEG once plain.
    pub const ALL: [Self; 9] = [
        Self::Png,
        Self::Jpeg(90),
        Self::JpegCmyk,
        Self::JpegOnItsSide,
        Self::Tiff,
        Self::WebP,
        Self::Bmp,
        Self::Gif,
        Self::Pnm,
    ];

    /// What files of the format are called.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg(_) | Self::JpegCmyk | Self::JpegOnItsSide => "jpg",
            Self::Tiff => "tif",
            Self::WebP => "webp",
            Self::Bmp => "bmp",
            Self::Gif => "gif",
            Self::Pnm => "pgm",
        }
    }

    /// The image as a file.
    ///
    /// # Errors
    /// When the format can't hold it.
    pub fn encode(self, image: &GrayImage) -> Result<Vec<u8>> {
        match self {
            Self::Png => png(image),
            Self::Jpeg(quality) => jpeg(image, quality, None),
            Self::JpegCmyk => jpeg_cmyk(image),
            Self::JpegOnItsSide => jpeg(&image::imageops::rotate270(image), 90, Some(TURN_RIGHT)),
            Self::Tiff => by_image(image, ImageFormat::Tiff),
            Self::WebP => by_image(image, ImageFormat::WebP),
            Self::Bmp => by_image(image, ImageFormat::Bmp),
            Self::Gif => by_image(&DynamicImage::ImageLuma8(image.clone()).to_rgba8(), ImageFormat::Gif),
            Self::Pnm => by_image(image, ImageFormat::Pnm),
        }
    }
}

/// EXIF orientation 6: to be turned right by a quarter before it is looked at.
const TURN_RIGHT: u8 = 6;

fn by_image<P>(image: &image::ImageBuffer<P, Vec<u8>>, format: ImageFormat) -> Result<Vec<u8>>
where
    P: image::Pixel<Subpixel = u8> + image::PixelWithColorType,
{
    let mut file = Cursor::new(Vec::new());
    image.write_to(&mut file, format)?;
    Ok(file.into_inner())
}

/// The smallest PNG of it: adaptive filters and the slow compressor.
fn png(image: &GrayImage) -> Result<Vec<u8>> {
    use image::ImageEncoder as _;
    use image::codecs::png::{CompressionType, FilterType, PngEncoder};
    let mut file = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut file, CompressionType::Best, FilterType::Adaptive);
    encoder.write_image(image, image.width(), image.height(), image::ExtendedColorType::L8)?;
    Ok(file)
}

fn jpeg(image: &GrayImage, quality: u8, orientation: Option<u8>) -> Result<Vec<u8>> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, quality);
    if let Some(orientation) = orientation {
        encoder.add_app_segment(1, exif(orientation))?;
    }
    let (width, height) = jpeg_size(image)?;
    encoder.encode(image, width, height, ColorType::Luma)?;
    Ok(file)
}

fn jpeg_cmyk(image: &GrayImage) -> Result<Vec<u8>> {
    let inks: Vec<u8> = image.pixels().flat_map(|Luma([value])| [0, 0, 0, 255 - value]).collect();
    let mut file = Vec::new();
    let (width, height) = jpeg_size(image)?;
    Encoder::new(&mut file, 90).encode(&inks, width, height, ColorType::Cmyk)?;
    Ok(file)
}

fn jpeg_size(image: &GrayImage) -> Result<(u16, u16)> {
    let size = (u16::try_from(image.width()), u16::try_from(image.height()));
    ensure!(size.0.is_ok() && size.1.is_ok(), "a JPEG has at most 65535 pixels on a side");
    Ok((size.0?, size.1?))
}

/// An EXIF block with one entry: tag 0x0112, orientation (CIPA DC-008 section 4.6.4).
fn exif(orientation: u8) -> Vec<u8> {
    let mut block = b"Exif\0\0MM\0*\0\0\0\x08".to_vec();
    block.extend([0, 1]); // one entry
    block.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]);
    block.extend([0, 0, 0, 0]); // no further directory
    block
}

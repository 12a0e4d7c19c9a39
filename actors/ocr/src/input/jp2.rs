//! JPEG 2000 in its JP2 file format (ISO/IEC 15444-1, annex I), decoded by hayro-jpeg2000.

use d2d_worker::Refusal;
use hayro_jpeg2000::{ColorSpace, DecodeSettings, DecoderContext, Image};
use image::RgbImage;

use super::source::Source;
use super::{PageImage, pixels};

/// Bytes that a decoded sample takes: coefficients in floats, then the sample itself.
const BYTES_PER_SAMPLE: u64 = 9;

/// Looks at the header: that it is one, and of an image that is not too large.
pub(super) fn check(source: &Source) -> Result<(), Refusal> {
    let bytes = source.read()?;
    header(source, &bytes).map(drop)
}

/// Decodes it, on white.
pub(super) fn decode(source: &Source) -> Result<PageImage, Refusal> {
    let bytes = source.read()?;
    let image = header(source, &bytes)?;
    let (colours, alpha, size) =
        (image.color_space().num_channels(), image.has_alpha(), (image.width(), image.height()));
    let is_cmyk = matches!(image.color_space(), ColorSpace::CMYK);
    let mut context = DecoderContext::default();
    let decoded = image.decode(&mut context).map_err(|error| source.damaged(error))?;
    if decoded.components().is_empty() {
        return Err(source.damaged("it has no samples"));
    }
    let samples = decoded.data_u8();
    let channels = usize::from(colours) + usize::from(alpha);
    let expected = channels * size.0 as usize * size.1 as usize;
    if samples.len() != expected || channels == 0 {
        return Err(source.unsupported("its channels have several sizes"));
    }
    let rgb = samples.chunks_exact(channels).flat_map(|pixel| {
        let colour = match *pixel {
            [r, g, b, ..] if colours == 3 => [r, g, b],
            [c, m, y, k, ..] if is_cmyk || colours == 4 => pixels::cmyk_to_rgb([c, m, y, k]),
            [gray, ..] => [gray; 3],
            [] => [u8::MAX; 3],
        };
        match pixel.last() {
            Some(&opacity) if alpha => colour.map(|channel| pixels::over_white(channel, opacity)),
            _ => colour,
        }
    });
    let rgb = RgbImage::from_raw(size.0, size.1, rgb.collect()).ok_or_else(|| source.damaged("it ends too early"))?;
    Ok(PageImage { rgb, dpi: None })
}

fn header<'a>(source: &Source, bytes: &'a [u8]) -> Result<Image<'a>, Refusal> {
    let image = Image::new(bytes, &DecodeSettings::default()).map_err(|error| source.damaged(error))?;
    let samples =
        u64::from(image.width()) * u64::from(image.height()) * u64::from(image.color_space().num_channels() + 1);
    source.check_size((image.width(), image.height()), samples * BYTES_PER_SAMPLE)?;
    Ok(image)
}

//! The samples of a TIFF image to 8-bit RGB.

use image::{Rgb, RgbImage};
use tiff::ColorType;
use tiff::decoder::{BufferLayoutPreference, DecodingResult};

use crate::input::pixels::{cmyk_to_rgb, narrow, over_white, ycbcr_to_rgb};

/// What was read, and what it means.
pub(super) struct Samples {
    pub(super) buffer: DecodingResult,
    pub(super) layout: BufferLayoutPreference,
    pub(super) colour: ColorType,
    /// The colour map: all reds, all greens, all blues.
    pub(super) palette: Option<Vec<u16>>,
    /// What the sample after the colours is.
    pub(super) alpha: Alpha,
}

/// What the sample after the colours is (TIFF 6.0, section 18, `ExtraSamples`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alpha {
    /// Nothing that shows.
    None,
    /// Transparency, with which the colours are multiplied already.
    Associated,
    /// Transparency.
    Unassociated,
}

impl Alpha {
    pub(super) const fn of(extra_sample: Option<u16>) -> Self {
        match extra_sample {
            Some(1) => Self::Associated,
            Some(2) => Self::Unassociated,
            _ => Self::None,
        }
    }

    /// A colour channel on white.
    const fn on_white(self, channel: u8, alpha: u8) -> u8 {
        match self {
            Self::None => channel,
            Self::Associated => channel.saturating_add(255 - alpha),
            Self::Unassociated => over_white(channel, alpha),
        }
    }
}

impl Samples {
    /// The image, on white.
    pub(super) fn into_rgb(self, (width, height): (u32, u32)) -> Result<RgbImage, String> {
        let Self { buffer, layout, colour, palette, alpha } = self;
        let bits = colour.bit_depth();
        let per_pixel = usize::from(colour.num_samples());
        let bytes = match bits {
            1 | 2 | 4 if per_pixel == 1 => unpack(&eight_bits(buffer)?, bits, width, palette.is_none()),
            8 | 16 | 32 | 64 => eight_bits(buffer)?,
            _ => return Err(format!("samples of {bits} bits")),
        };
        if palette.is_some() && bits > 8 {
            return Err(format!("a palette with indices of {bits} bits"));
        }
        // Planes follow one another; else the samples of a pixel do.
        let plane = if layout.planes > 1 { bytes.len() / layout.planes } else { 1 };
        let step = if layout.planes > 1 { 1 } else { per_pixel };
        let sample = |pixel: usize, channel: usize| bytes.get(pixel * step + channel * plane).copied().unwrap_or(255);
        let rgb = |pixel: usize| [sample(pixel, 0), sample(pixel, 1), sample(pixel, 2)];
        let colour_of: Box<dyn Fn(usize) -> [u8; 3]> = match (colour, palette) {
            (_, Some(palette)) => {
                let colours = palette.len() / 3;
                let entry = move |index: usize| palette.get(index).map_or(255, |value| narrow(*value));
                Box::new(move |pixel| [0, 1, 2].map(|c| entry(c * colours + usize::from(sample(pixel, 0)))))
            }
            (ColorType::Gray(_), None) => Box::new(move |pixel| [sample(pixel, 0); 3]),
            (ColorType::GrayA(_) | ColorType::Multiband { .. }, None) => {
                Box::new(move |pixel| [alpha.on_white(sample(pixel, 0), sample(pixel, 1)); 3])
            }
            (ColorType::RGB(_), None) => Box::new(rgb),
            (ColorType::RGBA(_), None) => {
                Box::new(move |pixel| rgb(pixel).map(|c| alpha.on_white(c, sample(pixel, 3))))
            }
            (ColorType::YCbCr(_), None) => Box::new(move |pixel| ycbcr_to_rgb(rgb(pixel))),
            (ColorType::CMYK(_) | ColorType::CMYKA(_), None) => {
                Box::new(move |pixel| cmyk_to_rgb([0, 1, 2, 3].map(|ink| sample(pixel, ink))))
            }
            (other, None) => return Err(format!("colours of type {other:?}")),
        };
        let mut image = RgbImage::new(width, height);
        for (index, pixel) in image.pixels_mut().enumerate() {
            *pixel = Rgb(colour_of(index));
        }
        Ok(image)
    }
}

/// Samples of any width to 8 bits.
fn eight_bits(buffer: DecodingResult) -> Result<Vec<u8>, String> {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // The clamp bounds it.
    let unit = |value: f32| (value.clamp(0.0, 1.0) * 255.0).round() as u8;
    Ok(match buffer {
        DecodingResult::U8(values) => values,
        DecodingResult::U16(values) => values.into_iter().map(narrow).collect(),
        DecodingResult::U32(values) => values.into_iter().map(|value| value.to_be_bytes()[0]).collect(),
        DecodingResult::U64(values) => values.into_iter().map(|value| value.to_be_bytes()[0]).collect(),
        DecodingResult::F32(values) => values.into_iter().map(unit).collect(),
        #[allow(clippy::cast_possible_truncation)] // From 0 to 1.
        DecodingResult::F64(values) => values.into_iter().map(|value| unit(value as f32)).collect(),
        _ => return Err("signed samples".into()),
    })
}

/// Samples of 1, 2 or 4 bits to bytes; rows begin on a byte. As shades they are spread over 0 to 255.
fn unpack(packed: &[u8], bits: u8, width: u32, as_shades: bool) -> Vec<u8> {
    let per_byte = usize::from(8 / bits);
    let most = u8::MAX >> (8 - bits);
    let spread = if as_shades { u8::MAX / most } else { 1 };
    let width = width as usize;
    let row = |row: &[u8]| -> Vec<u8> {
        let sample = |x: usize| (row[x / per_byte] >> (8 - usize::from(bits) * (x % per_byte + 1))) & most;
        (0..width).map(|x| sample(x) * spread).collect()
    };
    packed.chunks_exact(width.div_ceil(per_byte)).flat_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_rows_begin_on_a_byte() {
        assert_eq!(unpack(&[0b1010_0000, 0b0110_0000], 1, 3, true), [255, 0, 255, 0, 255, 255]);
        assert_eq!(unpack(&[0x1f, 0x20], 4, 3, true), [17, 255, 34]);
        assert_eq!(unpack(&[0b0001_1011], 2, 4, false), [0, 1, 2, 3]);
    }

    #[test]
    fn wide_samples_keep_their_shade() {
        assert_eq!(eight_bits(DecodingResult::U16(vec![0, 0x8080, 0xffff])), Ok(vec![0, 0x80, 255]));
        assert_eq!(eight_bits(DecodingResult::U32(vec![u32::MAX, 1 << 31])), Ok(vec![255, 128]));
        assert_eq!(eight_bits(DecodingResult::F32(vec![-1.0, 0.5, f32::NAN, 2.0])), Ok(vec![0, 128, 0, 255]));
        assert!(eight_bits(DecodingResult::I8(vec![1])).is_err());
    }
}

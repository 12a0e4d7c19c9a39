//! Pixels to the smallest form that shows them as they are: black and white by CCITT Group 4, few colours by a palette,
//! others by rows with a predictor; or as JPEG, if they were compressed with loss before or would become too large.

use std::collections::HashMap;
use std::io;

use fax::{Color, VecWriter};
use image::RgbImage;
use image::metadata::Orientation;
use jpeg_encoder::{ColorType, SamplingFactor};

use super::png::predicted;
use super::{Colours, Data, Picture};
use crate::pdf::objects::deflated;

/// What an image may be compressed to, to what it was before, in percent.
const MOST_PERCENT: u64 = 108;
/// Qualities of JPEG that are tried. Above, files grow and nothing shows; below, letters fray.
const BEST_QUALITY: u8 = 92;
const LEAST_QUALITY: u8 = 25;
/// Colours of a palette.
const MOST_COLOURS: usize = 256;
const BLACK: [u8; 3] = [0; 3];
const WHITE: [u8; 3] = [255; 3];

/// Compresses pixels to about `bytes`.
pub(super) fn encode(rgb: &RgbImage, bytes: u64, is_lossy: bool) -> io::Result<Picture> {
    let palette = Palette::of(rgb);
    let most = bytes.saturating_mul(MOST_PERCENT) / 100;
    if let Some(palette) = palette.as_ref().filter(|palette| palette.is_bilevel()) {
        return bilevel(rgb, palette);
    }
    let jpeg = if is_lossy { jpeg_of(rgb, most)? } else { None };
    if let Some(jpeg) = jpeg.filter(|jpeg| jpeg.bytes() <= most) {
        return Ok(jpeg);
    }
    let lossless = match &palette {
        Some(palette) => smaller(indexed(rgb, palette)?, rows(rgb)?),
        None => rows(rgb)?,
    };
    if lossless.bytes() <= most {
        return Ok(lossless);
    }
    Ok(match jpeg_of(rgb, most)? {
        Some(jpeg) => smaller(lossless, jpeg),
        None => lossless,
    })
}

/// The colours of an image that has few, in the order that they appear.
struct Palette {
    colours: Vec<[u8; 3]>,
    indices: HashMap<[u8; 3], u8>,
}

impl Palette {
    fn of(rgb: &RgbImage) -> Option<Self> {
        let mut palette = Self { colours: Vec::new(), indices: HashMap::new() };
        let mut last = None;
        for pixel in rgb.pixels() {
            if last == Some(pixel.0) {
                continue;
            }
            last = Some(pixel.0);
            if !palette.indices.contains_key(&pixel.0) {
                palette.indices.insert(pixel.0, u8::try_from(palette.colours.len()).ok()?);
                palette.colours.push(pixel.0);
                if palette.colours.len() > MOST_COLOURS {
                    return None;
                }
            }
        }
        Some(palette)
    }

    fn is_bilevel(&self) -> bool {
        self.colours.iter().all(|colour| [BLACK, WHITE].contains(colour))
    }

    /// The least bits that hold an index.
    const fn bits(&self) -> u8 {
        match self.colours.len() {
            0..=2 => 1,
            3..=4 => 2,
            5..=16 => 4,
            _ => 8,
        }
    }

    fn index(&self, colour: [u8; 3]) -> u8 {
        self.indices.get(&colour).copied().unwrap_or(0)
    }
}

impl Picture {
    fn new(rgb: &RgbImage, colours: Colours, bits: u8, filter: String, data: Vec<u8>) -> Self {
        let (size, data) = (rgb.dimensions(), Data::Bytes(data));
        Self { size, colours, palette: None, profile: None, bits, filter, data, orientation: Orientation::NoTransforms }
    }

    fn bytes(&self) -> u64 {
        match &self.data {
            Data::Bytes(bytes) => bytes.len() as u64 + self.palette.as_ref().map_or(0, Vec::len) as u64 * 2,
            Data::Parts(parts) => parts.iter().map(|(_, length)| length).sum(),
        }
    }
}

fn smaller(one: Picture, other: Picture) -> Picture {
    if other.bytes() < one.bytes() { other } else { one }
}

/// Black and white: by Group 4 (ITU-T T.6), or as packed bits where that is smaller, as for dithered shades.
fn bilevel(rgb: &RgbImage, palette: &Palette) -> io::Result<Picture> {
    let (width, height) = rgb.dimensions();
    let white_index = palette.index(WHITE);
    let has_white = palette.colours.contains(&WHITE);
    let packed = packed(rgb, 1, |colour| u8::from(has_white && palette.index(colour) == white_index));
    let plain = Picture::new(rgb, Colours::Gray, 1, "/Filter/FlateDecode".into(), deflated(&packed)?);
    let Ok(columns) = u16::try_from(width) else { return Ok(plain) };
    let mut encoder = fax::encoder::Encoder::new(VecWriter::new());
    for row in rgb.rows() {
        let colours = row.map(|pixel| if pixel.0 == WHITE { Color::White } else { Color::Black });
        // Writing into memory does not fail.
        let _ = encoder.encode_line(colours, columns);
    }
    let coded = encoder.finish().map(VecWriter::finish).unwrap_or_default();
    let filter = format!("/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns {width}/Rows {height}>>");
    Ok(smaller(plain, Picture::new(rgb, Colours::Gray, 1, filter, coded)))
}

/// Indices into a palette.
fn indexed(rgb: &RgbImage, palette: &Palette) -> io::Result<Picture> {
    let bits = palette.bits();
    let data = deflated(&packed(rgb, bits, |colour| palette.index(colour)))?;
    let picture = Picture::new(rgb, Colours::Rgb, bits, "/Filter/FlateDecode".into(), data);
    Ok(Picture { palette: Some(palette.colours.concat()), ..picture })
}

/// Samples of 1, 2, 4 or 8 bits; rows begin on a byte.
fn packed(rgb: &RgbImage, bits: u8, sample: impl Fn([u8; 3]) -> u8) -> Vec<u8> {
    let per_byte = usize::from(8 / bits);
    let mut packed = Vec::with_capacity((rgb.width() as usize).div_ceil(per_byte) * rgb.height() as usize);
    for row in rgb.rows() {
        let samples: Vec<u8> = row.map(|pixel| sample(pixel.0)).collect();
        packed.extend(samples.chunks(per_byte).map(|chunk| {
            let joined = chunk.iter().fold(0_u32, |joined, sample| (joined << bits) | u32::from(*sample));
            let missing = u32::from(bits) * u32::try_from(per_byte - chunk.len()).unwrap_or(0);
            (joined << missing).to_le_bytes()[0]
        }));
    }
    packed
}

/// Gray or RGB samples, each row with the predictor of PNG that leaves least (PNG, 12.8).
fn rows(rgb: &RgbImage) -> io::Result<Picture> {
    let (samples, colours) = samples(rgb);
    let channels = usize::from(colours.channels());
    let stride = rgb.width() as usize * channels;
    let mut filtered = Vec::with_capacity((stride + 1) * rgb.height() as usize);
    let nothing = vec![0; stride];
    let mut above: &[u8] = &nothing;
    for row in samples.chunks_exact(stride.max(1)) {
        let candidates = [Predictor::None, Predictor::Sub, Predictor::Up, Predictor::Paeth];
        let best =
            candidates.into_iter().map(|predictor| predictor.row(row, above, channels)).min_by_key(|row| cost(row));
        filtered.extend(best.unwrap_or_default());
        above = row;
    }
    let filter = predicted(colours.channels(), 8, rgb.width());
    Ok(Picture::new(rgb, colours, 8, filter, deflated(&filtered)?))
}

/// How a row is foretold (PNG, 9.2); the numbers are those of the format.
#[derive(Debug, Clone, Copy)]
enum Predictor {
    None = 0,
    Sub = 1,
    Up = 2,
    Paeth = 4,
}

impl Predictor {
    /// The number of the predictor, and what it leaves of the row.
    fn row(self, row: &[u8], above: &[u8], channels: usize) -> Vec<u8> {
        let before = |line: &[u8], i: usize| if i < channels { 0 } else { line[i - channels] };
        let left = |i: usize| match self {
            Self::None => 0,
            Self::Sub => before(row, i),
            Self::Up => above[i],
            Self::Paeth => paeth(before(row, i), above[i], before(above, i)),
        };
        let rest = row.iter().enumerate().map(|(i, sample)| sample.wrapping_sub(left(i)));
        std::iter::once(self as u8).chain(rest).collect()
    }
}

/// The neighbour that is nearest to left + above - diagonal (PNG, 9.4).
fn paeth(left: u8, above: u8, diagonal: u8) -> u8 {
    let estimate = i16::from(left) + i16::from(above) - i16::from(diagonal);
    let away = |sample: u8| (estimate - i16::from(sample)).abs();
    if away(left) <= away(above) && away(left) <= away(diagonal) {
        left
    } else if away(above) <= away(diagonal) {
        above
    } else {
        diagonal
    }
}

/// The sum of what is left, as signed numbers.
fn cost(row: &[u8]) -> u64 {
    row.iter().skip(1).map(|left| u64::from(left.cast_signed().unsigned_abs())).sum()
}

/// One sample a pixel if all are gray, or three.
fn samples(rgb: &RgbImage) -> (Vec<u8>, Colours) {
    if rgb.pixels().all(|pixel| pixel.0[0] == pixel.0[1] && pixel.0[1] == pixel.0[2]) {
        (rgb.pixels().map(|pixel| pixel.0[0]).collect(), Colours::Gray)
    } else {
        (rgb.as_raw().clone(), Colours::Rgb)
    }
}

/// JPEG of the best quality that does not take more bytes, or of the least that is bearable; none if the image has more
/// rows or columns than JPEG can count.
fn jpeg_of(rgb: &RgbImage, most: u64) -> io::Result<Option<Picture>> {
    if rgb.width().max(rgb.height()) > u32::from(u16::MAX) {
        return Ok(None);
    }
    let best = jpeg(rgb, BEST_QUALITY)?;
    if best.bytes() <= most {
        return Ok(Some(best));
    }
    let mut found = jpeg(rgb, LEAST_QUALITY)?;
    // The found one fits, or nothing does; that of `high` does not.
    let (mut low, mut high) = (LEAST_QUALITY, if found.bytes() <= most { BEST_QUALITY } else { LEAST_QUALITY });
    while low + 1 < high {
        let quality = low.midpoint(high);
        let tried = jpeg(rgb, quality)?;
        if tried.bytes() <= most {
            (found, low) = (tried, quality);
        } else {
            high = quality;
        }
    }
    Ok(Some(found))
}

fn jpeg(rgb: &RgbImage, quality: u8) -> io::Result<Picture> {
    let too_large = |_| io::Error::other("an image is too large for JPEG");
    let width = u16::try_from(rgb.width()).map_err(too_large)?;
    let height = u16::try_from(rgb.height()).map_err(too_large)?;
    let (samples, colours) = samples(rgb);
    let mut data = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut data, quality);
    encoder.set_optimized_huffman_tables(true);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    let kind = if colours == Colours::Gray { ColorType::Luma } else { ColorType::Rgb };
    encoder.encode(&samples, width, height, kind).map_err(io::Error::other)?;
    Ok(Picture::new(rgb, colours, 8, "/Filter/DCTDecode".into(), data))
}

#[cfg(test)]
mod tests {
    use hayro_ccitt::{DecodeSettings, DecoderContext, EncodingMode};
    use image::Rgb;

    use super::*;

    fn noise(x: u32, y: u32) -> u8 {
        (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)).wrapping_mul(2_246_822_519).to_be_bytes()[0]
    }

    struct Rows(Vec<Vec<u32>>);

    impl hayro_ccitt::Decoder for Rows {
        fn push_row(&mut self, changes: &[u32]) {
            self.0.push(changes.to_vec());
        }
    }

    #[test]
    fn black_and_white_goes_by_fax() -> io::Result<()> {
        let page = RgbImage::from_fn(100, 40, |x, y| Rgb(if (20..60).contains(&x) && y > 9 { BLACK } else { WHITE }));
        let picture = encode(&page, 1, false)?;
        assert_eq!((picture.bits, picture.colours), (1, Colours::Gray));
        assert!(picture.filter.contains("CCITTFaxDecode"), "{}", picture.filter);
        let Data::Bytes(data) = picture.data else { return Err(io::Error::other("not here")) };
        let settings = DecodeSettings {
            columns: 100,
            rows: 40,
            end_of_block: true,
            end_of_line: false,
            rows_are_byte_aligned: false,
            encoding: EncodingMode::Group4,
            strict: true,
        };
        let mut rows = Rows(Vec::new());
        assert!(hayro_ccitt::decode(&data, &mut rows, &mut DecoderContext::new(settings)).is_ok());
        assert_eq!((rows.0.len(), rows.0[3].as_slice(), rows.0[30].as_slice()), (40, &[][..], &[20, 60][..]));
        Ok(())
    }

    #[test]
    fn few_colours_are_indices_and_others_rows() -> io::Result<()> {
        let spread = |x: u32, y: u32| [[9, 99, 199], [0; 3], [255; 3], [1, 2, 3]][usize::from(noise(x, y)) % 4];
        let few = encode(&RgbImage::from_fn(61, 40, |x, y| Rgb(spread(x, y))), u64::MAX / 1000, false)?;
        assert_eq!((few.bits, few.palette.map(|palette| palette.len())), (2, Some(12)));
        let ramp = RgbImage::from_fn(256, 40, |x, y| Rgb([(x + y).to_le_bytes()[0], 0, x.to_le_bytes()[0]]));
        let many = encode(&ramp, u64::MAX / 1000, false)?;
        assert_eq!((many.bits, many.colours, many.palette), (8, Colours::Rgb, None));
        assert!(many.filter.contains("/Predictor 15/Colors 3"));
        Ok(())
    }

    #[test]
    fn what_had_loss_stays_within_its_bytes() -> io::Result<()> {
        let photo = RgbImage::from_fn(200, 200, |x, y| Rgb([noise(x / 8, y / 8), noise(y / 4, x), noise(x, y) / 8]));
        let full = encode(&photo, u64::MAX / 1000, true)?;
        assert!(full.filter.contains("DCTDecode"));
        let most = full.bytes() / 2;
        let less = encode(&photo, most, true)?;
        assert!(
            less.bytes() <= most * MOST_PERCENT / 100 && less.bytes() > most * 8 / 10,
            "{} of {most}",
            less.bytes()
        );
        Ok(())
    }

    #[test]
    fn predictors_foretell_what_they_should() {
        let (above, row) = ([10, 20, 30], [11, 21, 41]);
        let left = |predictor: Predictor| predictor.row(&row, &above, 1);
        assert_eq!(left(Predictor::Sub), [1, 11, 10, 20]);
        assert_eq!(left(Predictor::Up), [2, 1, 1, 11]);
        assert_eq!(left(Predictor::Paeth), [4, 1, 1, 11]);
    }
}

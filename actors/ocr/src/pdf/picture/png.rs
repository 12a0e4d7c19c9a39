//! PNG: its compressed rows are those of `FlateDecode` with a PNG predictor (ISO 32000-1, 7.4.4.4), so they are kept where
//! they need neither transparency nor interlacing.

use std::io::{self, Read, Seek, SeekFrom};

use image::metadata::Orientation;

use super::{Colours, Data, Picture};

const SIGNATURE_BYTES: u64 = 8;
/// Chunks that are looked at; those of the pixels may be many.
const MOST_CHUNKS: usize = 1 << 20;

/// The picture that the file is, if it can be kept.
pub(super) fn read(file: &mut (impl Read + Seek)) -> io::Result<Option<Picture>> {
    let mut place = SIGNATURE_BYTES;
    let (mut header, mut palette, mut parts) = (None, None, Vec::new());
    for _ in 0..MOST_CHUNKS {
        file.seek(SeekFrom::Start(place))?;
        let mut head = [0; 8];
        file.read_exact(&mut head)?;
        let [l0, l1, l2, l3, name @ ..] = head;
        let length = u32::from_be_bytes([l0, l1, l2, l3]);
        match &name {
            b"IHDR" => {
                let mut fields = [0; 13];
                file.read_exact(&mut fields)?;
                header = Some(fields);
            }
            b"PLTE" if length <= 768 => {
                let mut colours = vec![0; length as usize];
                file.read_exact(&mut colours)?;
                palette = Some(colours);
            }
            b"tRNS" => return Ok(None),
            b"IDAT" => parts.push((place + 8, u64::from(length))),
            b"IEND" => break,
            _ => {}
        }
        place += 12 + u64::from(length);
    }
    Ok(header.and_then(|header| picture(header, palette, parts)))
}

fn picture(header: [u8; 13], palette: Option<Vec<u8>>, parts: Vec<(u64, u64)>) -> Option<Picture> {
    let [w0, w1, w2, w3, h0, h1, h2, h3, bits, colour_type, _, _, interlacing] = header;
    let (colours, palette) = match colour_type {
        0 => (Colours::Gray, None),
        2 => (Colours::Rgb, None),
        3 => (Colours::Rgb, Some(palette?)),
        _ => return None,
    };
    if interlacing != 0 || parts.is_empty() {
        return None;
    }
    let (width, height) = (u32::from_be_bytes([w0, w1, w2, w3]), u32::from_be_bytes([h0, h1, h2, h3]));
    let channels = if palette.is_some() { 1 } else { colours.channels() };
    Some(Picture {
        size: (width, height),
        colours,
        palette,
        profile: None,
        bits,
        filter: predicted(channels, bits, width),
        data: Data::Parts(parts),
        orientation: Orientation::NoTransforms,
    })
}

/// The filter of compressed rows, each with its own predictor.
pub(super) fn predicted(channels: u8, bits: u8, width: u32) -> String {
    format!(
        "/Filter/FlateDecode/DecodeParms<</Predictor 15/Colors {channels}/BitsPerComponent {bits}/Columns {width}>>"
    )
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{DynamicImage, ImageFormat, RgbImage, RgbaImage};

    use super::*;

    fn read(image: &DynamicImage) -> Result<Option<Picture>, Box<dyn std::error::Error>> {
        let mut file = Cursor::new(Vec::new());
        image.write_to(&mut file, ImageFormat::Png)?;
        Ok(super::read(&mut file)?)
    }

    #[test]
    fn rows_are_kept_unless_they_are_transparent() -> Result<(), Box<dyn std::error::Error>> {
        let picture = read(&RgbImage::new(7, 5).into())?.ok_or("not kept")?;
        assert_eq!((picture.size, picture.bits, picture.colours), ((7, 5), 8, Colours::Rgb));
        assert!(picture.filter.contains("/Colors 3/BitsPerComponent 8/Columns 7"));
        assert!(matches!(picture.data, Data::Parts(parts) if parts.len() == 1 && parts[0].0 == 41));
        assert!(read(&RgbaImage::new(7, 5).into())?.is_none());
        Ok(())
    }

    #[test]
    fn palettes_come_along_and_interlaced_rows_do_not() {
        let header = |colour_type, interlacing| [0, 0, 0, 9, 0, 0, 0, 2, 4, colour_type, 0, 0, interlacing];
        let indexed = picture(header(3, 0), Some(vec![1; 48]), vec![(99, 5)]);
        assert!(
            indexed.is_some_and(|picture| picture.palette.is_some() && picture.filter.contains("/Colors 1/BitsPer"))
        );
        assert!(picture(header(3, 0), None, vec![(99, 5)]).is_none());
        assert!(picture(header(0, 1), None, vec![(99, 5)]).is_none());
    }
}

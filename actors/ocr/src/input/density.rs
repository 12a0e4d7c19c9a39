//! The resolution that image files say they have.

use std::io::{Read, Seek, SeekFrom};

use super::{Kind, jpeg};

/// What scans, photos and faxes have; other values are placeholders.
const BELIEVED_DPI: std::ops::RangeInclusive<f32> = 40.0..=4800.0;
const INCHES_PER_METRE: f32 = 39.370_08;
/// Chunks before the pixels of a PNG that are looked at.
const MOST_CHUNKS: usize = 64;

/// The resolution of an image in dots per inch, if it tells one worth believing.
pub(super) fn of_image(file: &mut (impl Read + Seek), kind: Kind) -> Option<f32> {
    file.seek(SeekFrom::Start(0)).ok()?;
    let dpi = match kind {
        Kind::Png => png(file),
        Kind::Jpeg => jpeg::dots_per_inch(file),
        Kind::Bmp => bmp(file),
        _ => None,
    };
    dpi.and_then(believed)
}

/// The resolution, if it can be meant.
pub(super) fn believed(dpi: f32) -> Option<f32> {
    BELIEVED_DPI.contains(&dpi).then_some(dpi)
}

/// PNG, 11.3.4.3: chunk `pHYs`, pixels per metre.
fn png(file: &mut (impl Read + Seek)) -> Option<f32> {
    file.seek(SeekFrom::Start(8)).ok()?;
    for _ in 0..MOST_CHUNKS {
        let [l0, l1, l2, l3, name @ ..] = bytes::<8>(file)?;
        let length = u32::from_be_bytes([l0, l1, l2, l3]);
        match &name {
            b"pHYs" => {
                let [x0, x1, x2, x3, _, _, _, _, unit] = bytes::<9>(file)?;
                return (unit == 1).then(|| per_metre(u32::from_be_bytes([x0, x1, x2, x3])));
            }
            b"IDAT" => return None,
            _ => file.seek(SeekFrom::Current(i64::from(length) + 4)).ok()?,
        };
    }
    None
}

/// BITMAPINFOHEADER: `biXPelsPerMeter` at 38.
fn bmp(file: &mut (impl Read + Seek)) -> Option<f32> {
    file.seek(SeekFrom::Start(14)).ok()?;
    let header = u32::from_le_bytes(bytes::<4>(file)?);
    file.seek(SeekFrom::Start(38)).ok()?;
    let x = u32::from_le_bytes(bytes::<4>(file)?);
    (header >= 40).then(|| per_metre(x))
}

#[allow(clippy::cast_precision_loss)] // A resolution has few digits.
fn per_metre(pixels: u32) -> f32 {
    pixels as f32 / INCHES_PER_METRE
}

fn bytes<const N: usize>(from: &mut impl Read) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes).ok().map(|()| bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn of(bytes: &[u8], kind: Kind) -> Option<f32> {
        of_image(&mut Cursor::new(bytes), kind).map(f32::round)
    }

    #[test]
    fn a_png_tells_pixels_per_metre() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x02tEXtab....\0\0\0\x09pHYs".to_vec();
        png.extend([0, 0, 0x2e, 0x23, 0, 0, 0x2e, 0x23, 1]);
        assert_eq!(of(&png, Kind::Png), Some(300.0));
        png.pop();
        assert_eq!(of(&png, Kind::Png), None, "cut off");
    }

    #[test]
    fn placeholders_are_not_believed() {
        let jpeg = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x02\x01\0\x01\0\x01\0\0";
        assert_eq!(of(jpeg, Kind::Jpeg), None);
        assert_eq!([believed(200.0), believed(1.0), believed(f32::NAN)], [Some(200.0), None, None]);
    }
}

//! JPEG: kept byte for byte where the `DCTDecode` filter knows its kind (ISO 32000-1, 7.4.8).

use std::io::{self, Read, Seek, SeekFrom};

use image::metadata::Orientation;

use super::{Colours, Data, Picture};
use crate::input::jpeg_segment;

/// Frames that readers of PDF know: baseline, extended and progressive (ITU-T T.81, table B.1).
const FRAMES: std::ops::RangeInclusive<u8> = 0xc0..=0xc2;
/// Markers of frames of any kind: 0xc0 to 0xcf but for the tables among them.
const TABLES: [u8; 3] = [0xc4, 0xc8, 0xcc];
const APP14: u8 = 0xee;

/// The picture that the file is, if it can be kept.
pub(super) fn read(file: &mut (impl Read + Seek)) -> io::Result<Option<Picture>> {
    let length = file.seek(SeekFrom::End(0))?;
    let is_frame = |marker: u8| (0xc0..=0xcf).contains(&marker) && !TABLES.contains(&marker);
    let frame = jpeg_segment(file, |marker, _| is_frame(marker));
    let Some((marker, [8, h0, h1, w0, w1, components, ..])) = frame.filter(|(marker, _)| FRAMES.contains(marker))
    else {
        return Ok(None);
    };
    debug_assert!(is_frame(marker));
    let colours = match components {
        1 => Colours::Gray,
        3 => Colours::Rgb,
        4 => Colours::Cmyk,
        _ => return Ok(None),
    };
    // Programs by Adobe, and all that follow them, write inks inverted.
    let by_adobe = jpeg_segment(file, |marker, content| marker == APP14 && content.starts_with(b"Adobe")).is_some();
    let inverted = if colours == Colours::Cmyk && by_adobe { "/Decode[1 0 1 0 1 0 1 0]" } else { "" };
    let size = (u32::from(u16::from_be_bytes([w0, w1])), u32::from(u16::from_be_bytes([h0, h1])));
    Ok((size.1 > 0).then(|| Picture {
        size,
        colours,
        palette: None,
        profile: None,
        bits: 8,
        filter: format!("/Filter/DCTDecode{inverted}"),
        data: Data::Parts(vec![(0, length)]),
        orientation: Orientation::NoTransforms,
    }))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn read(bytes: &[u8]) -> Option<Picture> {
        super::read(&mut Cursor::new(bytes)).ok().flatten()
    }

    #[test]
    fn the_frame_tells_size_and_colours() -> Result<(), &'static str> {
        let mut jpeg =
            b"\xff\xd8\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\x02\xff\xc2\0\x0b\x08\0\x09\x01\x02\x04123\xff\xda".to_vec();
        let picture = read(&jpeg).ok_or("not kept")?;
        assert_eq!((picture.size, picture.colours), ((258, 9), Colours::Cmyk));
        assert!(picture.filter.contains("/Decode[1 0"));
        assert_eq!(picture.data, Data::Parts(vec![(0, jpeg.len() as u64)]));
        let frame = jpeg.len() - 15;
        // Twelve bits, and arithmetic coding.
        for (place, value) in [(frame + 4, 12), (frame + 1, 0xc9)] {
            let before = std::mem::replace(&mut jpeg[place], value);
            assert!(read(&jpeg).is_none());
            jpeg[place] = before;
        }
        Ok(())
    }
}

//! What the segments of a JPEG tell (ITU-T T.81, annex B) that its decoder does not.

use std::io::{self, Read, Seek, SeekFrom};

/// Segments before the pixels that are looked at.
const MOST_SEGMENTS: usize = 1000;
/// How much of the end is searched for the end marker: some devices put padding after it.
const TAIL: u64 = 1 << 16;

const START_OF_SCAN: u8 = 0xda;
const APP0: u8 = 0xe0;

/// Whether the end marker is there. The decoder fills what is missing with gray and says nothing.
pub(super) fn has_end(file: &mut (impl Read + Seek)) -> io::Result<bool> {
    // Not before the pixels: a preview in the header has an end of its own.
    let Some((begin, _)) = find(file, |marker, _| marker == START_OF_SCAN) else { return Ok(false) };
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(begin.max(length.saturating_sub(TAIL))))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    Ok(tail.windows(2).any(|pair| pair == [0xff, 0xd9]))
}

/// Its resolution as its JFIF header has it (JFIF 1.02): dots per inch or per centimetre.
pub(super) fn dots_per_inch(file: &mut (impl Read + Seek)) -> Option<f32> {
    let (_, header) = find(file, |marker, content| marker == APP0 && content.starts_with(b"JFIF\0"))?;
    let [.., unit, x0, x1, _, _] = header;
    let x = f32::from(u16::from_be_bytes([x0, x1]));
    match unit {
        1 => Some(x),
        2 => Some(x * 2.54),
        _ => None,
    }
}

/// The first segment of the header that is wanted: its marker, and the beginning of its content.
pub(crate) fn segment(file: &mut (impl Read + Seek), wanted: impl Fn(u8, &[u8]) -> bool) -> Option<(u8, [u8; 12])> {
    let mut found = 0;
    let (_, content) = find(file, |marker, content| {
        found = marker;
        wanted(marker, content)
    })?;
    Some((found, content))
}

/// The first segment of the header that is wanted: the place after it, and the beginning of its content.
fn find(file: &mut (impl Read + Seek), mut wanted: impl FnMut(u8, &[u8]) -> bool) -> Option<(u64, [u8; 12])> {
    let mut place = file.seek(SeekFrom::Start(2)).ok()?;
    for _ in 0..MOST_SEGMENTS {
        let mut head = [0; 4];
        file.read_exact(&mut head).ok()?;
        let [0xff, marker, l0, l1] = head else { return None };
        let length = u64::from(u16::from_be_bytes([l0, l1])).checked_sub(2)?;
        let mut content = [0; 12];
        let known = usize::try_from(length).unwrap_or(usize::MAX).min(content.len());
        file.read_exact(&mut content[..known]).ok()?;
        place += 4 + length;
        if wanted(marker, &content[..known]) {
            return Some((place, content));
        }
        if marker == START_OF_SCAN {
            return None;
        }
        file.seek(SeekFrom::Start(place)).ok()?;
    }
    None
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn the_end_of_a_preview_is_not_the_end() {
        let head = b"\xff\xd8\xff\xe1\0\x06\xff\xd8\xff\xd9\xff\xda\0\x02pixels";
        assert!(has_end(&mut Cursor::new(head)).is_ok_and(|has| !has));
        assert!(has_end(&mut Cursor::new([&head[..], b"\xff\xd9padding"].concat())).is_ok_and(|has| has));
        assert!(has_end(&mut Cursor::new(b"\xff\xd8\xff\xe1")).is_ok_and(|has| !has));
    }

    #[test]
    fn resolutions_come_by_inch_or_centimetre() {
        let jpeg = |unit, x| [&b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x02"[..], &[unit, 0, x, 0, x, 0, 0]].concat();
        let read = |unit, x| dots_per_inch(&mut Cursor::new(jpeg(unit, x))).map(f32::round);
        assert_eq!(read(1, 200), Some(200.0));
        assert_eq!(read(2, 118), Some(300.0));
        assert_eq!(read(0, 1), None, "an aspect ratio");
    }
}

//! A TIFF file in which values of directory entries read other than they are written.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

/// Where TIFF files are read from.
pub(super) type Input = BufReader<File>;

/// A reader with some bytes replaced.
#[derive(Debug)]
pub(super) struct Patched<R> {
    inner: R,
    position: u64,
    bytes: BTreeMap<u64, u8>,
}

impl<R: Read + Seek> Patched<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, position: 0, bytes: BTreeMap::new() }
    }

    /// Makes the entry `tag` of the directory at `directory` read as this value of type SHORT. See TIFF 6.0, section 2,
    /// and for files over 4 GiB the `BigTIFF` design.
    pub(super) fn patch_entry(&mut self, directory: u64, tag: u16, value: u16) -> io::Result<()> {
        self.seek(SeekFrom::Start(0))?;
        let little = self.bytes::<2>()? == *b"II";
        let short = |bytes: [u8; 2]| if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) };
        let big = short(self.bytes()?) == 43;
        let (count_bytes, entry_bytes) = if big { (8, 20) } else { (2, 12) };
        self.seek(SeekFrom::Start(directory))?;
        // Either count begins or ends with its low half, and a directory with more entries than that is no directory.
        let count = if big {
            let all = self.bytes::<8>()?;
            if little { u64::from_le_bytes(all) } else { u64::from_be_bytes(all) }
        } else {
            u64::from(short(self.bytes()?))
        };
        for entry in 0..count.min(u64::from(u16::MAX)) {
            let at = directory + count_bytes + entry * entry_bytes;
            self.seek(SeekFrom::Start(at))?;
            if short(self.bytes()?) == tag {
                // After tag, type and number of values; a value that fits stands at the start of its field.
                let field = at + if big { 12 } else { 8 };
                let value = if little { value.to_le_bytes() } else { value.to_be_bytes() };
                self.bytes.extend((field..).zip(value));
                return Ok(());
            }
        }
        Ok(())
    }

    fn bytes<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

impl<R: Read> Read for Patched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        let end = self.position + n as u64;
        for (at, byte) in self.bytes.range(self.position..end) {
            let offset = usize::try_from(at - self.position).unwrap_or(usize::MAX);
            if let Some(place) = buffer.get_mut(offset) {
                *place = *byte;
            }
        }
        self.position = end;
        Ok(n)
    }
}

impl<R: Seek> Seek for Patched<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = self.inner.seek(to)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn an_entry_reads_as_patched_wherever_reading_begins() -> io::Result<()> {
        // A directory at 8 with two entries of type SHORT: 256 = 7 and 262 = 3.
        let mut file = b"II\x2a\0\x08\0\0\0\x02\0".to_vec();
        for (tag, value) in [(256_u16, 7_u16), (262, 3)] {
            file.extend([tag.to_le_bytes(), 3_u16.to_le_bytes(), [1, 0], [0, 0], value.to_le_bytes(), [0, 0]].concat());
        }
        let mut patched = Patched::new(Cursor::new(file.clone()));
        patched.patch_entry(8, 262, 1)?;
        let place = 10 + 12 + 8;
        file[place] = 1;
        for start in 0..file.len() {
            patched.seek(SeekFrom::Start(start as u64))?;
            let mut rest = Vec::new();
            patched.read_to_end(&mut rest)?;
            assert_eq!(rest, file[start..]);
        }
        Ok(())
    }
}

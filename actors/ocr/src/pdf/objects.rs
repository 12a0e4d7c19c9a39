//! Objects into a file, one after the other, and the cross-reference at its end (ISO 32000-1, 7.5).

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom, Write};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use sha2::{Digest, Sha256};

/// Bytes of a file identifier.
const ID_BYTES: usize = 16;

/// The number and generation of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Id {
    pub(super) number: u32,
    pub(super) generation: u16,
}

/// How the cross-reference is written; an update has to be in the manner of its original.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// A table of text lines.
    Table,
    /// A stream.
    Stream,
}

/// What the end of a file says.
#[derive(Debug, Clone)]
pub(super) struct Trailer {
    pub(super) manner: Manner,
    /// Entries: the catalogue, and what else there is but those that are written here.
    pub(super) entries: Vec<u8>,
    /// The place of the cross-reference that this one adds to.
    pub(super) previous: Option<u64>,
    /// The first half of the file's identifier, as it stands in the original; the same as the second if there is none.
    pub(super) first_id: Option<Vec<u8>>,
}

/// Writes objects, and remembers where.
pub(super) struct ObjectWriter<W> {
    out: W,
    position: u64,
    places: BTreeMap<Id, u64>,
    next: u32,
    digest: Sha256,
}

impl Id {
    /// A new object.
    pub(super) const fn new(number: u32) -> Self {
        Self { number, generation: 0 }
    }
}

impl<W: Write> ObjectWriter<W> {
    /// A writer whose new objects have numbers from `first` on.
    pub(super) fn new(out: W, first: u32) -> Self {
        Self { out, position: 0, places: BTreeMap::new(), next: first, digest: Sha256::new() }
    }

    /// The number of an object to be written later.
    pub(super) fn reserve(&mut self) -> u32 {
        let number = self.next;
        self.next += 1;
        number
    }

    /// Bytes that are no object: a header, or a whole file.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.digest.update(bytes);
        self.position += bytes.len() as u64;
        self.out.write_all(bytes)
    }

    /// An object that is not a stream.
    pub(super) fn object(&mut self, id: Id, content: &[u8]) -> io::Result<()> {
        self.begin(id)?;
        self.bytes(content)?;
        self.bytes(b"\nendobj\n")
    }

    /// A stream; `entries` are those of its dictionary besides its length.
    pub(super) fn stream(&mut self, number: u32, entries: impl AsRef<[u8]>, data: &[u8]) -> io::Result<()> {
        self.begin_stream(number, entries.as_ref(), data.len() as u64)?;
        self.bytes(data)?;
        self.bytes(b"\nendstream\nendobj\n")
    }

    /// A stream that is compressed here.
    pub(super) fn compressed(&mut self, number: u32, entries: impl AsRef<[u8]>, data: &[u8]) -> io::Result<()> {
        let data = deflated(data)?;
        self.stream(number, [b"/Filter/FlateDecode", entries.as_ref()].concat(), &data)
    }

    /// A stream whose data is copied from parts of a file: places and lengths.
    pub(super) fn stream_of_parts(
        &mut self,
        number: u32,
        entries: &str,
        file: &mut (impl Read + Seek),
        parts: &[(u64, u64)],
    ) -> io::Result<()> {
        let length: u64 = parts.iter().map(|(_, length)| length).sum();
        self.begin_stream(number, entries.as_bytes(), length)?;
        for (place, length) in parts {
            file.seek(SeekFrom::Start(*place))?;
            self.copy(*length, file)?;
        }
        self.bytes(b"\nendstream\nendobj\n")
    }

    fn copy(&mut self, length: u64, from: &mut impl Read) -> io::Result<()> {
        let mut from = from.take(length);
        let (mut buffer, mut left) = (vec![0; 1 << 16], length);
        while left > 0 {
            let read = from.read(&mut buffer)?;
            if read == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the original has become shorter"));
            }
            self.bytes(&buffer[..read])?;
            left -= read as u64;
        }
        Ok(())
    }

    fn begin_stream(&mut self, number: u32, entries: &[u8], length: u64) -> io::Result<()> {
        self.begin(Id::new(number))?;
        self.bytes(&[b"<<", entries, format!("/Length {length}>>\nstream\n").as_bytes()].concat())
    }

    fn begin(&mut self, id: Id) -> io::Result<()> {
        self.places.insert(id, self.position);
        self.bytes(format!("{} {} obj\n", id.number, id.generation).as_bytes())
    }

    /// Writes the cross-reference and the trailer, and flushes. The identifier is a digest of all that was written, so
    /// that the same content has the same one.
    pub(super) fn finish(mut self, trailer: &Trailer) -> io::Result<()> {
        let digest = self.digest.clone().finalize();
        let second = format!("<{}>", hex::encode(&digest[..ID_BYTES])).into_bytes();
        let first = trailer.first_id.clone().unwrap_or_else(|| second.clone());
        let mut entries = [&trailer.entries[..], b"/ID[", &first, &second, b"]"].concat();
        if let Some(previous) = trailer.previous {
            entries.extend(format!("/Prev {previous}").bytes());
        }
        let start = match trailer.manner {
            Manner::Table => self.table(&entries, trailer.previous.is_none())?,
            Manner::Stream => self.reference_stream(&entries)?,
        };
        self.bytes(format!("startxref\n{start}\n%%EOF\n").as_bytes())?;
        self.out.flush()
    }

    /// Flushes what is written, without a cross-reference.
    pub(super) fn leave(mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// ISO 32000-1, 7.5.4. A file that is all new begins with the list of free objects.
    fn table(&mut self, entries: &[u8], with_free: bool) -> io::Result<u64> {
        let start = self.position;
        self.bytes(b"xref\n")?;
        if with_free {
            self.bytes(b"0 1\n0000000000 65535 f \n")?;
        }
        let places = std::mem::take(&mut self.places);
        for run in runs(&places) {
            self.bytes(format!("{} {}\n", run[0].0.number, run.len()).as_bytes())?;
            for (id, place) in run {
                self.bytes(format!("{place:010} {:05} n \n", id.generation).as_bytes())?;
            }
        }
        self.bytes(format!("trailer\n<</Size {}", self.next).as_bytes())?;
        self.bytes(entries)?;
        self.bytes(b">>\n")?;
        Ok(start)
    }

    /// ISO 32000-1, 7.5.8.
    fn reference_stream(&mut self, entries: &[u8]) -> io::Result<u64> {
        let (number, start) = (self.reserve(), self.position);
        self.places.insert(Id::new(number), start);
        let places = std::mem::take(&mut self.places);
        let (mut index, mut data) = (Vec::new(), Vec::new());
        for run in runs(&places) {
            index.push(format!("{} {}", run[0].0.number, run.len()));
            for (id, place) in run {
                data.push(1);
                data.extend(place.to_be_bytes());
                data.extend(id.generation.to_be_bytes());
            }
        }
        let (index, data) = (index.join(" "), deflated(&data)?);
        let (size, length) = (self.next, data.len());
        self.bytes(format!("{number} 0 obj\n<</Type/XRef/Size {size}/W[1 8 2]/Index[{index}]").as_bytes())?;
        self.bytes(entries)?;
        self.bytes(format!("/Filter/FlateDecode/Length {length}>>\nstream\n").as_bytes())?;
        self.bytes(&data)?;
        self.bytes(b"\nendstream\nendobj\n")?;
        Ok(start)
    }
}

impl<W> std::fmt::Debug for ObjectWriter<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ObjectWriter")
            .field("position", &self.position)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

/// The objects in runs of consecutive numbers.
fn runs(places: &BTreeMap<Id, u64>) -> Vec<Vec<(Id, u64)>> {
    let all: Vec<(Id, u64)> = places.iter().map(|(id, place)| (*id, *place)).collect();
    all.chunk_by(|(a, _), (b, _)| b.number == a.number + 1).map(<[_]>::to_vec).collect()
}

/// Compressed as `FlateDecode` wants it.
pub(super) fn deflated(data: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use hayro::hayro_syntax::Pdf;
    use hayro::hayro_syntax::object::Stream;

    use super::*;

    fn written(manner: Manner) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        let mut writer = ObjectWriter::new(&mut out, 1);
        writer.bytes(b"%PDF-1.7\n")?;
        let [catalogue, pages, gap, page, content] = [(); 5].map(|()| writer.reserve());
        assert_eq!(gap, 3);
        writer.stream_of_parts(content, "", &mut Cursor::new(b"more q Q q"), &[(5, 4), (0, 1)])?;
        writer.object(Id::new(page), format!("<</Type/Page/Parent {pages} 0 R/Contents {content} 0 R>>").as_bytes())?;
        writer.object(Id::new(pages), format!("<</Type/Pages/Kids[{page} 0 R]/Count 1>>").as_bytes())?;
        writer.object(Id::new(catalogue), format!("<</Type/Catalog/Pages {pages} 0 R>>").as_bytes())?;
        let entries = b"/Root 1 0 R".to_vec();
        writer.finish(&Trailer { manner, entries, previous: None, first_id: None })?;
        Ok(out)
    }

    #[test]
    fn files_are_read_again_and_are_always_the_same() -> Result<(), Box<dyn std::error::Error>> {
        for manner in [Manner::Table, Manner::Stream] {
            let file = written(manner)?;
            assert_eq!(file, written(manner)?);
            let pdf = Pdf::new(file).map_err(|error| format!("{error:?}"))?;
            let page = pdf.pages().first().ok_or("no page")?;
            let content: Stream<'_> = page.raw().get(b"Contents").ok_or("no content")?;
            assert_eq!(content.decoded().map_err(|error| format!("{error:?}"))?.as_ref(), b"q Q m");
        }
        Ok(())
    }

    #[test]
    fn originals_that_shrink_are_noticed() {
        let mut writer = ObjectWriter::new(Vec::new(), 1);
        assert!(writer.stream_of_parts(1, "", &mut Cursor::new(b"short"), &[(0, 9)]).is_err());
    }
}

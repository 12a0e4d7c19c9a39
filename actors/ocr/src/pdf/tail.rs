//! The end of an original, which an update continues: its cross-reference (ISO 32000-1, 7.5.4 and 7.5.8), read here
//! only to see whether it is sound. One that readers have to repair is not built upon.

use std::collections::HashSet;

use hayro::hayro_syntax::object::{Array, Dict, FromBytes, Object, Stream};

use super::objects::{Manner, Trailer};
use super::raw;

/// Sections of a cross-reference that are followed; other readers stop at as many.
const MOST_SECTIONS: usize = 256;
/// An entry of a table: place, generation, kind, line end.
const ENTRY_BYTES: usize = 20;

/// The end of a sound file.
#[derive(Debug)]
pub(super) struct Tail {
    /// What the update's own trailer says.
    pub(super) trailer: Trailer,
    /// The first number that no object has.
    pub(super) free: u32,
}

/// A part of the cross-reference: one table or stream.
struct Section<'a> {
    manner: Manner,
    dictionary: Dict<'a>,
    /// Number, generation and place of objects; no place for those in object streams.
    entries: Vec<(u32, u32, Option<usize>)>,
}

impl Tail {
    /// Reads the end of a file; the error says why it can't be continued.
    pub(super) fn read(file: &[u8]) -> Result<Self, &'static str> {
        let start = start(file).ok_or("it does not say where its cross-reference is")?;
        let (mut seen, mut visited) = (HashSet::new(), HashSet::new());
        let mut newest: Option<(Manner, Dict<'_>)> = None;
        let (mut next, mut free) = (vec![start], 0_u32);
        while let Some(place) = next.pop() {
            if !visited.insert(place) || visited.len() > MOST_SECTIONS {
                return Err("its cross-references go round in circles");
            }
            let section = Section::read(file, place).ok_or("its cross-reference is damaged")?;
            for (number, generation, place) in section.entries {
                free = free.max(number.saturating_add(1));
                // What an older section says of an object no longer matters. Some writers list objects that they never
                // wrote, at 0.
                let place = place.filter(|place| seen.insert(number) && *place > 0);
                if place.is_some_and(|place| !is_object(file, place, number, generation)) {
                    return Err("its cross-reference points to the wrong places");
                }
            }
            let at = |key: &[u8]| section.dictionary.get::<usize>(key);
            // A table's entries come before those of its stream, and both before older ones.
            next.extend(at(b"Prev"));
            next.extend(at(b"XRefStm"));
            newest.get_or_insert((section.manner, section.dictionary));
        }
        let (manner, dictionary) = newest.ok_or("it has no cross-reference")?;
        if dictionary.contains_key(b"Encrypt") {
            return Err("it is encrypted");
        }
        if dictionary.get_ref(b"Root").is_none() {
            return Err("its trailer names no catalogue");
        }
        let free = free.max(dictionary.get::<u32>(b"Size").unwrap_or(0));
        let copied = |key: &'static [u8]| {
            let value = dictionary.get_raw::<Object<'_>>(key).map(|object| raw::value(&object));
            value.map(|value| [&raw::name(key), &b" "[..], &value].concat()).unwrap_or_default()
        };
        let first_id = dictionary.get::<Array<'_>>(b"ID").and_then(|id| id.raw_iter().next());
        let trailer = Trailer {
            manner,
            entries: [copied(b"Root"), copied(b"Info")].concat(),
            previous: Some(start as u64),
            first_id: first_id.map(|id| raw::value(&id)),
        };
        Ok(Self { trailer, free })
    }
}

impl<'a> Section<'a> {
    fn read(file: &'a [u8], place: usize) -> Option<Self> {
        let at = trimmed(file.get(place..)?);
        match at.strip_prefix(b"xref") {
            Some(table) => Self::table(table),
            None => Self::stream(at),
        }
    }

    fn table(mut at: &'a [u8]) -> Option<Self> {
        let mut entries = Vec::new();
        loop {
            at = trimmed(at);
            if let Some(rest) = at.strip_prefix(b"trailer") {
                let dictionary = Dict::from_bytes(trimmed(rest))?;
                return Some(Self { manner: Manner::Table, dictionary, entries });
            }
            let (first, rest) = number(at)?;
            let (count, rest) = number(trimmed(rest))?;
            at = trimmed(rest);
            for index in 0..count {
                let (entry, rest) = at.split_at_checked(ENTRY_BYTES)?;
                let (place, _) = number(entry)?;
                let (generation, _) = number(entry.get(11..)?)?;
                if entry.get(17) == Some(&b'n') {
                    entries.push((first.checked_add(index)?, generation, Some(place as usize)));
                }
                at = rest;
            }
        }
    }

    fn stream(at: &'a [u8]) -> Option<Self> {
        let (_, rest) = number(at)?;
        let (_, rest) = number(trimmed(rest))?;
        let stream = Stream::from_bytes(trimmed(trimmed(rest).strip_prefix(b"obj")?))?;
        let dictionary = stream.dict().clone();
        let widths: Vec<usize> = dictionary.get::<Array<'_>>(b"W")?.iter::<u8>().map(usize::from).collect();
        let [kind_bytes, place_bytes, last_bytes] = *widths else { return None };
        let index = match dictionary.get::<Array<'_>>(b"Index") {
            Some(index) => index.iter::<u32>().collect(),
            None => vec![0, dictionary.get::<u32>(b"Size")?],
        };
        let data = stream.decoded_data().ok()?;
        let row_bytes = kind_bytes + place_bytes + last_bytes;
        if row_bytes == 0 || row_bytes > 24 {
            return None;
        }
        let mut rows = data.chunks_exact(row_bytes);
        let mut entries = Vec::new();
        for range in index.chunks_exact(2) {
            for number in range[0]..range[0].checked_add(range[1])? {
                let row = rows.next()?;
                let (kind, row) = row.split_at(kind_bytes);
                let (place, last) = row.split_at(place_bytes);
                match if kind.is_empty() { 1 } else { big_endian(kind) } {
                    1 => entries.push((number, u32::try_from(big_endian(last)).ok()?, Some(big_endian(place)))),
                    2 => entries.push((number, 0, None)),
                    _ => {}
                }
            }
        }
        Some(Self { manner: Manner::Stream, dictionary, entries })
    }
}

/// The place of the last cross-reference.
fn start(file: &[u8]) -> Option<usize> {
    let keyword = b"startxref";
    let place = file.windows(keyword.len()).rposition(|window| window == keyword)?;
    number(trimmed(file.get(place + keyword.len()..)?)).map(|(start, _)| start as usize)
}

/// Whether this object begins there.
fn is_object(file: &[u8], place: usize, object: u32, generation: u32) -> bool {
    let begins = || {
        let (found, rest) = number(trimmed(file.get(place..)?))?;
        let (found_generation, rest) = number(trimmed(rest))?;
        let is_object = trimmed(rest).starts_with(b"obj");
        Some(is_object && (found, found_generation) == (object, generation))
    };
    begins().unwrap_or(false)
}

/// A number, and what follows it.
fn number(at: &[u8]) -> Option<(u32, &[u8])> {
    let digits = at.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = std::str::from_utf8(&at[..digits]).ok()?.parse().ok()?;
    Some((number, &at[digits..]))
}

/// Without white space before it (ISO 32000-1, table 1).
fn trimmed(at: &[u8]) -> &[u8] {
    let white = at.iter().take_while(|byte| matches!(byte, 0 | b'\t' | b'\n' | 0x0c | b'\r' | b' ')).count();
    &at[white..]
}

fn big_endian(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |value, byte| (value << 8) | usize::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(table: &str) -> Vec<u8> {
        let objects = "%PDF-1.4\n1 0 obj\n<</Pages 2 0 R>>\nendobj\n";
        format!("{objects}{table}startxref\n{}\n%%EOF", objects.len()).into_bytes()
    }

    const TRAILER: &str = "trailer\n<< /Size 9 /Root 1 0 R /Info 7 0 R /ID [<aa> (b)] >>\n";

    #[test]
    fn the_trailer_is_carried_on() -> Result<(), &'static str> {
        let sound = file(&format!("xref\n0 2\n0000000000 65535 f \n0000000009 00000 n \n{TRAILER}"));
        let tail = Tail::read(&sound)?;
        assert_eq!((tail.free, tail.trailer.manner, tail.trailer.previous), (9, Manner::Table, Some(41)));
        assert_eq!(String::from_utf8_lossy(&tail.trailer.entries), "/Root 1 0 R/Info 7 0 R");
        assert_eq!(tail.trailer.first_id.as_deref(), Some(&b"<aa>"[..]));
        Ok(())
    }

    #[test]
    fn what_has_to_be_repaired_is_not_built_upon() {
        let wrong_place = file(&format!("xref\n0 2\n0000000000 65535 f \n0000000010 00000 n \n{TRAILER}"));
        assert!(Tail::read(&wrong_place).is_err());
        let encrypted = TRAILER.replace("/Size", "/Encrypt 3 0 R /Size");
        let encrypted = file(&format!("xref\n0 2\n0000000000 65535 f \n0000000009 00000 n \n{encrypted}"));
        assert_eq!(Tail::read(&encrypted).err(), Some("it is encrypted"));
        let circle = TRAILER.replace("/Size", "/Prev 41 /Size");
        assert!(Tail::read(&file(&format!("xref\n0 0\n{circle}"))).is_err());
        for damaged in ["", "xref\n0 9\n", "1 0 obj", "xref\n4294967295 2\n"] {
            assert!(Tail::read(&file(damaged)).is_err(), "{damaged}");
        }
        assert!(Tail::read(b"%PDF-1.4").is_err());
    }
}

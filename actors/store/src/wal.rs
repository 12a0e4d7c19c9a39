//! Whether the write-ahead log of the embedded database is whole.
//!
//! After a crash its end may be torn: what was just being written was not acknowledged, and the database cuts it off. At
//! damage in the middle it cuts off all the same, and with it what was acknowledged since, says so in the log and goes on.
//! So it is looked through before the database gets it: a record that is whole, far behind one that is not, was written
//! long after that, which was whole then.
//!
//! The log is what surrealkv 0.21 writes: blocks of 32 KiB, each from its beginning on full of records; a record is a
//! CRC-32 (of the rest but the length), a length of 2 bytes, a type of 1 byte, all big-endian, and as many bytes as the
//! length says. A file that does not begin so is left to the database to judge.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The size of a block.
const BLOCK: usize = 32 * 1024;
/// The bytes before the content of a record.
const HEADER: usize = 7;
/// What may be torn at once by a loss of power: what the last commits together wrote.
const TORN_AT_MOST: u64 = 4 * BLOCK as u64;

/// Damage in the middle of a log.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Damage {
    /// The file.
    pub(crate) path: PathBuf,
    /// Where in it.
    pub(crate) at: u64,
}

/// Looks for damage in the logs in `dir`. Blocks.
pub(crate) fn find_damage(dir: &Path) -> io::Result<Option<Damage>> {
    let entries = match std::fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wal")
            && let Some(at) = damage_in(File::open(&path)?)?
        {
            return Ok(Some(Damage { path, at }));
        }
    }
    Ok(None)
}

/// Where a log is damaged in its middle, if it is.
fn damage_in(mut log: impl Read) -> io::Result<Option<u64>> {
    let (mut start, mut damaged) = (0, None);
    let mut block = Vec::with_capacity(BLOCK);
    loop {
        block.clear();
        let length = log.by_ref().take(BLOCK as u64).read_to_end(&mut block)?;
        let whole = whole_records(&block);
        if start == 0 && whole == 0 {
            return Ok(None);
        }
        match damaged {
            Some(at) if whole > 0 && start > at + TORN_AT_MOST => return Ok(damaged),
            None if length - whole >= HEADER => damaged = Some(start + whole as u64),
            _ => {}
        }
        if length < BLOCK {
            return Ok(None);
        }
        start += BLOCK as u64;
    }
}

/// How many bytes at the beginning of a block are whole records.
fn whole_records(block: &[u8]) -> usize {
    let mut at = 0;
    while let Some(length) = record(&block[at..]) {
        at += length;
    }
    at
}

/// The size of the record at the beginning, if it is whole.
fn record(bytes: &[u8]) -> Option<usize> {
    let (header, rest) = bytes.split_first_chunk::<HEADER>()?;
    let [c0, c1, c2, c3, l0, l1, kind] = *header;
    let content = rest.get(..usize::from(u16::from_be_bytes([l0, l1])))?;
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&[kind]);
    hasher.update(content);
    let known = matches!(kind, 1..=4 | 9);
    (known && hasher.finalize() == u32::from_be_bytes([c0, c1, c2, c3])).then_some(HEADER + content.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A log of so many blocks, each of two records and a little padding.
    fn log(blocks: usize) -> Vec<u8> {
        let mut log = Vec::new();
        for block in 0..blocks {
            for length in [20_000, BLOCK - 20_000 - 2 * HEADER - 3] {
                let (kind, content) = (1_u8, vec![u8::try_from(block % 251).unwrap(); length]);
                let mut hasher = crc32fast::Hasher::new();
                hasher.update(&[kind]);
                hasher.update(&content);
                log.extend(hasher.finalize().to_be_bytes());
                log.extend(u16::try_from(length).unwrap().to_be_bytes());
                log.push(kind);
                log.extend(content);
            }
            log.extend([0; 3]);
        }
        log
    }

    fn damage(log: &[u8]) -> Option<u64> {
        damage_in(log).unwrap()
    }

    #[test]
    fn a_whole_log_and_a_torn_one_are_let_through() {
        let whole = log(20);
        assert_eq!(damage(&whole), None);
        assert_eq!(damage(&[]), None);
        for end in [1, 7, 8, 20_006, 20_007, BLOCK, 3 * BLOCK + 5, whole.len() - 1] {
            assert_eq!(damage(&whole[..end]), None, "torn after {end} bytes");
        }
        let mut holes = whole.clone();
        holes[17 * BLOCK..18 * BLOCK].fill(0);
        assert_eq!(damage(&holes), None, "the last blocks may have come to the disk in any order");
        assert_eq!(damage(b"another format, which is not for us to judge"), None);
    }

    #[test]
    fn damage_in_the_middle_is_found() {
        for at in [BLOCK + 9, 2 * BLOCK, 7 * BLOCK + 21_000, 10 * BLOCK + 4] {
            let mut log = log(20);
            log[at] ^= 1;
            let found = damage(&log).unwrap();
            let block = (at / BLOCK * BLOCK) as u64;
            assert!((block..=at as u64).contains(&found), "at {at}, not at {found}");
        }
    }
}

//! Whether the manifest of the embedded database is whole.
//!
//! It ends with its own checksum. The database looks at that only after it has believed the numbers before it, such as how
//! many tables there are to make room for; so this looks first.
//!
//! It is what surrealkv 1 writes: a body, and then the length of the body and its checksum, both in 4 bytes, big-endian, and
//! 8 bytes that never change. The checksum is a CRC-32, turned right by 15 bits, plus a constant. One that does not end so is
//! older, or left to the database to judge.

use std::io;
use std::path::Path;

/// The last bytes.
const MAGIC: &[u8; 8] = b"SKVMNFST";
/// The length of the body, its checksum, and the last bytes.
const TRAILER: usize = 16;
/// What is added to the checksum.
const MASK: u32 = 0xa282_ead8;

/// Whether a manifest in `dir` is not what was written. Blocks.
pub(crate) fn is_damaged(dir: &Path) -> io::Result<bool> {
    let entries = match std::fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "manifest") && !is_whole(&std::fs::read(path)?) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_whole(manifest: &[u8]) -> bool {
    let Some((body, trailer)) = manifest.split_last_chunk::<TRAILER>() else { return true };
    let [l0, l1, l2, l3, c0, c1, c2, c3, magic @ ..] = trailer;
    if magic != MAGIC {
        return true;
    }
    let checksum = crc32fast::hash(body).rotate_right(15).wrapping_add(MASK);
    let length = u32::from_be_bytes([*l0, *l1, *l2, *l3]);
    u32::from_be_bytes([*c0, *c1, *c2, *c3]) == checksum && u32::try_from(body.len()) == Ok(length)
}

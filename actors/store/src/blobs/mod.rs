//! The bytes of files, content-addressed by their SHA-256.
//!
//! A blob with the hash `abcdef...` is the file `ab/cdef...`. It is written to `tmp`, fsynced, renamed to its place, and
//! its folder fsynced: whatever happens, what is at the place of a blob is all of it. Equal contents are stored once.
//! What comes in several pieces is in `partial` until it is complete.

mod hold;
mod partial;
mod pins;
mod verify;
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
use tokio::io::AsyncReadExt;
use verify::Verified;
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
    verified: Verified,
    /// Locked, shared, as long as somebody may write to `tmp`.
    _in_use: File,
}

/// A place among all blobs in the order of their hashes, for those who look at them bit by bit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobPlace {
    folder: u8,
    /// The last name in the folder that was looked at.
    after: String,
}

impl BlobPlace {
    /// The beginning of one of the 256 folders.
    #[must_use]
    pub fn start_of(folder: u8) -> Self {
        Self { folder, after: String::new() }
    }

    /// Whether it is the beginning of a folder.
    #[must_use]
    pub fn is_start(&self) -> bool {
        self.after.is_empty()
    }
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
                    verified: Verified::default(),
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

    /// The whole content, if it is what was stored.
    ///
    /// # Errors
    /// As [`Blobs::open`].
    pub async fn read(&self, sha256: &str) -> Result<Vec<u8>, StoreError> {
        let (mut file, mut content) = (self.open(sha256).await?, Vec::new());
        let read = file.read_to_end(&mut content).await;
        read.map_err(|source| StoreError::blob("read", &self.path(sha256), source))?;
        Ok(content)
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

    /// Those of the blobs from `from` on that were written longer than `age` ago. Looks at `limit` of them at most, all in one
    /// of the 256 folders; answers with them where to go on.
    pub(crate) async fn older_than(
        &self,
        from: &BlobPlace,
        age: Duration,
        limit: usize,
    ) -> Result<(Vec<String>, BlobPlace), StoreError> {
        let (start, after) = (format!("{:02x}", from.folder), from.after.clone());
        let next_folder = BlobPlace::start_of(from.folder.wrapping_add(1));
        let (folder, dir) = (from.folder, self.folder.dir.join(&start));
        blocking(move || {
            let mut names = match names_in(&dir) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((Vec::new(), next_folder)),
                names => names.map_err(|source| StoreError::blob("list", &dir, source))?,
            };
            names.retain(|name| *name > after);
            names.sort_unstable();
            let more = names.len() > limit;
            names.truncate(limit);
            let next = match names.last() {
                Some(last) if more => BlobPlace { folder, after: last.clone() },
                _ => next_folder,
            };
            // Gone meanwhile, or from the future: not old.
            let is_old = |name: &String| {
                let written = std::fs::metadata(dir.join(name)).and_then(|about| about.modified());
                written.is_ok_and(|at| at.elapsed().is_ok_and(|elapsed| elapsed >= age))
            };
            Ok((names.iter().filter(|name| is_old(name)).map(|name| format!("{start}{name}")).collect(), next))
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

/// Whether there is any blob in `dir`. Blocks.
pub(crate) fn holds_any(dir: &Path) -> io::Result<bool> {
    for folder in 0..=u8::MAX {
        match std::fs::read_dir(dir.join(format!("{folder:02x}"))) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
            Ok(mut entries) => {
                if entries.next().is_some() {
                    return Ok(true);
                }
            }
        }
    }
    Ok(false)
}

fn absent_or(action: &'static str, path: &Path, source: io::Error) -> StoreError {
    match source.kind() {
        io::ErrorKind::NotFound => StoreError::NotFound,
        _ => StoreError::blob(action, path, source),
    }
}

/// The names of what is in a folder.
fn names_in(dir: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        names.extend(entry?.file_name().into_string());
    }
    Ok(names)
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

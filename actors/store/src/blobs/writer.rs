//! Writing one blob.
//!
//! What arrives is gathered to large chunks, each hashed and written on a thread that may wait for the disk, while the
//! next one arrives.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;
use tokio::task::JoinHandle;

use super::{BlobRef, Blobs, blocking};
use crate::StoreError;
use crate::failpoint::around;
use crate::open::make_private_dir;

/// How much is hashed and written at once, at most and at least.
const CHUNK_BYTES: usize = 1024 * 1024;
const SMALLEST_CHUNK_BYTES: usize = 64 * 1024;
/// How much all writers together gather: the more there are, the smaller their chunks.
const GATHERED_BYTES: usize = 32 * 1024 * 1024;
/// How many writers there are in this process.
static WRITERS: AtomicUsize = AtomicUsize::new(0);

/// Writes one blob. Dropped without [`BlobWriter::finish`], it leaves nothing.
#[derive(Debug)]
pub struct BlobWriter {
    blobs: Blobs,
    bytes: u64,
    /// What arrived and is not yet being written.
    gathered: Vec<u8>,
    /// The chunk being written; `None` after an error.
    writing: Option<JoinHandle<Result<Draft, StoreError>>>,
    _counted: Counted,
}

/// One of the writers that there are.
#[derive(Debug)]
struct Counted;

impl Counted {
    fn new() -> Self {
        WRITERS.fetch_add(1, Ordering::Relaxed);
        Self
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        WRITERS.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How much each of so many writers gathers.
fn chunk_bytes(writers: usize) -> usize {
    (GATHERED_BYTES / writers.max(1)).clamp(SMALLEST_CHUNK_BYTES, CHUNK_BYTES)
}

/// A blob that is not complete: what was written so far, and the hash of that. Dropped, it removes its file.
#[derive(Debug)]
struct Draft {
    file: NamedTempFile,
    hasher: Sha256,
    bytes: u64,
}

impl BlobWriter {
    pub(super) async fn new(blobs: Blobs) -> Result<Self, StoreError> {
        let tmp = blobs.dir().join("tmp");
        let draft = blocking(move || Draft::new(&tmp)).await?;
        let writing = tokio::task::spawn_blocking(move || Ok(draft));
        Ok(Self { blobs, bytes: 0, gathered: Vec::new(), writing: Some(writing), _counted: Counted::new() })
    }

    /// Writes more of the content.
    ///
    /// # Errors
    /// [`StoreError::DiskFull`]; the writer is of no use any more after any error.
    pub async fn write(&mut self, mut chunk: &[u8]) -> Result<(), StoreError> {
        while !chunk.is_empty() {
            let most = chunk_bytes(WRITERS.load(Ordering::Relaxed));
            let (now, later) = chunk.split_at(chunk.len().min(most.saturating_sub(self.gathered.len())));
            self.gathered.extend_from_slice(now);
            self.bytes += now.len() as u64;
            chunk = later;
            if self.gathered.len() >= most {
                self.write_gathered().await?;
            }
        }
        Ok(())
    }

    /// The bytes given to it so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Makes the content durable: when this returns it survives a loss of power.
    ///
    /// # Errors
    /// [`StoreError::DiskFull`], or that of a write before.
    pub async fn finish(mut self) -> Result<BlobRef, StoreError> {
        self.write_gathered().await?;
        let draft = self.written().await?;
        keep(self.blobs, draft).await
    }

    /// Writes the content of the file at `path`, and makes it durable.
    pub(super) async fn copy(mut self, path: &Path) -> Result<BlobRef, StoreError> {
        let draft = self.written().await?;
        let path = path.to_owned();
        let draft = blocking(move || draft.with_file(&path)).await?;
        keep(self.blobs, draft).await
    }

    async fn write_gathered(&mut self) -> Result<(), StoreError> {
        let draft = self.written().await?;
        let chunk = std::mem::take(&mut self.gathered);
        let most = chunk_bytes(WRITERS.load(Ordering::Relaxed));
        self.gathered.reserve_exact(if chunk.len() < most { 0 } else { most });
        self.writing = Some(tokio::task::spawn_blocking(move || draft.with(&chunk)));
        Ok(())
    }

    /// Waits until what was handed over is written.
    async fn written(&mut self) -> Result<Draft, StoreError> {
        let broken = |source| StoreError::blob("write to", self.blobs.dir(), source);
        let writing = self.writing.as_mut().ok_or_else(|| broken(io::Error::other("an earlier write failed")))?;
        let draft = writing.await;
        self.writing = None;
        draft.map_err(|error| broken(io::Error::other(error)))?
    }
}

impl Draft {
    fn new(tmp: &Path) -> Result<Self, StoreError> {
        let file = around("making a draft of a blob", || NamedTempFile::new_in(tmp));
        let file = file.map_err(|source| StoreError::blob("write to", tmp, source))?;
        Ok(Self { file, hasher: Sha256::new(), bytes: 0 })
    }

    fn with(mut self, chunk: &[u8]) -> Result<Self, StoreError> {
        let written = around("writing a blob", || self.file.write_all(chunk));
        written.map_err(|source| StoreError::blob("write", self.file.path(), source))?;
        self.hasher.update(chunk);
        self.bytes += chunk.len() as u64;
        Ok(self)
    }

    fn with_file(mut self, path: &Path) -> Result<Self, StoreError> {
        let failed = |source| StoreError::blob("read", path, source);
        let mut file = File::open(path).map_err(failed)?;
        let mut buffer = vec![0; CHUNK_BYTES];
        loop {
            match file.read(&mut buffer).map_err(failed)? {
                0 => return Ok(self),
                count => self = self.with(&buffer[..count])?,
            }
        }
    }
}

/// Moves a complete draft to the place of its blob, durably.
async fn keep(blobs: Blobs, draft: Draft) -> Result<BlobRef, StoreError> {
    let Draft { file, hasher, bytes } = draft;
    let sha256 = hex::encode(hasher.finalize());
    let pin = blobs.folder.pins.pin(&sha256).await;
    let named = sha256.clone();
    blocking(move || {
        place_durably(&blobs, &named, bytes, |place| {
            around("syncing a blob", || file.as_file().sync_all())?;
            around("renaming a blob", || file.persist(place).map_err(|error| error.error).map(drop))
        })
    })
    .await?;
    Ok(BlobRef { sha256, bytes, _pin: pin })
}

/// Has `put` bring a file of so many bytes to the place of its blob, unless it is there, and makes its name durable. What is
/// damaged there is replaced.
pub(super) fn place_durably(
    blobs: &Blobs,
    sha256: &str,
    bytes: u64,
    put: impl FnOnce(&Path) -> io::Result<()>,
) -> Result<(), StoreError> {
    let place = blobs.path(sha256);
    let folder = place.parent().unwrap_or(&place);
    if is_there(blobs, sha256, bytes, &place) {
        // The same content is there already. Whoever put it there may not have come to the next line yet.
        return sync_folder(folder);
    }
    if !folder.is_dir() {
        make_private_dir(folder)?;
        sync_folder(folder.parent().unwrap_or(folder))?;
    }
    put(&place).map_err(|source| StoreError::blob("store", &place, source))?;
    sync_folder(folder)?;
    if let Ok(about) = std::fs::metadata(&place) {
        blobs.folder.verified.note_written(sha256, &about);
    }
    Ok(())
}

/// Whether the blob is stored already, all of it.
fn is_there(blobs: &Blobs, sha256: &str, bytes: u64, place: &Path) -> bool {
    let Ok(file) = File::open(place) else { return false };
    let as_long = file.metadata().is_ok_and(|there| there.len() == bytes);
    let whole = as_long && blobs.folder.verified.is_whole(sha256, &file).unwrap_or(false);
    if !whole {
        tracing::error!(blob = sha256, "a blob was damaged on the disk: the same content came again and replaces it");
    }
    whole
}

/// Makes the names in a folder durable.
pub(super) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    around("syncing a folder", || File::open(folder)?.sync_all())
        .map_err(|source| StoreError::blob("sync", folder, source))
}

//! Files that come in several pieces, with pauses and restarts in between: those of resumable uploads.
//!
//! Each is the file `partial/<id>` until it is complete. Then the same file, without copying, becomes a blob. How many of
//! its bytes count is for its record to say: a crash may leave more of them than that, which are cut off when it goes on.
//! The running hash is kept in memory, and made anew from the file after a restart.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::writer::{place_durably, sync_folder};
use super::{BlobRef, Blobs, absent_or, blocking};
use crate::StoreError;
use crate::failpoint::around;

/// How much is hashed and written at once.
const CHUNK_BYTES: usize = 256 * 1024;
/// How many running hashes are kept; when there are more they are forgotten, and made anew when they are needed.
const MOST_HASHES: usize = 10_000;

/// The running hashes of partial files that nobody writes to just now.
#[derive(Debug, Default)]
pub(super) struct Hashes(Mutex<HashMap<Uuid, Running>>);

/// The hash of the first bytes of a file.
#[derive(Debug, Clone, Default)]
struct Running {
    hasher: Sha256,
    bytes: u64,
}

impl Hashes {
    fn keep(&self, id: Uuid, running: Running) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST_HASHES {
            kept.clear();
        }
        kept.insert(id, running);
    }

    fn take(&self, id: Uuid) -> Option<Running> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id)
    }
}

/// A partial file, to be gone on with. There must be one writer at a time; that is for the caller to see to.
#[derive(Debug)]
pub struct PartialBlob {
    blobs: Blobs,
    id: Uuid,
    /// What arrived and is not yet written.
    gathered: Vec<u8>,
    /// `None` after an error.
    draft: Option<Draft>,
}

/// What was written.
#[derive(Debug)]
struct Draft {
    file: File,
    running: Running,
}

/// A place in a partial file to come back to.
#[derive(Debug, Clone)]
pub struct PartialMark(Running);

impl Blobs {
    /// The partial file of that name with its first `offset` bytes, to be gone on with. A new one if `offset` is 0.
    ///
    /// # Errors
    /// [`StoreError::Blob`] if it has fewer bytes.
    pub async fn resume(&self, id: Uuid, offset: u64) -> Result<PartialBlob, StoreError> {
        let path = self.partial(id);
        let kept = self.folder.hashes.take(id).filter(|running| running.bytes == offset);
        let draft = blocking(move || Draft::open(&path, offset, kept)).await?;
        Ok(PartialBlob { blobs: self.clone(), id, gathered: Vec::new(), draft: Some(draft) })
    }

    /// How many bytes the partial file of that name has; 0 if there is none.
    pub async fn partial_bytes(&self, id: Uuid) -> Result<u64, StoreError> {
        let path = self.partial(id);
        match tokio::fs::metadata(&path).await {
            Ok(there) => Ok(there.len()),
            Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(source) => Err(StoreError::blob("look at", &path, source)),
        }
    }

    /// The partial file of that name, for reading.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is none.
    pub async fn open_partial(&self, id: Uuid) -> Result<tokio::fs::File, StoreError> {
        let path = self.partial(id);
        tokio::fs::File::open(&path).await.map_err(|source| absent_or("open", &path, source))
    }

    /// Removes the partial file of that name, if there is one. While a backup holds the blobs it stays: it is of no use any
    /// more, and the next sweep finds it.
    pub(crate) async fn remove_partial(&self, id: Uuid) -> Result<(), StoreError> {
        self.folder.hashes.take(id);
        if self.folder.holds.any() {
            return Ok(());
        }
        let path = self.partial(id);
        blocking(move || match around("removing a partial file", || std::fs::remove_file(&path)) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(StoreError::blob("remove", &path, source)),
            _ => Ok(()),
        })
        .await
    }

    /// The names of all partial files.
    pub(crate) async fn partials(&self) -> Result<Vec<Uuid>, StoreError> {
        let dir = self.partial_dir();
        blocking(move || {
            let failed = |source| StoreError::blob("list", &dir, source);
            let mut found = Vec::new();
            for entry in std::fs::read_dir(&dir).map_err(failed)? {
                let name = entry.map_err(failed)?.file_name();
                found.extend(name.to_str().and_then(|name| Uuid::try_parse(name).ok()));
            }
            Ok(found)
        })
        .await
    }

    pub(super) fn partial_dir(&self) -> PathBuf {
        self.folder.dir.join("partial")
    }

    /// Where the partial file of that name is, if it is there.
    pub(crate) fn partial(&self, id: Uuid) -> PathBuf {
        self.partial_dir().join(id.to_string())
    }
}

impl PartialBlob {
    /// The bytes that it has, with those given to it.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.draft.as_ref().map_or(0, |draft| draft.running.bytes) + self.gathered.len() as u64
    }

    /// Writes more of the content.
    ///
    /// # Errors
    /// [`StoreError::DiskFull`]; it is of no use any more after any error, and has to be resumed.
    pub async fn write(&mut self, mut chunk: &[u8]) -> Result<(), StoreError> {
        while !chunk.is_empty() {
            let (now, later) = chunk.split_at(chunk.len().min(CHUNK_BYTES - self.gathered.len()));
            self.gathered.extend_from_slice(now);
            chunk = later;
            if self.gathered.len() >= CHUNK_BYTES {
                self.write_gathered().await?;
            }
        }
        Ok(())
    }

    /// Makes what was given to it durable: when this returns it survives a loss of power.
    pub async fn sync(&mut self) -> Result<(), StoreError> {
        self.write_gathered().await?;
        let path = self.path();
        let failed = move |source| StoreError::blob("sync", &path, source);
        self.with_draft(move |draft| around("syncing a partial file", || draft.file.sync_data()).map_err(failed)).await
    }

    /// This place, to come back to it.
    pub async fn mark(&mut self) -> Result<PartialMark, StoreError> {
        self.with_draft(|draft| Ok(PartialMark(draft.running.clone()))).await
    }

    /// Forgets what was given to it since.
    pub async fn go_back(&mut self, mark: PartialMark) -> Result<(), StoreError> {
        self.gathered.clear();
        let path = self.path();
        let failed = move |source| StoreError::blob("cut off", &path, source);
        self.with_draft(move |draft| draft.cut_off(mark.0).map_err(failed)).await
    }

    /// The first bytes, at most so many.
    pub async fn head(&mut self, most: usize) -> Result<Vec<u8>, StoreError> {
        self.write_gathered().await?;
        let path = self.path();
        self.with_draft(move |draft| draft.head(most).map_err(|source| StoreError::blob("read", &path, source))).await
    }

    /// Makes the file a blob. The partial file stays until it is removed: after a crash this can be done again.
    pub async fn complete(&mut self) -> Result<BlobRef, StoreError> {
        self.sync().await?;
        let running = self.mark().await?.0;
        let sha256 = hex::encode(running.hasher.finalize());
        let pin = self.blobs.folder.pins.pin(&sha256).await;
        let (path, blobs, named) = (self.path(), self.blobs.clone(), sha256.clone());
        let link = self.blobs.dir().join("tmp").join(self.id.to_string());
        blocking(move || place_durably(&blobs, &named, running.bytes, |place| link_to(&path, &link, place))).await?;
        Ok(BlobRef { sha256, bytes: running.bytes, _pin: pin })
    }

    async fn write_gathered(&mut self) -> Result<(), StoreError> {
        let chunk = std::mem::take(&mut self.gathered);
        if chunk.is_empty() {
            return Ok(());
        }
        let path = self.path();
        let failed = move |source| StoreError::blob("write", &path, source);
        self.with_draft(move |draft| draft.append(&chunk).map_err(failed)).await
    }

    /// Does what waits for the disk on a thread for that.
    async fn with_draft<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Draft) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let mut draft = self.draft.take().ok_or_else(|| {
            StoreError::blob("write to", self.blobs.dir(), io::Error::other("an earlier write failed"))
        })?;
        let (draft, done) = blocking(move || work(&mut draft).map(|done| (draft, done))).await?;
        self.draft = Some(draft);
        Ok(done)
    }

    fn path(&self) -> PathBuf {
        self.blobs.partial(self.id)
    }
}

impl Drop for PartialBlob {
    fn drop(&mut self) {
        if let Some(draft) = self.draft.take() {
            self.blobs.folder.hashes.keep(self.id, draft.running);
        }
    }
}

impl Draft {
    fn open(path: &Path, offset: u64, kept: Option<Running>) -> Result<Self, StoreError> {
        let failed = |source| StoreError::blob("open", path, source);
        let file = File::options().create(true).truncate(false).read(true).write(true).open(path).map_err(failed)?;
        if offset == 0 {
            sync_folder(path.parent().unwrap_or(path))?;
        }
        let mut draft = Self { file, running: Running::default() };
        let running = kept.map_or_else(|| draft.hash(offset).map_err(failed), Ok)?;
        draft.cut_off(running).map_err(failed)?;
        Ok(draft)
    }

    /// The hash of the first bytes, read from the file.
    fn hash(&mut self, bytes: u64) -> io::Result<Running> {
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; CHUNK_BYTES];
        let mut left = bytes;
        self.file.seek(SeekFrom::Start(0))?;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            let count = self.file.read(&mut buffer[..most])?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            hasher.update(&buffer[..count]);
            left -= count as u64;
        }
        Ok(Running { hasher, bytes })
    }

    fn append(&mut self, chunk: &[u8]) -> io::Result<()> {
        around("writing a partial file", || self.file.write_all(chunk))?;
        self.running.hasher.update(chunk);
        self.running.bytes += chunk.len() as u64;
        Ok(())
    }

    fn cut_off(&mut self, running: Running) -> io::Result<()> {
        self.file.set_len(running.bytes)?;
        self.file.seek(SeekFrom::Start(running.bytes))?;
        self.running = running;
        Ok(())
    }

    fn head(&self, most: usize) -> io::Result<Vec<u8>> {
        let mut head = vec![0; most.min(usize::try_from(self.running.bytes).unwrap_or(usize::MAX))];
        self.file.read_exact_at(&mut head, 0)?;
        Ok(head)
    }
}

/// Lets the file at `path` be at `place`, too, whatever is there; by way of `link`, so that it is there at once. A file
/// system that has no second names for files moves it.
fn link_to(path: &Path, link: &Path, place: &Path) -> io::Result<()> {
    match std::fs::remove_file(link) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    match std::fs::hard_link(path, link) {
        Ok(()) => around("renaming a link to a partial file", || std::fs::rename(link, place)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(error),
        Err(_) => around("renaming a partial file", || std::fs::rename(path, place)),
    }
}

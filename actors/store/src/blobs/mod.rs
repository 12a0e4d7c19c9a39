//! The bytes of files, content-addressed by their SHA-256.

use std::path::{Path, PathBuf};

use crate::StoreError;

/// The blobs of a store.
#[derive(Debug)]
pub struct Blobs {
    dir: PathBuf,
}

/// A blob that is durably stored. As long as it is held, nobody removes the blob: hold it until a record refers to it.
#[derive(Debug, Clone)]
pub struct BlobRef {
    /// The SHA-256 of the content, in lower-case hexadecimal.
    pub sha256: String,
    /// The size of the content.
    pub bytes: u64,
}

/// Writes one blob. Dropped without [`BlobWriter::finish`], it leaves nothing.
#[derive(Debug)]
pub struct BlobWriter {
    bytes: u64,
}

impl Blobs {
    pub(crate) async fn at(dir: &Path) -> Result<Self, StoreError> {
        Ok(Self { dir: dir.to_owned() })
    }

    /// The folder they are in.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// A writer for a new blob.
    pub async fn writer(&self) -> Result<BlobWriter, StoreError> {
        Err(crate::error::unfinished())
    }

    /// Stores `content`.
    pub async fn put(&self, content: &[u8]) -> Result<BlobRef, StoreError> {
        let _ = content;
        Err(crate::error::unfinished())
    }

    /// Stores a copy of the file at `path`.
    pub async fn import(&self, path: &Path) -> Result<BlobRef, StoreError> {
        let _ = path;
        Err(crate::error::unfinished())
    }

    /// Where the blob is, if it is there. Only its content's hash names it.
    #[must_use]
    pub fn path(&self, sha256: &str) -> PathBuf {
        let (folder, name) = sha256.split_at_checked(2).unwrap_or(("", sha256));
        self.dir.join(folder).join(name)
    }

    /// The whole content.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such blob.
    pub async fn read(&self, sha256: &str) -> Result<Vec<u8>, StoreError> {
        let _ = sha256;
        Err(crate::error::unfinished())
    }

    /// The file, for reading.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such blob.
    pub async fn open(&self, sha256: &str) -> Result<tokio::fs::File, StoreError> {
        let _ = sha256;
        Err(crate::error::unfinished())
    }

    /// Removes a blob that nothing refers to; nothing happens if there is none.
    pub async fn remove(&self, sha256: &str) -> Result<(), StoreError> {
        let _ = sha256;
        Err(crate::error::unfinished())
    }

    /// The bytes free on the disk for others than root.
    pub async fn free_bytes(&self) -> Result<u64, StoreError> {
        Err(crate::error::unfinished())
    }
}

impl BlobWriter {
    /// Writes more of the content.
    pub async fn write(&mut self, chunk: &[u8]) -> Result<(), StoreError> {
        self.bytes += chunk.len() as u64;
        Err(crate::error::unfinished())
    }

    /// The bytes written so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Makes the content durable: when this returns it survives a loss of power.
    pub async fn finish(self) -> Result<BlobRef, StoreError> {
        Err(crate::error::unfinished())
    }
}

//! Blobs on their way into a folder of backups.
//!
//! Each is written under a name of no meaning and checked. When there are many they are made durable, all at once, and get
//! their names: so what has a name is whole, even after a loss of power, and small files cost no wait for the disk each.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use futures_util::StreamExt as _;
use sha2::{Digest, Sha256};
use tokio::task::spawn_blocking;

use super::folder::{Folder, make_dir};
use super::source::{Source, Wanted};

/// How much is hashed and written at once.
const CHUNK_BYTES: usize = 1024 * 1024;
/// How many files, or how many bytes, arrive before they get their names.
const MOST_FILES: usize = 10_000;
const MOST_BYTES: u64 = 1 << 30;

/// A file that is arriving.
struct Draft {
    path: PathBuf,
    file: File,
    hasher: Sha256,
    bytes: u64,
}

/// A file that has arrived.
#[derive(Debug)]
pub(super) struct Arrived {
    path: PathBuf,
    pub(super) sha256: [u8; 32],
    pub(super) bytes: u64,
}

/// What has arrived and has no name yet.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    files: Vec<(PathBuf, [u8; 32])>,
    bytes: u64,
}

impl Draft {
    fn new(path: PathBuf) -> std::io::Result<Self> {
        let file = File::options().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
        Ok(Self { path, file, hasher: Sha256::new(), bytes: 0 })
    }

    fn write(&mut self, chunk: &[u8]) -> std::io::Result<()> {
        self.file.write_all(chunk)?;
        self.hasher.update(chunk);
        self.bytes += chunk.len() as u64;
        Ok(())
    }
}

/// Copies a file into the folder; `None` if it is not there, or is not what it should be.
pub(super) async fn fetch(source: &Source, folder: &Folder, wanted: Wanted) -> anyhow::Result<Option<Arrived>> {
    let Some(mut chunks) = source.read(wanted).await? else { return Ok(None) };
    let path = folder.arriving().join(match wanted {
        Wanted::Blob(sha256) => hex::encode(sha256),
        Wanted::Upload(id, _) => id.to_string(),
    });
    let mut gathered = Vec::new();
    let mut draft = None;
    while let Some(chunk) = chunks.next().await {
        gathered.extend_from_slice(&chunk?);
        if gathered.len() >= CHUNK_BYTES {
            draft = Some(write(draft, &path, std::mem::take(&mut gathered)).await?);
        }
    }
    let Draft { path, hasher, bytes, .. } = write(draft, &path, gathered).await?;
    let sha256 = hasher.finalize().into();
    let arrived = Arrived { path, sha256, bytes };
    Ok(Some(arrived).filter(|arrived| match wanted {
        Wanted::Blob(expected) => arrived.sha256 == expected,
        Wanted::Upload(_, expected) => arrived.bytes == expected,
    }))
}

/// Writes a chunk of a file, its first one if there is no draft yet.
async fn write(draft: Option<Draft>, path: &Path, chunk: Vec<u8>) -> anyhow::Result<Draft> {
    let failed = format!("can't write {}", path.display());
    let path = path.to_owned();
    let written = spawn_blocking(move || {
        let mut draft = draft.map_or_else(|| Draft::new(path), Ok)?;
        draft.write(&chunk).map(|()| draft)
    });
    written.await?.context(failed)
}

impl Arrivals {
    /// Adds a file.
    pub(super) fn add(&mut self, arrived: Arrived) {
        self.bytes += arrived.bytes;
        self.files.push((arrived.path, arrived.sha256));
    }

    /// Whether there are so many that they should get their names.
    pub(super) fn are_many(&self) -> bool {
        self.files.len() >= MOST_FILES || self.bytes >= MOST_BYTES
    }

    /// Makes the files durable, and gives them their names.
    pub(super) fn settle(&mut self, folder: &Folder) -> std::io::Result<()> {
        folder.sync()?;
        self.bytes = 0;
        for (path, sha256) in self.files.drain(..) {
            let place = folder.blob(&sha256);
            make_dir(place.parent().unwrap_or(folder.dir()))?;
            fs::rename(path, place)?;
        }
        Ok(())
    }
}

//! What says what a backup is: its manifest, and the list of its blobs.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use chrono::{DateTime, Utc};
use d2d_api::{BACKUP_FORMAT, DumpCounts, DumpStart, UploadId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The file that makes a folder a backup.
pub(super) const MANIFEST: &str = "manifest.json";
/// The dump of the database: lines of [`d2d_api::DumpLine`].
pub(super) const DUMP: &str = "dump.jsonl";
/// The list of blobs: lines of [`Content`].
pub(super) const BLOBS: &str = "blobs.txt";

/// What a backup is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// The version of the form of the backup.
    pub(crate) format: u32,
    /// The version of the data2data that made it.
    pub(crate) version: String,
    /// The version of the schema of the database.
    pub(crate) schema: u64,
    /// The moment that it shows.
    pub(crate) time: DateTime<Utc>,
    /// How much is in it.
    pub(crate) counts: DumpCounts,
    /// The dump of the database.
    pub(crate) dump: FileInfo,
    /// The list of blobs.
    pub(crate) blobs: FileInfo,
    /// Blobs that were missing or damaged when it was made, and are not in it.
    #[serde(default)]
    pub(crate) damaged: Vec<String>,
}

/// What a file should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileInfo {
    /// Its size.
    pub(crate) bytes: u64,
    /// The SHA-256 of its content.
    pub(crate) sha256: String,
}

/// A complete backup.
#[derive(Debug, Clone)]
pub(crate) struct Backup {
    /// Its folder.
    pub(crate) dir: PathBuf,
    /// What is in it.
    pub(crate) manifest: Manifest,
}

impl Manifest {
    /// What the dump of it begins with.
    pub(crate) fn start(&self) -> DumpStart {
        DumpStart { format: self.format, version: self.version.clone(), schema: self.schema, time: self.time }
    }
}

impl Backup {
    /// The backup in `dir`; `None` if it was not completed.
    pub(super) fn read(dir: PathBuf) -> anyhow::Result<Option<Self>> {
        #[derive(Deserialize)]
        struct Form {
            format: u32,
        }
        let path = dir.join(MANIFEST);
        let json = match std::fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            json => json.with_context(|| format!("can't read {}", path.display()))?,
        };
        let damaged = || format!("{} is damaged", path.display());
        let Form { format } = serde_json::from_slice(&json).with_context(damaged)?;
        if format != BACKUP_FORMAT {
            bail!(
                "{} is of a later version of data2data (form {format}, this d2d knows form {BACKUP_FORMAT}): use the d2d \
                 that made it, or a newer one",
                dir.display()
            );
        }
        let manifest = serde_json::from_slice(&json).with_context(damaged)?;
        Ok(Some(Self { dir, manifest }))
    }

    /// The name of its folder.
    pub(crate) fn name(&self) -> String {
        self.dir.file_name().unwrap_or_default().display().to_string()
    }

    /// Its dump.
    pub(crate) fn dump(&self) -> PathBuf {
        self.dir.join(DUMP)
    }

    /// Its list of blobs, if that is undamaged.
    pub(crate) fn contents(&self) -> anyhow::Result<Vec<Content>> {
        let path = self.dir.join(BLOBS);
        let text = std::fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))?;
        let found = FileInfo { bytes: text.len() as u64, sha256: hex::encode(Sha256::digest(text.as_bytes())) };
        self.check(&path, &found, &self.manifest.blobs)?;
        text.lines()
            .map(|line| Content::parse(line).with_context(|| format!("{} is damaged", path.display())))
            .collect()
    }

    /// Fails unless the file of the backup at `path` is as the manifest says.
    pub(crate) fn check(&self, path: &Path, found: &FileInfo, expected: &FileInfo) -> anyhow::Result<()> {
        if found == expected {
            return Ok(());
        }
        bail!("{} is damaged: it is not what {} says of it", path.display(), self.dir.join(MANIFEST).display())
    }
}

/// A blob of a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Content {
    /// The SHA-256 of its content.
    pub(crate) sha256: [u8; 32],
    /// The upload under way of which it has the first bytes, if it is that.
    pub(crate) upload: Option<(UploadId, u64)>,
}

impl Content {
    /// Its line in the list.
    pub(super) fn line(&self) -> String {
        match &self.upload {
            None => hex::encode(self.sha256),
            Some((id, bytes)) => format!("{} upload {id} {bytes}", hex::encode(self.sha256)),
        }
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let sha256 = hash(words.next()?)?;
        let upload = match (words.next(), words.next(), words.next(), words.next()) {
            (None, ..) => None,
            (Some("upload"), Some(id), Some(bytes), None) => Some((id.parse().ok()?, bytes.parse().ok()?)),
            _ => return None,
        };
        Some(Self { sha256, upload })
    }
}

/// A SHA-256 from its hexadecimal form.
pub(super) fn hash(text: &str) -> Option<[u8; 32]> {
    let mut hash = [0; 32];
    hex::decode_to_slice(text, &mut hash).ok().map(|()| hash)
}

/// A file or a reader that is hashed on its way.
pub(crate) struct Hashed<T> {
    inner: T,
    hasher: Sha256,
    bytes: u64,
}

impl Hashed<BufWriter<File>> {
    /// A new file that nobody else may read.
    pub(super) fn create(path: &Path) -> std::io::Result<Self> {
        let file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
        Ok(Self::new(BufWriter::with_capacity(1 << 20, file)))
    }

    /// Makes it durable.
    pub(super) fn finish(mut self) -> std::io::Result<FileInfo> {
        self.inner.flush()?;
        self.inner.get_ref().sync_all()?;
        Ok(self.info())
    }
}

impl<T> Hashed<T> {
    /// Hashes what is read from or written to `inner`.
    pub(crate) fn new(inner: T) -> Self {
        Self { inner, hasher: Sha256::new(), bytes: 0 }
    }

    /// What has passed.
    pub(crate) fn info(self) -> FileInfo {
        FileInfo { bytes: self.bytes, sha256: hex::encode(self.hasher.finalize()) }
    }
}

impl<T: Write> Write for Hashed<T> {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        let count = self.inner.write(buffer)?;
        self.hasher.update(&buffer[..count]);
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

impl<T: Read> Read for Hashed<T> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        self.bytes += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_list_read_back() {
        let upload = Some(("018f4b5e-0000-7000-8000-000000000001".parse().unwrap(), 70));
        for content in [Content { sha256: [0xab; 32], upload: None }, Content { sha256: [7; 32], upload }] {
            assert_eq!(Content::parse(&content.line()), Some(content));
        }
        for bad in
            ["", "ab", &"a".repeat(63), &format!("{} upload", "a".repeat(64)), &format!("{} x 1 2", "a".repeat(64))]
        {
            assert_eq!(Content::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_passes_is_counted_and_hashed() {
        let mut hashed = Hashed::new(&b"abc"[..]);
        std::io::copy(&mut hashed, &mut std::io::sink()).unwrap();
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".to_owned();
        assert_eq!(hashed.info(), FileInfo { bytes: 3, sha256 });
    }
}

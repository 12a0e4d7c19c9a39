//! The folder of backups.
//!
//! ```text
//! data2data-backup        what this folder is, for people; locked while somebody works on it
//! 20260102T030405.678Z/   a backup: manifest.json, dump.jsonl, blobs.txt; complete if it has a manifest
//! blobs/ab/cdef...        the bytes of files, by their SHA-256, which all backups share
//! incoming/               the backup being made; it gets its name when all of it is durable
//! arriving/               blobs being copied; they get their names when they are durable
//! ```
//!
//! So whatever happens at whatever moment, what has a name is whole, and the backups before stay as they are.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use chrono::{DateTime, Utc};

use super::manifest::Backup;

const MARK: &str = "data2data-backup";
const ABOUT: &str = "\
This folder holds backups of data2data: everybody's files, password hashes, and the keys that sign tokens. Keep it secret.
`d2d backup DIR` adds one, `d2d backup DIR --verify` checks them, `d2d restore DIR` puts one back.
";
/// Names of backups, which sort by their time.
const NAME: &str = "%Y%m%dT%H%M%S%.3fZ";

/// A folder of backups, locked: nobody else makes or removes backups in it.
#[derive(Debug)]
pub(crate) struct Folder {
    dir: PathBuf,
    _lock: File,
}

impl Folder {
    /// The folder at `dir`, for a new backup.
    pub(super) fn create(dir: &Path) -> anyhow::Result<Self> {
        make_dir(dir).with_context(|| format!("can't make the folder {}", dir.display()))?;
        let mark = dir.join(MARK);
        if !mark.exists() && fs::read_dir(dir)?.next().is_some() {
            bail!("{} has other things in it: name a folder that is empty, or one of backups", dir.display());
        }
        let options = File::options().create(true).append(true).mode(0o600).open(&mark);
        let mut lock = options.with_context(|| format!("can't write into {}", dir.display()))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                bail!("another d2d is working on {}: wait until it has ended", dir.display())
            }
            Err(TryLockError::Error(error)) => return Err(error).context(format!("can't lock {}", mark.display())),
        }
        if lock.metadata()?.len() == 0 {
            lock.write_all(ABOUT.as_bytes())?;
            lock.sync_all()?;
        }
        make_dir(&dir.join("blobs"))?;
        let folder = Self { dir: dir.to_owned(), _lock: lock };
        folder.clear(&folder.incoming())?;
        folder.clear(&folder.arriving())?;
        Ok(folder)
    }

    /// The folder at `dir`, for reading.
    pub(crate) fn open(dir: &Path) -> anyhow::Result<Self> {
        let lock = match File::open(dir.join(MARK)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                bail!("{} is no folder of backups: `d2d backup DIR` makes one", dir.display())
            }
            opened => opened.with_context(|| format!("can't read {}", dir.display()))?,
        };
        match lock.try_lock_shared() {
            Err(TryLockError::WouldBlock) => {
                bail!("a backup is being made in {}: wait until it has ended", dir.display())
            }
            // A file system that knows no locks may still be read.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        Ok(Self { dir: dir.to_owned(), _lock: lock })
    }

    /// Where it is.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// All complete backups, the oldest first.
    pub(crate) fn backups(&self) -> anyhow::Result<Vec<Backup>> {
        let backups = self.named()?.into_iter().map(Backup::read);
        backups.filter_map(anyhow::Result::transpose).collect()
    }

    /// The folders that have the name of a backup, the oldest first; those that are being removed, too.
    pub(super) fn named(&self) -> anyhow::Result<Vec<PathBuf>> {
        let entries = fs::read_dir(&self.dir).with_context(|| format!("can't read {}", self.dir.display()))?;
        let mut named = Vec::new();
        for entry in entries {
            let entry = entry?;
            let is_one = |name: &str| DateTime::parse_from_str(&format!("{name}+0000"), &format!("{NAME}%z")).is_ok();
            if entry.file_name().to_str().is_some_and(is_one) {
                named.push(entry.path());
            }
        }
        named.sort_unstable();
        Ok(named)
    }

    /// The folder of the backup of that moment.
    pub(super) fn of(&self, time: DateTime<Utc>) -> PathBuf {
        self.dir.join(time.format(NAME).to_string())
    }

    /// Where a blob is, if it is there.
    pub(crate) fn blob(&self, sha256: &[u8; 32]) -> PathBuf {
        let name = hex::encode(sha256);
        self.blobs().join(&name[..2]).join(&name[2..])
    }

    pub(super) fn blobs(&self) -> PathBuf {
        self.dir.join("blobs")
    }

    pub(super) fn incoming(&self) -> PathBuf {
        self.dir.join("incoming")
    }

    pub(super) fn arriving(&self) -> PathBuf {
        self.dir.join("arriving")
    }

    /// Makes all that was written into the folder durable.
    pub(super) fn sync(&self) -> io::Result<()> {
        Ok(rustix::fs::syncfs(File::open(&self.dir)?)?)
    }

    /// Makes an empty folder of one that an interrupted backup may have left.
    fn clear(&self, dir: &Path) -> anyhow::Result<()> {
        match fs::remove_dir_all(dir) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("can't clear {}", self.dir.display()))
            }
            _ => Ok(make_dir(dir)?),
        }
    }
}

/// Makes a folder that nobody else may look into.
pub(super) fn make_dir(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

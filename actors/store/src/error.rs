//! What can go wrong in the store.

use std::io;
use std::path::{Path, PathBuf};

use d2d_api::{RefusedTransition, TaskStatus};
use rustix::io::Errno;

/// Why the store did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A record of that name is there already.
    #[error("it exists already")]
    Exists,
    /// There is no such record.
    #[error("there is no such record")]
    NotFound,
    /// There are as many such records as may be.
    #[error("there are as many as may be: remove one first")]
    TooMany,
    /// The state of the task does not allow it.
    #[error(transparent)]
    Refused(#[from] RefusedTransition),
    /// The task takes no files in its state, and gives none away.
    #[error("the files of a task in `{0}` can't be changed any more")]
    FilesClosed(TaskStatus),
    /// The task has no file to work on.
    #[error("the task has no file yet: upload one first")]
    NoFiles,
    /// The task has all the files that it may have.
    #[error("the task has all the files that it may have")]
    TooManyFiles,
    /// The node does not hold the lease of the task any more: its work on the task must not be committed.
    #[error("the lease of the task is lost: its work can't be committed")]
    LeaseLost,
    /// As many tasks are live as may be.
    #[error("the queue is full: try again later")]
    QueueFull,
    /// As many tasks of the account are live as may be.
    #[error("the account has as many tasks under way as it may have: wait until some have ended, or cancel some")]
    TooManyTasks,
    /// The tasks of the account keep as many bytes as they may.
    #[error("the tasks of the account keep as many bytes as they may: remove some")]
    TooManyBytes,
    /// The idempotency key was used for another request.
    #[error("the idempotency key was used for another request: take a new key for each request")]
    KeyReused,
    /// The disk has no room left.
    #[error("the disk of `{}` is full: make room there or move `data_dir` to a larger disk", path.display())]
    DiskFull {
        /// The folder that was written to.
        path: PathBuf,
    },
    /// A blob can't be read or written.
    #[error("can't {action} `{}`: {source}", path.display())]
    Blob {
        /// What was tried, as a verb.
        action: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },
    /// A blob is not what was stored: something else than data2data wrote to it, or the disk fails.
    #[error("the blob {sha256} is damaged on the disk: {how}")]
    BlobDamaged {
        /// Its name.
        sha256: String,
        /// How that shows.
        how: String,
    },
    /// Another process has the database open.
    #[error("another d2d is using `{}`: stop it, or give this one a `data_dir` of its own", path.display())]
    Locked {
        /// The folder of the database.
        path: PathBuf,
    },
    /// The embedded database can't be opened: it is damaged, or not readable.
    #[error(
        "the database in `{}` can't be opened: {detail}. If it is damaged, stop d2d and put a backup in its place: \
         `d2d restore`",
        path.display()
    )]
    Damaged {
        /// The folder of the database.
        path: PathBuf,
        /// What the database answered.
        detail: String,
    },
    /// The database was written by a later version of data2data.
    #[error("the database has schema {found}, this d2d knows up to {known}: run the d2d that wrote it, or a newer one")]
    NewerSchema {
        /// The version of the schema in the database.
        found: u64,
        /// The version that this program brings it to.
        known: u64,
    },
    /// The database is a server's.
    #[error(
        "the database is a server's, which has a backup of its own: back that up (`surreal export`), and after it copy the \
         folder `blobs` of the data directory"
    )]
    ServerDatabase,
    /// A dump is not what it should be.
    #[error("the dump can't be used: {0}")]
    BadDump(String),
    /// A blob of a backup has another content than its name says.
    #[error("`{}` is damaged: it has not the content that its name says", path.display())]
    BackupDamaged {
        /// Where it is.
        path: PathBuf,
    },
    /// The setting `store.url` can't be used.
    #[error("`store.url` can't be used: {0}")]
    BadUrl(String),
    /// The database failed, can't be reached, or holds what it should not.
    #[error("the database failed to {action}: {detail}")]
    Database {
        /// What was tried, as a verb.
        action: &'static str,
        /// What the database answered.
        detail: String,
    },
}

impl StoreError {
    pub(crate) fn database(action: &'static str, error: &surrealdb::Error) -> Self {
        let mut detail = error.to_string();
        if says_damaged(&detail) {
            detail.push_str(". It is damaged: stop d2d and put a backup in its place: `d2d restore`");
        }
        Self::Database { action, detail }
    }

    /// Whether it is for damage to the files of the embedded database, which no second try mends.
    #[must_use]
    pub fn is_damaged_database(&self) -> bool {
        match self {
            Self::Damaged { .. } => true,
            Self::Database { detail, .. } => says_damaged(detail),
            _ => false,
        }
    }

    /// Whether it is for want of room on the disk.
    #[must_use]
    pub fn is_full_disk(&self) -> bool {
        match self {
            Self::DiskFull { .. } => true,
            Self::Database { detail, .. } => says_full(detail),
            _ => false,
        }
    }

    /// A record that this version can't read.
    pub(crate) fn unreadable(what: impl std::fmt::Display) -> Self {
        Self::Database { action: "read a record", detail: what.to_string() }
    }

    /// An error of the file system, as one of [`StoreError::DiskFull`] and [`StoreError::Blob`].
    pub(crate) fn blob(action: &'static str, path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path: path.to_owned() },
            _ => Self::Blob { action, path: path.to_owned(), source },
        }
    }
}

/// Whether the database tells of a full disk: it passes on what the system said as text only.
pub(crate) fn says_full(detail: &str) -> bool {
    [Errno::NOSPC, Errno::DQUOT].iter().any(|errno| detail.contains(&format!("(os error {})", errno.raw_os_error())))
}

/// Whether the database tells of files that are not what it wrote. Each of its blocks has a checksum.
fn says_damaged(detail: &str) -> bool {
    ["checksum verification failed", "Corrupted block:", "Corrupted table metadata:", "corruption detected:"]
        .iter()
        .any(|sign| detail.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_apart() {
        let path = Path::new("/somewhere/blobs");
        let full = |code| StoreError::blob("write", path, io::Error::from_raw_os_error(code));
        assert!(matches!(full(28), StoreError::DiskFull { .. }), "ENOSPC");
        assert!(matches!(full(122), StoreError::DiskFull { .. }), "EDQUOT");
        assert!(matches!(full(5), StoreError::Blob { .. }), "EIO");
        assert!(full(28).to_string().contains("/somewhere/blobs"));
        let database = |source| StoreError::Database { action: "keep a page", detail: format!("IO error: {source}") };
        for (code, is_full) in [(28, true), (122, true), (5, false)] {
            assert_eq!(full(code).is_full_disk(), is_full);
            assert_eq!(database(io::Error::from_raw_os_error(code)).is_full_disk(), is_full);
        }
    }
}

//! What can go wrong in the store.

use std::path::PathBuf;

use d2d_api::{RefusedTransition, TaskStatus};

/// Why the store did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A record of that name is there already.
    #[error("it exists already")]
    Exists,
    /// There is no such record.
    #[error("there is no such record")]
    NotFound,
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
    /// As many tasks are waiting as may.
    #[error("the queue is full: try again later")]
    QueueFull,
    /// The disk with the blobs has no room left.
    #[error("the disk of `{path}` is full: make room there or move `data_dir` to a larger disk")]
    DiskFull {
        /// The folder that was written to.
        path: PathBuf,
    },
    /// A blob can't be read or written.
    #[error("can't {action} `{path}`: {source}")]
    Blob {
        /// What was tried, as a verb.
        action: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// What the system answered.
        source: std::io::Error,
    },
    /// Another process has the database open.
    #[error("another d2d is using `{path}`: stop it, or give this one a `data_dir` of its own")]
    Locked {
        /// The folder of the database.
        path: PathBuf,
    },
    /// The database was written by a later version of data2data.
    #[error("the database has schema {found}, this d2d knows up to {known}: run the d2d that wrote it, or a newer one")]
    NewerSchema {
        /// The version of the schema in the database.
        found: u64,
        /// The version that this program brings it to.
        known: u64,
    },
    /// The setting `store.url`, or one that goes with it, can't be used.
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

pub(crate) fn unfinished() -> StoreError {
    StoreError::Database { action: "answer", detail: "not yet written".to_owned() }
}

//! What a backup is made of: the lines of a dump, and the manifest that says what is in it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::UploadId;

/// The version of the form of dumps and manifests that this program writes, and the only one that it reads.
pub const BACKUP_FORMAT: u32 = 1;

/// A line of a dump: JSON, without a line break in it. The first is `start`, the last `end`; without that a dump is cut off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum DumpLine {
    /// What the dump is of.
    Start(DumpStart),
    /// Records of one table.
    Records {
        /// The table.
        table: String,
        /// How many records.
        count: u64,
        /// The records, as an array in the language of the database (`SurrealQL`), which has a form for each type of value.
        surql: String,
    },
    /// Blobs that the records refer to.
    Blobs {
        /// Their SHA-256 in lower-case hexadecimal.
        sha256: Vec<String>,
    },
    /// A resumable upload under way, of which some bytes are there.
    Upload {
        /// The upload.
        id: UploadId,
        /// How many bytes of its partial file count.
        bytes: u64,
    },
    /// The dump is complete.
    End(DumpCounts),
    /// Nothing new: the blobs of the dump are still kept for whoever reads this. Comes after `end` only.
    Waiting,
}

/// What a dump is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DumpStart {
    /// The version of the form: [`BACKUP_FORMAT`].
    pub format: u32,
    /// The version of the data2data that wrote it.
    pub version: String,
    /// The version of the schema of the database.
    pub schema: u64,
    /// The moment that it shows.
    pub time: DateTime<Utc>,
}

/// How much is in a dump.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DumpCounts {
    /// The records of all tables.
    pub records: u64,
    /// The tasks among them.
    pub tasks: u64,
    /// The accounts among them.
    pub accounts: u64,
    /// The blobs that they refer to.
    pub blobs: u64,
    /// The resumable uploads of which bytes are there.
    pub uploads: u64,
}

//! Making a new database, and the blobs beside it, of a dump.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use d2d_api::{BACKUP_FORMAT, DumpCounts, DumpLine, DumpStart, UploadId};
use d2d_config::StoreConfig;
use sha2::{Digest, Sha256};
use surrealdb::engine::local::Db;
use surrealdb::{IndexedResults, Surreal};

use crate::blobs::Blobs;
use crate::database::Database;
use crate::failpoint::around;
use crate::open::{make_private_dir, open_directory};
use crate::{StoreError, migrations};

/// How much of a file is read at once.
const CHUNK_BYTES: usize = 1024 * 1024;

/// A data directory in the making. It is complete when [`Restoring::finish`] has returned, and of no use before.
#[derive(Debug)]
pub struct Restoring {
    database: Database,
    blobs: Blobs,
    dir: PathBuf,
    counts: DumpCounts,
}

impl Restoring {
    /// A new data directory, for a dump that begins so.
    ///
    /// # Errors
    /// [`StoreError::ServerDatabase`] if the settings name a database that is not in this process,
    /// [`StoreError::NewerSchema`] or [`StoreError::BadDump`] if a later version of data2data wrote the dump.
    pub async fn new(config: &StoreConfig, dir: &Path, start: &DumpStart) -> Result<Self, StoreError> {
        if start.format != BACKUP_FORMAT {
            let detail = format!("it has form {}, this d2d reads form {BACKUP_FORMAT}: take a newer d2d", start.format);
            return Err(StoreError::BadDump(detail));
        }
        if !config.url.starts_with("surrealkv://") {
            return Err(StoreError::ServerDatabase);
        }
        let folder = dir.join("db");
        make_private_dir(&folder)?;
        let database = open_directory(config, folder).await?;
        Box::pin(migrations::run_to(&database, start.schema)).await?;
        let blobs = Blobs::at(&dir.join("blobs")).await?;
        Ok(Self { database, blobs, dir: dir.to_owned(), counts: DumpCounts::default() })
    }

    /// Takes a line of the dump.
    ///
    /// # Errors
    /// [`StoreError::BadDump`] if the end counts what has not come.
    pub async fn take(&mut self, line: DumpLine) -> Result<(), StoreError> {
        match line {
            DumpLine::Records { table, count, surql } => self.insert(&table, count, &surql).await?,
            DumpLine::Blobs { sha256 } => self.counts.blobs += sha256.len() as u64,
            DumpLine::Upload { .. } => self.counts.uploads += 1,
            DumpLine::End(counts) if counts != self.counts => {
                let detail = format!("it should have {counts:?}, and has {:?}", self.counts);
                return Err(StoreError::BadDump(detail));
            }
            DumpLine::Start(_) | DumpLine::End(_) | DumpLine::Waiting => {}
        }
        Ok(())
    }

    async fn insert(&mut self, table: &str, count: u64, surql: &str) -> Result<(), StoreError> {
        let Database::Embedded { client, .. } = &self.database else { return Err(StoreError::ServerDatabase) };
        import(client, surql).await.map_err(|error| StoreError::BadDump(format!("records of `{table}`: {error}")))?;
        self.counts.records += count;
        match table {
            "task" => self.counts.tasks += count,
            "account" => self.counts.accounts += count,
            _ => {}
        }
        Ok(())
    }

    /// Where the blobs are put.
    #[must_use]
    pub fn blobs(&self) -> RestoringBlobs {
        RestoringBlobs(self.blobs.clone())
    }

    /// Brings the schema up to date and makes everything durable.
    ///
    /// # Errors
    /// [`StoreError::BadDump`] if not as many records are there as were taken.
    pub async fn finish(self) -> Result<DumpCounts, StoreError> {
        let found = self.count().await?;
        if found != self.counts.records {
            let detail = format!("{} records were taken, and {found} are there", self.counts.records);
            return Err(StoreError::BadDump(detail));
        }
        Box::pin(migrations::run(&self.database)).await?;
        self.database.close().await?;
        let failed = |source: io::Error| StoreError::blob("sync", &self.dir, source);
        let folder = File::open(&self.dir).map_err(failed)?;
        around("syncing what was restored", || Ok(rustix::fs::syncfs(&folder)?)).map_err(failed)?;
        Ok(self.counts)
    }

    /// How many records there are, besides that of the schema.
    async fn count(&self) -> Result<u64, StoreError> {
        let query = "{
            LET $tables = object::keys((INFO FOR DB).tables).filter(|$table| $table != 'schema');
            RETURN math::sum($tables.map(|$table| (SELECT count() FROM type::table($table) GROUP ALL)[0].count ?? 0));
        }";
        self.database.run("count the records", query, crate::database::bind! {}).await
    }
}

/// The blobs of a data directory in the making. Cheap to clone.
#[derive(Debug, Clone)]
pub struct RestoringBlobs(Blobs);

impl RestoringBlobs {
    /// Copies the file at `from` to the place of a blob, checking its content on the way. Waits for the disk.
    ///
    /// # Errors
    /// [`StoreError::BackupDamaged`] if it is not what it should be.
    pub fn copy_blob(&self, from: &Path, sha256: &str) -> Result<u64, StoreError> {
        let place = self.0.path(sha256);
        make_private_dir(place.parent().unwrap_or(self.0.dir()))?;
        copy(from, &place, sha256)
    }

    /// Copies the file at `from` to the place of the partial file of an upload, checking its content on the way. Waits for
    /// the disk.
    ///
    /// # Errors
    /// [`StoreError::BackupDamaged`] if it is not what it should be.
    pub fn copy_partial(&self, from: &Path, sha256: &str, id: UploadId) -> Result<u64, StoreError> {
        copy(from, &self.0.partial(id.0), sha256)
    }
}

/// Puts records in as they are: nothing that a table does by itself when it is written to (events, computed values) is
/// done, since it has been done.
async fn import(client: &Surreal<Db>, surql: &str) -> Result<(), surrealdb::Error> {
    let query = format!("OPTION IMPORT; INSERT {surql} RETURN NONE;");
    Box::pin(async { client.query(query).await.and_then(IndexedResults::check).map(drop) }).await
}

fn copy(from: &Path, to: &Path, sha256: &str) -> Result<u64, StoreError> {
    let unreadable = |source| StoreError::blob("read", from, source);
    let unwritable = |source| StoreError::blob("write", to, source);
    let mut source = File::open(from).map_err(unreadable)?;
    let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(to).map_err(unwritable)?;
    let (mut hasher, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; CHUNK_BYTES]);
    loop {
        let count = source.read(&mut buffer).map_err(unreadable)?;
        if count == 0 {
            break;
        }
        hasher.update(&buffer[..count]);
        around("writing a restored blob", || file.write_all(&buffer[..count])).map_err(unwritable)?;
        bytes += count as u64;
    }
    if hex::encode(hasher.finalize()) == sha256 {
        Ok(bytes)
    } else {
        Err(StoreError::BackupDamaged { path: from.into() })
    }
}

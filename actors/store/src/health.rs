//! Whether the embedded database can still write.
//!
//! When one of its own writes fails, as on a full disk, it takes no more of them as long as it is open, also when there is
//! room again: only opening it anew helps. Nothing is lost by that: what it has acknowledged is on the disk.

use std::path::Path;
use std::time::Duration;

use crate::database::{Database, bind};
use crate::{Store, StoreError};

/// How often to look whether it writes again.
const LOOK: Duration = Duration::from_secs(2);

impl Store {
    /// Waits until the database writes no more though there is room on its disk, and answers what it says: it has to be
    /// opened anew. As long as the disk is full this waits.
    pub async fn failed(&self) -> StoreError {
        let Database::Embedded { trouble, room, .. } = self.database() else { return std::future::pending().await };
        loop {
            trouble.notified().await;
            while let Err(error) = self.probe().await {
                if room.is_there() {
                    return error;
                }
                tracing::error!(%error, "the disk of the database is full: make room there");
                tokio::time::sleep(LOOK).await;
            }
            tracing::info!("the database writes again");
        }
    }

    /// Writes something of no meaning.
    async fn probe(&self) -> Result<(), StoreError> {
        let query = "{ UPSERT gate:probe SET passed = (passed ?? 0) + 1 RETURN NONE; RETURN true; }";
        let _: bool = self.database().run("see whether it writes", query, bind! {}).await?;
        Ok(())
    }
}

/// What the database needs to be opened and to write.
#[derive(Debug)]
pub(crate) struct Room {
    dir: std::path::PathBuf,
    bytes: u64,
}

impl Room {
    /// On the disk of `dir`, for a database that writes its tables so large.
    pub(crate) fn of(dir: &Path, memtable: u64) -> Self {
        Self { dir: dir.to_owned(), bytes: memtable.saturating_mul(2) }
    }

    pub(crate) fn is_there(&self) -> bool {
        rustix::fs::statvfs(&self.dir).is_ok_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) >= self.bytes)
    }
}

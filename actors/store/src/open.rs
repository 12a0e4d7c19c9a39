//! Opening a store: which database, with which settings, and that nobody else has it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use d2d_config::StoreConfig;
use surrealdb::Surreal;
use surrealdb::engine::any;
use surrealdb::opt::auth;
use surrealdb_cnf::ConfigMap;
use surrealdb_engine_local::{Datastore, EngineOptions};
use tokio::sync::{Mutex, Notify};

use crate::blobs::holds_any;
use crate::database::Database;
use crate::error::says_full;
use crate::health::Room;
use crate::logins::Logins;
use crate::{Blobs, StoreError, manifest, migrations};

/// How long to wait for another process that is just closing the database.
const LOCK_PATIENCE: Duration = Duration::from_secs(1);
/// How often to look whether it has.
const LOCK_POLL: Duration = Duration::from_millis(50);
/// How often the embedded database writes that it lives, for which there is nobody to read it; 3 s is its default.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How many resumable uploads of an earlier life are given up at the start; others have to wait for the next sweep.
const SWEEP: usize = 1000;

/// The records and blobs of one data2data. Cheap to clone; all clones are the same store.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) database: Database,
    pub(crate) blobs: Blobs,
    pub(crate) logins: Logins,
    /// Held while a task is made: see [`Store::create_task`].
    pub(crate) creating: Mutex<()>,
}

impl Store {
    /// Opens the database that `config.url` names and the blobs under `data_dir`, and brings the schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Locked`] if another process has the embedded database open, [`StoreError::NewerSchema`] if a later
    /// version wrote it, [`StoreError::Damaged`] if it can't be opened, [`StoreError::Database`] if its first records can't
    /// be read.
    pub async fn open(config: &StoreConfig, data_dir: &Path) -> Result<Self, StoreError> {
        let database = match config.url.split_once("://") {
            Some(("surrealkv", _)) => {
                let dir = data_dir.join("db");
                make_private_dir(&dir)?;
                look_at_files(dir.clone(), data_dir.join("blobs")).await?;
                open_directory(config, dir).await?
            }
            Some(("mem", _)) => embedded(config, "memory", data_dir).await.map_err(opening)?,
            Some(("ws" | "wss", _)) => connect(config).await?,
            _ => {
                return Err(StoreError::BadUrl(format!(
                    "`{}` is neither surrealkv://, mem://, ws:// nor wss://",
                    config.url
                )));
            }
        };
        Box::pin(migrations::run(&database)).await?;
        // After the database: whoever has that may clear away what an earlier life left half-written.
        let blobs = Blobs::at(&data_dir.join("blobs")).await?;
        let store =
            Self { inner: Arc::new(Inner { database, blobs, logins: Logins::default(), creating: Mutex::new(()) }) };
        Box::pin(store.sweep_tus(SWEEP)).await?;
        Ok(store)
    }

    /// Closes the database: when this returns, another process may open an embedded one. What other clones ask for
    /// afterwards fails.
    pub async fn close(self) -> Result<(), StoreError> {
        self.database().close().await
    }

    /// The bytes of files.
    #[must_use]
    pub fn blobs(&self) -> &Blobs {
        &self.inner.blobs
    }

    pub(crate) fn database(&self) -> &Database {
        &self.inner.database
    }

    pub(crate) fn logins(&self) -> &Logins {
        &self.inner.logins
    }
}

/// Refuses what the embedded database would not: to take the numbers of a damaged manifest for true, and to begin anew over
/// the files of an old database, which would be swept away.
async fn look_at_files(dir: PathBuf, blobs: PathBuf) -> Result<(), StoreError> {
    let look = tokio::task::spawn_blocking(move || {
        let failed = |source| StoreError::blob("look at", &dir, source);
        let damaged = |detail| StoreError::Damaged { path: dir.clone(), detail };
        let manifests = dir.join("manifest");
        if manifest::is_damaged(&manifests).map_err(failed)? {
            return Err(damaged("its manifest is not what was written".to_owned()));
        }
        if !has_entries(&manifests).map_err(failed)? && holds_any(&blobs).map_err(failed)? {
            return Err(damaged(format!(
                "its manifest is not there, though there are files that it stored; to begin anew, move it and `{}` away",
                blobs.display()
            )));
        }
        Ok(())
    });
    look.await.map_err(|error| opening(error.to_string()))?
}

/// Whether there is anything in a folder.
fn has_entries(dir: &Path) -> io::Result<bool> {
    match std::fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        entries => Ok(entries?.next().is_some()),
    }
}

/// Opens the embedded database in `dir`. A process that is just ending may still have it: that is waited for.
pub(crate) async fn open_directory(config: &StoreConfig, dir: PathBuf) -> Result<Database, StoreError> {
    let Some(text) = dir.to_str().filter(|text| !text.contains('?')) else {
        return Err(StoreError::BadUrl(format!("the path `{}` is not UTF-8, or has a `?`", dir.display())));
    };
    let url = format!("surrealkv://{text}");
    let deadline = Instant::now() + LOCK_PATIENCE;
    loop {
        match embedded(config, &url, &dir).await {
            Ok(database) => return Ok(database),
            Err(detail) if detail.contains("already locked") => {
                if Instant::now() >= deadline {
                    return Err(StoreError::Locked { path: dir });
                }
                tokio::time::sleep(LOCK_POLL).await;
            }
            Err(detail) if says_full(&detail) || !Room::of(&dir, config.memtable.bytes()).is_there() => {
                return Err(StoreError::DiskFull { path: dir });
            }
            Err(detail) => return Err(StoreError::Damaged { path: dir, detail: without_advice(&detail).to_owned() }),
        }
    }
}

/// What the database says, without its advice to those who build it in: operators can't follow that.
fn without_advice(detail: &str) -> &str {
    detail.split(" Automatic repair refused").next().unwrap_or(detail).trim_end_matches('.')
}

/// Starts the database in this process.
///
/// It is put together from its parts, as `surrealdb::engine::any::connect` does it: that one leaves no way to bound the
/// caches, which would take half of the machine's memory. Each commit is on the disk before it is answered.
async fn embedded(config: &StoreConfig, url: &str, dir: &Path) -> Result<Database, String> {
    let settings = ConfigMap::empty()
        .with_key_value("datastore_sync", "every")
        .with_key_value("surrealkv_max_memtable_size", config.memtable.bytes().to_string())
        .with_key_value("surrealkv_block_cache_capacity", config.block_cache.bytes().to_string());
    let options = EngineOptions { node_membership_refresh_interval: HEARTBEAT, ..EngineOptions::default() };
    let builder = Datastore::builder().with_config(settings).with_engine_options(options).without_maintenance_tasks();
    let start = async {
        let datastore = Box::pin(builder.build_with_path(url)).await.map_err(in_full)?;
        Box::pin(read_versions(&datastore)).await?;
        // Its version must be stamped before its own tasks write anything.
        Box::pin(datastore.check_version()).await.map_err(in_full)?;
        Box::pin(datastore.bootstrap()).await.map_err(in_full)?;
        datastore.start_maintenance_tasks();
        let client = Surreal::unstable_from_datastore(datastore.clone(), None).await.map_err(in_full)?;
        client.use_ns(&config.namespace).use_db(&config.database).await.map_err(in_full)?;
        let room = Room::of(dir, config.memtable.bytes());
        Ok(Database::Embedded { client, datastore, trouble: Notify::new(), room })
    };
    Box::pin(start).await
}

/// Reads what [`Datastore::check_version`] will read. That tries again for two minutes, as a cluster that is just forming
/// would need it; files in a folder that can't be read now won't be readable then.
async fn read_versions(datastore: &Datastore) -> Result<(), String> {
    // A new database has none, and reading the other one would stamp it.
    if datastore.storage_version().await.map_err(in_full)?.is_some() {
        datastore.get_version().await.map_err(in_full)?;
    }
    Ok(())
}

/// An error with its causes, if it is one that tells them so.
fn in_full(error: impl fmt::Display) -> String {
    format!("{error:#}")
}

/// Connects to a server.
async fn connect(config: &StoreConfig) -> Result<Database, StoreError> {
    let failed = |error: surrealdb::Error| opening(format!("{error} (at {})", config.url));
    let client = any::connect(&config.url).await.map_err(failed)?;
    if let (Some(username), Some(password)) = (&config.username, &config.password) {
        let of_database = auth::Database {
            namespace: config.namespace.clone(),
            database: config.database.clone(),
            username: username.clone(),
            password: password.reveal().to_owned(),
        };
        if client.signin(of_database).await.is_err() {
            let root = auth::Root { username: username.clone(), password: password.reveal().to_owned() };
            client.signin(root).await.map_err(failed)?;
        }
    }
    client.use_ns(&config.namespace).use_db(&config.database).await.map_err(failed)?;
    Ok(Database::Server { client })
}

fn opening(detail: String) -> StoreError {
    StoreError::Database { action: "open", detail }
}

/// Makes a folder that nobody else may look into.
pub(crate) fn make_private_dir(dir: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|source| StoreError::blob("make the folder", dir, source))
}

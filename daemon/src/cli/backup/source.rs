//! Where a backup is copied from: a running daemon, else its data directory.

use anyhow::{Context as _, anyhow};
use d2d_api::{DumpLine, ProblemCode, UploadId};
use d2d_config::Config;
use d2d_store::{Snapshot, Store, StoreError};
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use tokio::io::AsyncReadExt as _;
use tokio_util::io::ReaderStream;

use crate::cli::client::{Client, ClientError, DumpLines};
use crate::cli::local::{check_owner, daemon_answers};

/// How much of a file is read at once.
const CHUNK_BYTES: usize = 256 * 1024;

pub(super) enum Source {
    /// A running daemon.
    Daemon(Client),
    /// A data directory that no daemon has open.
    Store(Store),
}

/// The lines of a dump. As long as it is not dropped, no blob is removed.
pub(super) enum Dump {
    Daemon(Box<DumpLines>),
    Store(Box<Snapshot>),
}

/// A file of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A blob.
    Blob([u8; 32]),
    /// The first bytes of an upload under way.
    Upload(UploadId, u64),
}

/// The bytes of a file, as they come.
pub(super) type Bytes = BoxStream<'static, anyhow::Result<bytes::Bytes>>;

impl Source {
    /// The running daemon if there is one, else its data directory.
    pub(super) async fn open(config: &Config) -> anyhow::Result<Self> {
        if daemon_answers(&config.ops.socket)? {
            return Ok(Self::Daemon(Client::unix(&config.ops.socket)?));
        }
        if !config.data_dir.join("db").is_dir() {
            let dir = config.data_dir.display();
            return Err(anyhow!("no daemon runs, and {dir} has no database: name the data directory with --data-dir"));
        }
        check_owner(&config.data_dir, "d2d backup")?;
        let store = Store::open(&config.store, &config.data_dir).await.context("can't open the database")?;
        Ok(Self::Store(store))
    }

    /// The database as it is now.
    pub(super) async fn dump(&self) -> anyhow::Result<Dump> {
        match self {
            Self::Daemon(client) => Ok(Dump::Daemon(Box::new(client.dump().await.map_err(refused)?))),
            Self::Store(store) => Ok(Dump::Store(Box::new(store.snapshot().await?))),
        }
    }

    /// The bytes of a file; `None` if it is not there.
    pub(super) async fn read(&self, wanted: Wanted) -> anyhow::Result<Option<Bytes>> {
        match self {
            Self::Daemon(client) => {
                let bytes = match wanted {
                    Wanted::Blob(sha256) => client.blob(&hex::encode(sha256)).await,
                    Wanted::Upload(id, bytes) => client.partial_upload(id, bytes).await,
                };
                match bytes {
                    Ok(bytes) => Ok(Some(bytes.map(|chunk| chunk.map_err(Into::into)).boxed())),
                    Err(error) if error.code() == Some(ProblemCode::RequestNotFound) => Ok(None),
                    Err(error) => Err(refused(error)),
                }
            }
            Self::Store(store) => {
                let (opened, most) = match wanted {
                    Wanted::Blob(sha256) => (store.blobs().open(&hex::encode(sha256)).await, u64::MAX),
                    Wanted::Upload(id, bytes) => (store.blobs().open_partial(id.0).await, bytes),
                };
                match opened {
                    Ok(file) => {
                        let chunks = ReaderStream::with_capacity(file.take(most), CHUNK_BYTES);
                        Ok(Some(chunks.map(|chunk| chunk.context("can't read a file of the data directory")).boxed()))
                    }
                    Err(StoreError::NotFound) => Ok(None),
                    Err(error) => Err(error.into()),
                }
            }
        }
    }

    pub(super) async fn close(self) {
        if let Self::Store(store) = self
            && let Err(error) = store.close().await
        {
            crate::cli::exit::say_error(&format!("the database was not closed well: {error}"));
        }
    }
}

impl Dump {
    /// The next line.
    pub(super) async fn next(&mut self) -> anyhow::Result<DumpLine> {
        let line = match self {
            Self::Daemon(lines) => lines.next().await.context("the dump was cut off")?,
            Self::Store(snapshot) => snapshot.next().await?,
        };
        line.context("the dump was cut off: the log of the daemon says why")
    }

    /// Holds the blobs, until that fails.
    pub(super) async fn hold(&mut self) -> anyhow::Error {
        let Self::Daemon(lines) = self else { return std::future::pending().await };
        loop {
            match lines.next().await {
                Ok(Some(_)) => {}
                Ok(None) => return anyhow!("the daemon went down meanwhile: run it again"),
                Err(error) => return anyhow::Error::new(error).context("the daemon went away meanwhile: run it again"),
            }
        }
    }

    /// Lets go of the blobs.
    pub(super) async fn release(self) -> anyhow::Result<()> {
        match self {
            Self::Daemon(_) => Ok(()),
            Self::Store(snapshot) => Ok(snapshot.release().await?),
        }
    }
}

fn refused(error: ClientError) -> anyhow::Error {
    match error.code() {
        Some(ProblemCode::AuthMissingToken | ProblemCode::AuthForbidden) => anyhow!(
            "backups are for operators: run this as root, as the user of the daemon, or join the group `data2data`"
        ),
        Some(ProblemCode::RequestNotFound) => {
            anyhow!(
                "the running daemon is of an earlier version, which makes no backups: restart it, then run this again"
            )
        }
        _ => error.into(),
    }
}

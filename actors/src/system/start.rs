//! Bringing the actors up.

use std::sync::Arc;

use chrono::Utc;
use d2d_config::Config;
use d2d_store::Store;

use super::{Inner, System};
use crate::address::Address;
use crate::publisher::Publisher;
use crate::{Registry, WorkerCommand};

/// Why the system did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An actor did not come up.
    #[error("the supervision tree did not come up: {0}")]
    Tree(String),
    /// The folder for results in the making can't be used.
    #[error("can't make the folder `{path}` for results in the making: {source}")]
    Scratch {
        /// The folder.
        path: std::path::PathBuf,
        /// What the system answered.
        source: std::io::Error,
    },
}

impl System {
    /// Starts the actors. What an earlier life of this node left unfinished is queued again.
    ///
    /// `worker` is how the worker processes are started: the daemon's own program with `worker`.
    ///
    /// # Errors
    /// [`StartError`] if an actor does not come up, for example because the store does not answer.
    pub async fn start(
        config: Arc<Config>,
        store: Store,
        registry: Registry,
        worker: WorkerCommand,
    ) -> Result<Self, StartError> {
        let _ = worker;
        let broadcaster = Address::vacant();
        let publisher = Publisher::new(broadcaster.clone());
        let inner = Inner { config, store, registry, publisher, broadcaster, started_at: Utc::now() };
        Ok(Self { inner: Arc::new(inner) })
    }
}

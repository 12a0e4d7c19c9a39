//! Bringing the actors up.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::Utc;
use d2d_config::Config;
use d2d_store::Store;
use ractor::Actor;
use ractor::concurrency::JoinHandle;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::tus::Turns;
use super::{Inner, System};
use crate::address::Address;
use crate::broadcaster::{BroadcasterArgs, Places};
use crate::dispatcher::{DispatcherArgs, QueueNews};
use crate::eta::Etas;
use crate::fetcher::{FetcherArgs, FetcherMsg};
use crate::intake::Bounds;
use crate::janitor::JanitorArgs;
use crate::outbound::Outbound;
use crate::pool::{PoolHandle, Pools};
use crate::publisher::Publisher;
use crate::retention::Retention;
use crate::retries::{Retries, RetryPolicy};
use crate::root::{Children, Root, RootArgs};
use crate::waker::Waker;
use crate::webhooks::WebhooksArgs;
use crate::{Registry, WorkerCommand};

/// Why the system did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An actor did not come up.
    #[error("the supervision tree did not come up: {0}")]
    Tree(String),
    /// Requests to the outside can't be made.
    #[error("can't prepare requests to the outside: {0}")]
    Outbound(String),
    /// The folder for results in the making can't be used.
    #[error("can't make the folder `{path}` for results in the making: {source}")]
    Scratch {
        /// The folder.
        path: PathBuf,
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
        let scratch = empty_dir(config.data_dir.join("scratch")).await?;
        let pools = pools(&registry, &worker, &store, &scratch);
        let workers = pools.values().map(PoolHandle::workers).sum();
        let children = Children {
            broadcaster: Address::vacant(),
            dispatcher: Address::vacant(),
            fetcher: Address::vacant(),
            webhooks: Address::vacant(),
            janitor: Address::vacant(),
            pools: Arc::clone(&pools),
        };
        let retention = Retention { keep: config.tasks.kept() };
        let publisher = Publisher::new(children.broadcaster.clone(), children.webhooks.clone(), retention);
        let places = Places::default();
        let news = QueueNews::new(children.dispatcher.clone());
        let etas = Etas::default();
        let outbound = Outbound::new(&config.outbound).map_err(|error| StartError::Outbound(error.to_string()))?;
        let fetcher = FetcherArgs {
            bounds: Bounds { config: Arc::clone(&config), store: store.clone(), registry: registry.clone() },
            outbound: outbound.clone(),
            publisher: publisher.clone(),
            waker: Waker::new(children.fetcher.clone(), || FetcherMsg::Poke),
            queue: news.clone(),
        };
        let (bounds, fetcher_waker) = (fetcher.bounds.clone(), fetcher.waker.clone());
        let dispatcher = DispatcherArgs {
            store: store.clone(),
            registry: registry.clone(),
            pools,
            publisher: publisher.clone(),
            etas: etas.clone(),
            news: news.clone(),
            node: config.ops.node.clone(),
            limit: config.tasks.running_limit(workers),
            limit_per_owner: config.tasks.running_limit_per_user(),
            lease: config.tasks.lease,
            retries: Retries {
                policy: RetryPolicy::of(&config.tasks),
                store: store.clone(),
                publisher: publisher.clone(),
            },
            scratch,
        };
        let (failure_sender, failure) = watch::channel(None);
        let root_args = RootArgs {
            children: children.clone(),
            broadcaster: BroadcasterArgs { store: store.clone(), places: places.clone() },
            dispatcher,
            fetcher,
            webhooks: WebhooksArgs {
                store: store.clone(),
                outbound: outbound.clone(),
                config: config.webhooks.clone(),
                retention,
                node: config.ops.node.clone(),
            },
            janitor: JanitorArgs { store: store.clone(), publisher: publisher.clone(), config: Arc::clone(&config) },
            failure: failure_sender.clone(),
        };
        let spawned = Actor::spawn(None, Root, root_args).await;
        let (root, ended) = spawned.map_err(|error| StartError::Tree(error.to_string()))?;
        let draining = CancellationToken::new();
        tokio::spawn(watch_over(ended, draining.clone(), failure_sender));
        let inner = Inner {
            config,
            store,
            registry,
            publisher,
            etas,
            places,
            retention,
            outbound,
            root,
            children,
            turns: Turns::default(),
            bounds,
            queue: news,
            fetcher: fetcher_waker,
            draining,
            failure,
            started_at: Utc::now(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }
}

/// The pools of all services; their factories are started by Root.
fn pools(registry: &Registry, worker: &WorkerCommand, store: &Store, scratch: &Path) -> Pools {
    let pools = registry.iter().map(|service| {
        let name = &service.info().name;
        let (blobs, scratch) = (store.blobs().dir().to_owned(), scratch.to_owned());
        (name.clone(), PoolHandle::new(name, service.pool(), worker.clone(), blobs, scratch))
    });
    Arc::new(pools.collect())
}

/// An empty folder: what an earlier life left half-made is of no use.
async fn empty_dir(path: PathBuf) -> Result<PathBuf, StartError> {
    let failed = |source| StartError::Scratch { path: path.clone(), source };
    match tokio::fs::remove_dir_all(&path).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    tokio::fs::create_dir_all(&path).await.map_err(failed)?;
    Ok(path)
}

/// Tells of the end of Root, unless the system was to go down.
async fn watch_over(ended: JoinHandle<()>, draining: CancellationToken, failure: watch::Sender<Option<String>>) {
    let _ = ended.await;
    if !draining.is_cancelled() {
        failure.send_if_modified(|reason| {
            let silent = reason.is_none();
            reason.get_or_insert_with(|| "its root ended unexpectedly".to_owned());
            silent
        });
    }
}

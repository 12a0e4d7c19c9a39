//! The one door to the actors and the store: what HTTP handlers, the console's socket and the daemon's own life call.
//!
//! Handlers validate what they read, call one method here, and map [`crate::Refused`] to a problem. Every change that
//! leaves a row in the store is published from here or from the actors through the same [`Publisher`]; the dispatcher is
//! woken when something was queued.

mod dead_letters;
mod downloads;
mod drain;
mod one_off;
mod ops;
mod registration;
mod start;
mod tasks;
#[cfg(test)]
mod tests;
mod tus;
mod uploads;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use d2d_config::Config;
use d2d_store::Store;
use ractor::ActorRef;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::Registry;
use crate::broadcaster::Places;
use crate::dispatcher::QueueNews;
use crate::eta::Etas;
use crate::fetcher::FetcherMsg;
use crate::intake::Bounds;
use crate::outbound::Outbound;
use crate::publisher::Publisher;
use crate::retention::Retention;
use crate::root::{Children, RootMsg};
use crate::waker::Waker;

pub use one_off::OneOff;
pub use ops::PingError;
pub use start::StartError;
pub use tasks::TaskPage;
pub use tus::{TusAccess, TusWriter};
pub use uploads::Answered;

/// A running data2data: its settings, its store, its conversion services and its actors. Cheap to clone.
#[derive(Clone)]
pub struct System {
    inner: Arc<Inner>,
}

struct Inner {
    config: Arc<Config>,
    store: Store,
    registry: Registry,
    publisher: Publisher,
    etas: Etas,
    places: Places,
    retention: Retention,
    outbound: Outbound,
    root: ActorRef<RootMsg>,
    children: Children,
    /// Who writes to which resumable upload.
    turns: tus::Turns,
    bounds: Bounds,
    queue: QueueNews,
    fetcher: Waker<FetcherMsg>,
    /// Cancelled when the system goes down by its own wish: from then on it takes no new work.
    draining: CancellationToken,
    /// Why the tree failed, if it did.
    failure: watch::Receiver<Option<String>>,
    started_at: DateTime<Utc>,
}

impl System {
    /// The conversion services.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.inner.registry
    }

    /// The records and blobs.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &Arc<Config> {
        &self.inner.config
    }
}

impl std::fmt::Debug for System {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("System")
            .field("node", &self.inner.config.ops.node)
            .field("started_at", &self.inner.started_at)
            .finish_non_exhaustive()
    }
}

//! What operators and the daemon itself ask: how things stand, whether the actors answer, and to go down.

use std::sync::atomic::Ordering;
use std::time::Duration;

use d2d_api::{NodeInfo, Overview, QueueDepth, TaskId};
use futures_util::future::join_all;

use super::System;
use crate::Refused;
use crate::dispatcher::DispatcherMsg;
use crate::fetcher::FetcherMsg;
use crate::pool::{PoolHandle, rss_bytes};
use crate::root::RootMsg;

/// How long the supervision tree may take to answer a ping.
const PING_LIMIT: Duration = Duration::from_secs(6);

/// How long after the deadline of a drain its end is awaited.
const DRAIN_GRACE: Duration = Duration::from_secs(3);

/// The actors do not answer: the daemon should be restarted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the supervision tree does not answer: {0}")]
pub struct PingError(pub(crate) String);

impl System {
    /// The whole service at this moment.
    ///
    /// # Errors
    /// `internal` if the store fails.
    pub async fn overview(&self) -> Result<Overview, Refused> {
        let counts = self.inner.store.counts().await?;
        let (succeeded, failed, cancelled) = self.inner.publisher.ended();
        Ok(Overview {
            node: NodeInfo {
                name: self.inner.config.ops.node.clone(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                pid: std::process::id(),
                started_at: self.inner.started_at,
                rss_bytes: rss_bytes(std::process::id()).await,
                draining: self.inner.draining.load(Ordering::Acquire),
            },
            queue: QueueDepth {
                awaiting_files: counts.awaiting_files,
                queued: counts.queued,
                execution: counts.execution,
                succeeded,
                failed,
                cancelled,
                pages: self.inner.children.pools.values().map(PoolHandle::pages).sum(),
            },
            pools: join_all(self.inner.children.pools.values().map(PoolHandle::view)).await,
        })
    }

    /// Answers if the actors do: a round trip through Root and each of its children. (For the store see
    /// [`d2d_store::Store::ping`].)
    ///
    /// # Errors
    /// [`PingError`] names who did not answer.
    pub async fn ping(&self) -> Result<(), PingError> {
        let silent = match self.inner.root.call(RootMsg::Ping, Some(PING_LIMIT)).await {
            Ok(answer) => answer.unwrap_or_else(|| Err("the root".to_owned())),
            Err(_) => Err("the root".to_owned()),
        };
        silent.map_err(PingError)
    }

    /// Goes down in good order: takes no new work, lets pages in hand finish until `deadline` has passed, gives the tasks
    /// back to the queue without counting the attempt, then ends the worker processes and all actors. What the store
    /// knows can be read after it.
    pub async fn drain(&self, deadline: Duration) {
        self.inner.draining.store(true, Ordering::Release);
        if self.inner.children.fetcher.call(FetcherMsg::Drain, DRAIN_GRACE).await.is_err() {
            tracing::warn!("some files were being fetched; the next start of this node goes on with them");
        }
        let drain = |reply| DispatcherMsg::Drain(deadline, reply);
        if self.inner.children.dispatcher.call(drain, deadline.saturating_add(DRAIN_GRACE)).await.is_err() {
            tracing::warn!("some tasks could not be given back; the next start of this node queues them again");
        }
        if self.inner.root.stop_and_wait(None, Some(DRAIN_GRACE)).await.is_err() {
            tracing::debug!("the actors had ended before");
        }
    }

    /// Resolves, with the reason, when the supervision tree has failed for good: the daemon should end with an error, so
    /// that it is started anew. Never resolves in a system that was drained.
    pub async fn failed(&self) -> String {
        let mut failure = self.inner.failure.clone();
        let reason = failure.wait_for(Option::is_some).await.map(|reason| reason.clone().unwrap_or_default());
        match reason {
            Ok(reason) => reason,
            Err(_) => std::future::pending().await,
        }
    }

    /// Has the work on a task stopped that was cancelled, which made its `seq` what it is.
    pub(super) fn halt(&self, id: TaskId, seq: u64) {
        // Without a dispatcher nothing runs, and without a fetcher nothing is fetched.
        let _ = self.inner.children.dispatcher.cast(DispatcherMsg::Halt(id, seq));
        let _ = self.inner.children.fetcher.cast(FetcherMsg::Halt(id, seq));
    }
}

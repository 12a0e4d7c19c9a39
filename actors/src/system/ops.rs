//! What operators and the daemon itself ask: how things stand, and whether the actors answer.

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
                draining: self.is_draining(),
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

    /// Answers if the actors do: a round trip through Root and each of its children. One that waits for a database that does
    /// not answer does not answer either; one that was told that the database fails does.
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

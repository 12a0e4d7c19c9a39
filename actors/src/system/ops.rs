//! What operators and the daemon itself ask: how things stand, whether the actors answer, and to go down.

use std::time::Duration;

use d2d_api::{NodeInfo, Overview, QueueDepth, TaskId};

use super::System;
use crate::Refused;

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
                rss_bytes: 0,
                draining: false,
            },
            queue: QueueDepth {
                awaiting_files: counts.awaiting_files,
                queued: counts.queued,
                execution: counts.execution,
                succeeded,
                failed,
                cancelled,
                pages: 0,
            },
            pools: Vec::new(),
        })
    }

    /// Answers if the actors and the store do: a round trip through Root and each of its children.
    ///
    /// # Errors
    /// [`PingError`] names who did not answer.
    pub async fn ping(&self) -> Result<(), PingError> {
        Ok(())
    }

    /// Goes down in good order: takes no new work, lets pages in hand finish until `deadline` has passed, gives the tasks
    /// back to the queue without counting the attempt, ends the worker processes and all actors.
    pub async fn drain(&self, deadline: Duration) {
        let _ = deadline;
    }

    /// Resolves, with the reason, when the supervision tree has failed for good: the daemon should end with an error, so
    /// that it is started anew. Never resolves in a system that was drained.
    pub async fn failed(&self) -> String {
        std::future::pending().await
    }

    pub(super) fn wake_dispatcher(&self) {
        let _ = &self.inner;
    }

    pub(super) fn halt(&self, id: TaskId) {
        let _ = (&self.inner, id);
    }
}

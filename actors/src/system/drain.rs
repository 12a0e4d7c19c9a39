//! Going down: no new work is taken from now on, what is in hand ends or is given back, then the actors end.
//!
//! Reading, watching and cancelling go on until the end.

use std::time::Duration;

use d2d_api::ProblemCode;
use tokio_util::sync::CancellationToken;

use super::System;
use crate::Refused;
use crate::dispatcher::DispatcherMsg;
use crate::fetcher::FetcherMsg;
use crate::webhooks::WebhooksMsg;

/// How long after the deadline of a drain its end is awaited.
const DRAIN_GRACE: Duration = Duration::from_secs(3);

impl System {
    /// Goes down in good order: [`System::begin_drain`], [`System::give_back`] and [`System::stop`]. What the store knows
    /// can be read after it.
    pub async fn drain(&self, deadline: Duration) {
        self.begin_drain();
        self.give_back(deadline).await;
        self.stop().await;
    }

    /// Takes no new work from now on. What a request that is under way brings is still taken.
    pub fn begin_drain(&self) {
        self.inner.draining.cancel();
    }

    /// Whether no new work is taken any more.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.inner.draining.is_cancelled()
    }

    /// Is cancelled when no new work is taken any more.
    #[must_use]
    pub fn draining(&self) -> CancellationToken {
        self.inner.draining.child_token()
    }

    /// Lets pages and messages in hand finish until `deadline` has passed, and gives the tasks back to the queue without
    /// counting the attempt. Downloads are given back at once: they go on later with the files that are not here yet.
    pub async fn give_back(&self, deadline: Duration) {
        let (children, patience) = (&self.inner.children, deadline.saturating_add(DRAIN_GRACE));
        let tasks = children.dispatcher.call(|reply| DispatcherMsg::Drain(deadline, reply), patience);
        let downloads = children.fetcher.call(FetcherMsg::Drain, patience);
        let messages = children.webhooks.call(|reply| WebhooksMsg::Drain(deadline, reply), patience);
        let (tasks, downloads, messages) = tokio::join!(tasks, downloads, messages);
        if tasks.is_err() {
            tracing::warn!("some tasks could not be given back; the next start of this node queues them again");
        }
        if downloads.is_err() {
            tracing::warn!("some files were being fetched; the next start of this node goes on with them");
        }
        if messages.is_err() {
            tracing::warn!("some webhooks were being sent; the next start of this node sends them again");
        }
    }

    /// Ends the worker processes and all actors. What is still in hand is given up: the next start of this node goes on
    /// with it.
    pub async fn stop(&self) {
        if self.inner.root.stop_and_wait(None, Some(DRAIN_GRACE)).await.is_err() {
            tracing::debug!("the actors had ended before");
        }
    }

    /// Whether new work is taken: ask before beginning with any.
    ///
    /// # Errors
    /// `service.unavailable` when the system goes down.
    pub(super) fn admit(&self) -> Result<(), Refused> {
        if self.is_draining() {
            let detail = "the service is going down and takes no new work: try again in a moment";
            return Err(Refused::new(ProblemCode::ServiceUnavailable, detail));
        }
        Ok(())
    }
}

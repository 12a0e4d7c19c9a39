//! Every way in which a run ends before its end.

use std::time::Instant;

use d2d_api::{ProblemCode, TaskError};
use d2d_store::StoreError;
use ractor::ActorProcessingErr;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Run, Step};
use crate::retries::{Held, Trouble};
use crate::task::actor::Flow;
use crate::task::failure::{Stop, whole_task};

/// What is said of a task that the store failed.
const NOT_STORED: &str = "the service could not read or write its data";

impl Run {
    /// Renews the lease. A store that fails for a while does no harm as long as the lease holds.
    pub(in crate::task) async fn renew(&mut self) -> Result<Flow, Stop> {
        // Who watches it counts from a later moment on, at which it is renewed.
        let asked = Instant::now();
        match self.context.store.renew(&self.lease).await {
            Ok(()) => self.renewed = asked,
            Err(error @ StoreError::Database { .. }) if self.renewed.elapsed() < self.context.lease => {
                tracing::warn!(task.id = %self.id, %error, "the lease could not be renewed; will try again");
            }
            Err(StoreError::Database { .. }) => return Err(Stop::Superseded),
            Err(error) => return Err(error.into()),
        }
        Ok(Flow::On)
    }

    /// Takes nothing more in hand, and gives the task back when the hands are empty.
    pub(in crate::task) async fn drain(&mut self) -> Result<Flow, Stop> {
        self.draining = true;
        let nothing_to_keep = matches!(self.step, Step::Preparing) || self.ledger.rests();
        if nothing_to_keep && self.may_leave() { self.release().await } else { Ok(Flow::On) }
    }

    /// Gives the task back to the queue. The attempt does not count.
    pub(in crate::task) async fn release(&mut self) -> Result<Flow, Stop> {
        self.drop_hands();
        let row = self.context.store.release(&self.lease, "waiting: the service is being restarted").await?;
        tracing::info!(task.id = %self.id, "task released");
        self.publish(row, None);
        Ok(Flow::End)
    }

    /// Ends the run before its end.
    pub(in crate::task) async fn stop(&mut self, stop: Stop) -> Result<Flow, ActorProcessingErr> {
        self.drop_hands();
        let error = match stop {
            Stop::Superseded => return Ok(self.superseded()),
            Stop::Store(error) => {
                tracing::warn!(task.id = %self.id, %error, "the store failed a task");
                return self.try_later(whole_task(ProblemCode::Internal, NOT_STORED)).await;
            }
            Stop::Lacking(error) => return self.try_later(error).await,
            Stop::Failed(error) => error,
        };
        tracing::warn!(task.id = %self.id, code = %error.code, page = error.page, "task failed");
        match self.context.store.fail(&self.lease, error).await.map_err(Stop::from) {
            Ok(row) => self.publish(row, None),
            Err(Stop::Store(error)) => return Err(error.into()),
            Err(_) => return Ok(self.superseded()),
        }
        Ok(Flow::End)
    }

    /// Gives the task back, to be tried again later; the attempt counts. If the store can't do that either, the dispatcher
    /// does it when it can.
    async fn try_later(&self, error: TaskError) -> Result<Flow, ActorProcessingErr> {
        let held = Held { lease: self.lease.clone(), beat: None, tries: self.tries };
        match self.context.retries.end_attempt(&held, &Trouble::Lacking(error)).await.map_err(Stop::from) {
            Ok(()) => Ok(Flow::End),
            Err(Stop::Store(error)) => Err(error.into()),
            Err(_) => Ok(self.superseded()),
        }
    }

    fn superseded(&self) -> Flow {
        tracing::info!(task.id = %self.id, "task was cancelled, removed or taken over; its work here stops");
        Flow::End
    }

    /// Gives up what is in hand.
    pub(in crate::task) fn drop_hands(&mut self) {
        self.wanted = CancellationToken::new().drop_guard();
        self.hands = JoinSet::new();
    }

    /// Whether the task can be given back between two units. Results that are being written are worth waiting for.
    pub(super) fn may_leave(&self) -> bool {
        !matches!(self.step, Step::Assembling { .. } | Step::Storing { .. })
    }
}

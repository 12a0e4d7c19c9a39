//! Leases of tasks that nobody works on any more: those of this node, and those of nodes that are dead.

use std::time::Instant;

use d2d_api::TaskStatus;
use d2d_store::StoreError;

use super::actor::DispatcherState;
use crate::retries::{Held, Retries, Trouble};

impl DispatcherState {
    /// Takes the tasks away from those who did not renew their leases for long: other nodes, or task actors here that hang.
    pub(super) async fn take_over(&mut self) {
        let began = Instant::now();
        let leases = match self.args.store.leases(TaskStatus::Execution).await {
            Ok(leases) => leases,
            Err(error) => return tracing::warn!(%error, "leases could not be looked at; will try again"),
        };
        for void in self.watch.look(began, Instant::now(), leases) {
            tracing::warn!(task.id = %void.lease.task, node = void.lease.node, "a lease was not renewed any more");
            // It was looked at already: the next look tries again.
            if let Err(error) = end(&self.args.retries, &void.into(), &Trouble::Silent).await {
                tracing::warn!(%error, "a void lease could not be taken away; will try again");
            }
        }
    }

    /// Gives a task back that is held here, but that nobody works on any more; later, if the store can't now.
    pub(super) async fn give_up(&mut self, held: Held, trouble: Trouble) {
        if let Err(error) = end(&self.args.retries, &held, &trouble).await {
            tracing::warn!(task.id = %held.lease.task, %error, "a task could not be given back; will try again");
            self.given_up.push((held, trouble));
        }
    }

    /// Gives back what could not be given back before.
    pub(super) async fn give_up_again(&mut self) {
        for (held, trouble) in std::mem::take(&mut self.given_up) {
            self.give_up(held, trouble).await;
        }
    }
}

/// Ends an attempt. If somebody else has done that, or the lease was renewed after all, nothing is left to do.
pub(super) async fn end(retries: &Retries, held: &Held, trouble: &Trouble) -> Result<(), StoreError> {
    match retries.end_attempt(held, trouble).await {
        Err(StoreError::LeaseLost | StoreError::Refused(_) | StoreError::NotFound) => Ok(()),
        other => other,
    }
}

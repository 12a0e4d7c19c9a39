//! Where an actor can be reached, also after it was restarted.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use ractor::{ActorRef, Message, RpcReplyPort};

/// The address of an actor in a fixed place of the tree. Whoever supervises the place puts the actor there that holds it
/// now; the neighbours keep the address, not the actor.
pub(crate) struct Address<M> {
    place: Arc<RwLock<Option<ActorRef<M>>>>,
}

/// Nobody was there to take the message, or to answer it in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the actor does not answer")]
pub(crate) struct Unreachable;

impl<M: Message> Address<M> {
    /// An address where nobody lives yet.
    pub(crate) fn vacant() -> Self {
        Self { place: Arc::default() }
    }

    /// Lets `actor` live here from now on.
    pub(crate) fn occupy(&self, actor: ActorRef<M>) {
        *self.place.write().unwrap_or_else(PoisonError::into_inner) = Some(actor);
    }

    /// Lets nobody live here until the next one comes.
    pub(crate) fn vacate(&self) {
        *self.place.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The actor that lives here now.
    pub(crate) fn actor(&self) -> Option<ActorRef<M>> {
        self.place.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends a message.
    pub(crate) fn cast(&self, message: M) -> Result<(), Unreachable> {
        self.actor().ok_or(Unreachable)?.cast(message).map_err(|_| Unreachable)
    }

    /// Sends a request and awaits its answer.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        request: impl FnOnce(RpcReplyPort<T>) -> M,
        timeout: Duration,
    ) -> Result<T, Unreachable> {
        let actor = self.actor().ok_or(Unreachable)?;
        let answer = actor.call(request, Some(timeout)).await.map_err(|_| Unreachable)?;
        answer.success_or(Unreachable)
    }
}

impl<M> Clone for Address<M> {
    fn clone(&self) -> Self {
        Self { place: Arc::clone(&self.place) }
    }
}

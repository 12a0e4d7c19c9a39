//! Waking an actor that looks for work, once for any number of reasons to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ractor::Message;

use crate::address::Address;

/// Wakes an actor by a message of its own. Cheap to clone.
pub(crate) struct Waker<M> {
    address: Address<M>,
    poke: fn() -> M,
    poked: Arc<AtomicBool>,
}

impl<M: Message> Waker<M> {
    /// Wakes whoever lives at `address` by `poke`.
    pub(crate) fn new(address: Address<M>, poke: fn() -> M) -> Self {
        Self { address, poke, poked: Arc::default() }
    }

    /// Lets the actor have a look soon. If there is none just now, the next one begins with a look.
    pub(crate) fn wake(&self) {
        if !self.poked.swap(true, Ordering::AcqRel) && self.address.cast((self.poke)()).is_err() {
            self.answered();
        }
    }

    /// From here on a new poke is needed.
    pub(crate) fn answered(&self) {
        self.poked.store(false, Ordering::Release);
    }
}

impl<M> Clone for Waker<M> {
    fn clone(&self) -> Self {
        Self { address: self.address.clone(), poke: self.poke, poked: Arc::clone(&self.poked) }
    }
}

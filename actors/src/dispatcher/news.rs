//! Telling the dispatcher of tasks that were queued on this node, so that it need not read the queue to know of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use d2d_store::Candidate;

use super::DispatcherMsg;
use crate::address::Address;
use crate::waker::Waker;

/// How many tasks it is told of before it hears them: more are found when it reads the queue.
const MOST: usize = 10_000;

/// Tasks that were queued, and that the dispatcher has not heard of yet. Cheap to clone.
#[derive(Clone)]
pub(crate) struct QueueNews {
    waker: Waker<DispatcherMsg>,
    tasks: Arc<Mutex<Vec<Candidate>>>,
}

impl QueueNews {
    /// For the dispatcher that lives at `address`.
    pub(crate) fn new(address: Address<DispatcherMsg>) -> Self {
        Self { waker: Waker::new(address, || DispatcherMsg::Poke), tasks: Arc::default() }
    }

    /// This task was queued.
    pub(crate) fn queued(&self, task: Candidate) {
        let mut tasks = self.lock();
        if tasks.len() < MOST {
            tasks.push(task);
        }
        drop(tasks);
        self.waker.wake();
    }

    /// What is new.
    pub(super) fn take(&self) -> Vec<Candidate> {
        // In this order, so that what comes in between is told of by another poke.
        self.waker.answered();
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Candidate>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

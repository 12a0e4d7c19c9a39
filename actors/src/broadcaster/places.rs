//! The places of queued tasks, for those who watch them: pushed, since nothing of a task changes as others before it go.
//!
//! The whole queue is read at once, at most once a second and only as long as somebody waits for a place, however many do.
//! A queue that takes long to read is read more seldom, so that looking at it never costs more than a tenth of the time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use d2d_api::TaskId;
use d2d_store::Store;
use tokio::sync::watch;

/// How often to look at the queue.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(1);
/// So many times as long as a look took, no other is taken.
const REST: u32 = 9;
/// Places in a longer queue are not pushed.
const LONGEST_QUEUE: usize = 10_000;

type Map = Arc<HashMap<TaskId, u64>>;

/// The places as they were at the last look. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    latest: watch::Sender<Map>,
}

/// Waits for the next look at the queue.
#[derive(Debug)]
pub struct QueuePlaces {
    latest: watch::Receiver<Map>,
}

impl Places {
    /// For one who wants to know: keep it only as long as there is a queued task to watch.
    pub(crate) fn watch(&self) -> QueuePlaces {
        QueuePlaces { latest: self.latest.subscribe() }
    }

    /// Whether somebody wants to know.
    pub(super) fn wanted(&self) -> bool {
        self.latest.receiver_count() > 0
    }

    /// Looks at the queue and tells everybody; returns when the next look may be taken.
    pub(super) async fn look(&self, store: &Store) {
        let start = Instant::now();
        match store.queue_positions(LONGEST_QUEUE).await {
            Ok(Some(places)) => drop(self.latest.send_replace(Arc::new(places))),
            Ok(None) => tracing::debug!(longest = LONGEST_QUEUE, "the queue is too long for its places to be pushed"),
            Err(error) => tracing::warn!(%error, "the queue could not be looked at; will try again"),
        }
        tokio::time::sleep(start.elapsed() * REST).await;
    }
}

impl QueuePlaces {
    /// How many tasks are before each queued one, at the next look; `None` if nobody looks any more. Dropping the future
    /// loses nothing.
    pub async fn next(&mut self) -> Option<Arc<HashMap<TaskId, u64>>> {
        self.latest.changed().await.ok()?;
        Some(Arc::clone(&self.latest.borrow_and_update()))
    }
}

//! Who holds which blob: as long as somebody does, it is not removed.
//!
//! Between the moment that a blob is stored and the moment that a record refers to it, a task that had the same content
//! may be removed, and with it the blob. So each blob has a lock: whoever stores it, or finds it stored already, gets it
//! shared; whoever removes it must have it alone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

/// Keeps a blob from being removed.
pub(super) type Pin = Arc<OwnedRwLockReadGuard<()>>;

/// The locks of the blobs that somebody holds or removes just now.
#[derive(Debug, Default)]
pub(super) struct Pins {
    locks: Mutex<Locks>,
}

#[derive(Debug, Default)]
struct Locks {
    by_hash: HashMap<String, Weak<RwLock<()>>>,
    /// When there are more than this, those that nobody needs any more are thrown away.
    sweep_above: usize,
}

impl Pins {
    /// Keeps the blob from being removed. Waits if it is being removed just now.
    pub(super) async fn pin(&self, sha256: &str) -> Pin {
        Arc::new(self.lock(sha256).read_owned().await)
    }

    /// Keeps others from storing or finding the blob; `None` if somebody holds it.
    pub(super) fn exclude(&self, sha256: &str) -> Option<OwnedRwLockWriteGuard<()>> {
        self.lock(sha256).try_write_owned().ok()
    }

    /// Has the lock of the blob alone. Waits for whoever has it.
    pub(super) async fn alone(&self, sha256: &str) -> OwnedRwLockWriteGuard<()> {
        self.lock(sha256).write_owned().await
    }

    fn lock(&self, sha256: &str) -> Arc<RwLock<()>> {
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lock) = locks.by_hash.get(sha256).and_then(Weak::upgrade) {
            return lock;
        }
        if locks.by_hash.len() > locks.sweep_above {
            locks.by_hash.retain(|_, lock| lock.strong_count() > 0);
            locks.sweep_above = 2 * locks.by_hash.len() + 64;
        }
        let lock = Arc::new(RwLock::new(()));
        locks.by_hash.insert(sha256.to_owned(), Arc::downgrade(&lock));
        lock
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_held_is_not_removed_and_what_is_removed_is_not_held() {
        let pins = Pins::default();
        let (one, two) = (pins.pin("a").await, pins.pin("a").await);
        assert!(pins.exclude("a").is_none());
        assert!(pins.exclude("b").is_some());
        drop(one);
        assert!(pins.exclude("a").is_none());
        drop(two);
        let alone = pins.exclude("a");
        assert!(alone.is_some());
        let waiting = pins.pin("a");
        tokio::pin!(waiting);
        assert!(tokio::time::timeout(std::time::Duration::from_millis(20), &mut waiting).await.is_err());
        drop(alone);
        waiting.await;
    }

    #[tokio::test]
    async fn locks_do_not_pile_up() {
        let pins = Pins::default();
        for number in 0..10_000 {
            drop(pins.pin(&number.to_string()).await);
        }
        assert!(pins.locks.lock().unwrap_or_else(PoisonError::into_inner).by_hash.len() < 200);
    }
}

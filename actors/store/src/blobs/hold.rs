//! Holding all blobs: while a backup is made none is removed, so that what its dump refers to is there to be copied.
//!
//! What is not removed meanwhile is remembered, and removed when nobody holds the blobs any more; what is forgotten of it is
//! found as an orphan.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Blobs, Folder};

/// How many removals are remembered.
const MOST_POSTPONED: usize = 100_000;

/// Who holds all blobs.
#[derive(Debug, Default)]
pub(super) struct Holds(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    holders: usize,
    postponed: HashSet<String>,
}

/// Keeps all blobs from being removed, until it is dropped.
#[derive(Debug)]
pub struct BlobHold(Arc<Folder>);

impl Holds {
    /// Whether somebody holds all blobs.
    pub(super) fn any(&self) -> bool {
        self.lock().holders > 0
    }

    /// Whether the removal of this blob has to wait; it is remembered then.
    pub(super) fn postpones(&self, sha256: &str) -> bool {
        let mut held = self.lock();
        if held.holders > 0 && held.postponed.len() < MOST_POSTPONED {
            held.postponed.insert(sha256.to_owned());
        }
        held.holders > 0
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Blobs {
    /// Holds all blobs.
    pub(crate) fn hold(&self) -> BlobHold {
        self.folder.holds.lock().holders += 1;
        BlobHold(Arc::clone(&self.folder))
    }

    /// The blobs whose removal was postponed; none as long as somebody holds them. Each is told once.
    pub(crate) fn take_postponed(&self) -> Vec<String> {
        let mut held = self.folder.holds.lock();
        if held.holders > 0 { Vec::new() } else { std::mem::take(&mut held.postponed).into_iter().collect() }
    }
}

impl Drop for BlobHold {
    fn drop(&mut self) {
        self.0.holds.lock().holders -= 1;
    }
}

//! The files of one request, stored, but of no task yet.

use std::collections::VecDeque;

use d2d_actors::Received;
use d2d_api::InputFile;
use d2d_store::Store;
use tokio::runtime::Handle;

/// The files of one request. Those that no task was given when it is dropped leave nothing, however the request ended.
pub(in crate::http) struct Batch {
    store: Store,
    files: VecDeque<Received>,
}

impl Batch {
    /// No files yet.
    pub(super) fn new(store: &Store) -> Self {
        Self { store: store.clone(), files: VecDeque::new() }
    }

    /// How many files there are.
    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    /// Adds a file.
    pub(super) fn push(&mut self, received: Received) {
        self.files.push_back(received);
    }

    /// The file that came first.
    pub(super) fn first(&self) -> Option<&Received> {
        self.files.front()
    }

    /// Takes out the file that came first: a task has it now.
    pub(super) fn pop_first(&mut self) -> Option<InputFile> {
        self.files.pop_front().map(|received| received.file)
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        // The blobs are let go of here, so that they can be removed then.
        let left: Vec<String> = self.files.drain(..).map(|received| received.file.sha256).collect();
        let Ok(runtime) = Handle::try_current() else { return };
        if left.is_empty() {
            return;
        }
        let store = self.store.clone();
        runtime.spawn(async move {
            if let Err(error) = store.remove_unused_blobs(left).await {
                tracing::warn!(%error, "what a refused upload left can't be removed");
            }
        });
    }
}

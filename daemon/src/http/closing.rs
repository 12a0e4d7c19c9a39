//! Going down, as clients see it: connections are closed after their answers, what lasts ends, and answers under way are
//! sent to their end.

use d2d_actors::System;
use futures_util::Stream;
use poem::Request;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// What is to be known when the daemon goes down. Cheap to clone; all clones are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Closing {
    /// Cancelled when no new work is taken any more.
    leaving: CancellationToken,
    /// Cancelled when what lasts ends.
    ending: CancellationToken,
    answers: TaskTracker,
    sockets: TaskTracker,
}

impl Closing {
    /// That of a system: it begins when the system drains.
    pub(crate) fn of(system: &System) -> Self {
        Self { leaving: system.draining(), ..Self::default() }
    }

    /// Ends what lasts: websockets, streams of events, and requests that wait for something to happen.
    pub(crate) fn end_streams(&self) {
        self.ending.cancel();
    }

    /// Waits until all answers under way are sent.
    pub(crate) async fn answered(&self) {
        self.answers.close();
        self.answers.wait().await;
    }

    /// Waits until all websockets are closed.
    pub(crate) async fn sockets_closed(&self) {
        self.sockets.close();
        self.sockets.wait().await;
    }

    /// Whether the daemon goes down.
    pub(super) fn is_leaving(&self) -> bool {
        self.leaving.is_cancelled()
    }

    /// Resolves when what lasts is to end.
    pub(super) fn ending(&self) -> WaitForCancellationFutureOwned {
        self.ending.clone().cancelled_owned()
    }

    /// An answer that is under way until this is dropped.
    pub(super) fn answer(&self) -> Answering {
        Answering(self.answers.token())
    }

    /// A websocket that is open until this is dropped.
    pub(super) fn socket(&self) -> TaskTrackerToken {
        self.sockets.token()
    }
}

/// An answer that is under way.
#[derive(Debug, Clone)]
pub(super) struct Answering(#[allow(dead_code)] TaskTrackerToken);

/// The stream of an answer's body, which is under way until it has been sent.
pub(super) fn counted<S: Stream>(request: &Request, body: S) -> impl Stream<Item = S::Item> + use<S> {
    let answering = request.data::<Answering>().cloned();
    futures_util::StreamExt::inspect(body, move |_| {
        let _held = &answering;
    })
}

//! The daemon, over its local socket or over the network. The only place that does I/O with it.

mod backoff;
mod connection;
mod error;
mod stream;
mod transport;

use std::sync::Arc;

use d2d_api::{Overview, TaskId};
use futures_util::{StreamExt as _, stream as futures};
use tokio::sync::{Notify, mpsc};

pub use backoff::Backoff;
pub use error::ClientError;
pub use transport::{Credentials, Target, Transport};

use crate::event::ClientEvent;

/// News that wait for the console to take them; a connection that is ahead of it waits.
const NEWS_QUEUED: usize = 256;
/// Requests that run at once when many tasks are cancelled.
const PARALLEL_REQUESTS: usize = 8;

/// A connection that is kept up in the background, and requests beside it.
#[derive(Debug)]
pub struct Client {
    transport: Arc<Transport>,
    reconnect: Arc<Notify>,
    /// Weak, so that the news end when the connection is no longer kept.
    news: mpsc::WeakSender<ClientEvent>,
}

impl Client {
    /// Begins to connect. The receiver gives the news of the connection; it ends only if the connection's task died.
    #[must_use]
    pub fn start(transport: Transport) -> (Self, mpsc::Receiver<ClientEvent>) {
        let (news, receiver) = mpsc::channel(NEWS_QUEUED);
        let client = Self { transport: Arc::new(transport), reconnect: Arc::default(), news: news.downgrade() };
        tokio::spawn(connection::keep(client.transport.clone(), client.reconnect.clone(), news));
        (client, receiver)
    }

    /// Connects now, if a wait for the next try runs.
    pub fn reconnect(&self) {
        self.reconnect.notify_waiters();
    }

    /// Asks the daemon to cancel tasks; the answer comes with the news.
    pub fn cancel(&self, tasks: Vec<TaskId>) {
        let Some(news) = self.news.upgrade() else { return };
        let transport = self.transport.clone();
        tokio::spawn(async move {
            let asked = tasks.len();
            let refused: Vec<_> = futures::iter(tasks)
                .map(async |id| transport.cancel(id).await.err().map(|error| (id, error.to_string())))
                .buffered(PARALLEL_REQUESTS)
                .filter_map(async |refused| refused)
                .collect()
                .await;
            // Nobody listens only when the console is being left.
            let _ = news.send(ClientEvent::Cancelled { accepted: asked - refused.len(), refused }).await;
        });
    }
}

/// One overview, without a lasting connection.
///
/// # Errors
/// [`ClientError`] if the daemon can't be reached or refuses.
pub async fn overview(transport: &Transport) -> Result<Overview, ClientError> {
    transport.overview().await
}

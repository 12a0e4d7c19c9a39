//! Keeps the websocket up: connecting, connected, disconnected with back-off, and again.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};

use super::stream::OpsStream;
use super::{Backoff, ClientError, Transport};
use crate::event::ClientEvent;

/// Where the connection stands.
enum Connection {
    Connecting,
    Connected(Box<OpsStream>),
    Disconnected(ClientError),
}

/// Keeps a connection up until nobody listens to its news any more.
pub(super) async fn keep(transport: Arc<Transport>, reconnect: Arc<Notify>, news: mpsc::Sender<ClientEvent>) {
    let mut backoff = Backoff::default();
    let mut connection = Connection::Connecting;
    while !news.is_closed() {
        connection = match connection {
            Connection::Connecting => connect(&transport, &news).await,
            Connection::Connected(stream) => Connection::Disconnected(follow(*stream, &news, &mut backoff).await),
            Connection::Disconnected(reason) => {
                wait(&reason, backoff.wait(), &reconnect, &news).await;
                Connection::Connecting
            }
        };
    }
}

async fn connect(transport: &Transport, news: &mpsc::Sender<ClientEvent>) -> Connection {
    tell(news, ClientEvent::Connecting).await;
    match transport.open().await {
        Ok(stream) => {
            tell(news, ClientEvent::Connected).await;
            Connection::Connected(Box::new(stream))
        }
        Err(reason) => Connection::Disconnected(reason),
    }
}

/// Passes frames on until the connection ends; says why it did.
async fn follow(mut stream: OpsStream, news: &mpsc::Sender<ClientEvent>, backoff: &mut Backoff) -> ClientError {
    loop {
        match stream.next().await {
            Ok(frame) => {
                backoff.reset();
                tell(news, ClientEvent::Frame(Box::new(frame))).await;
            }
            Err(reason) => return reason,
        }
        if news.is_closed() {
            return ClientError::Closed(None);
        }
    }
}

async fn wait(reason: &ClientError, wait: Duration, reconnect: &Notify, news: &mpsc::Sender<ClientEvent>) {
    let wanted_sooner = reconnect.notified();
    tell(news, ClientEvent::Disconnected { reason: reason.to_string(), retry_in: wait }).await;
    tokio::select! {
        () = tokio::time::sleep(wait) => {}
        () = wanted_sooner => {}
        () = news.closed() => {}
    }
}

/// Nobody listens only when the console is being left; `keep` notices.
async fn tell(news: &mpsc::Sender<ClientEvent>, event: ClientEvent) {
    let _ = news.send(event).await;
}

//! The operators' websocket.

use std::time::Duration;

use d2d_api::{FRAME_VERSION, OpsFrame};
use futures_util::StreamExt as _;
use reqwest::Upgraded;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Message};

use super::ClientError;

/// The daemon sends an overview every second: after this silence the connection is given up.
const LONGEST_SILENCE: Duration = Duration::from_secs(10);
/// The largest message that is taken.
const LONGEST_MESSAGE: usize = 32 << 20;

/// An open websocket.
#[derive(Debug)]
pub(super) struct OpsStream {
    socket: WebSocketStream<Upgraded>,
}

/// The part of a frame that every version has.
#[derive(serde::Deserialize)]
struct Versioned {
    v: u32,
}

impl OpsStream {
    /// A websocket on a connection that was upgraded to one.
    pub(super) async fn new(socket: Upgraded) -> Self {
        let config = WebSocketConfig::default().max_message_size(Some(LONGEST_MESSAGE));
        Self { socket: WebSocketStream::from_raw_socket(socket, Role::Client, Some(config)).await }
    }

    /// The next frame.
    pub(super) async fn next(&mut self) -> Result<OpsFrame, ClientError> {
        loop {
            let Ok(message) = tokio::time::timeout(LONGEST_SILENCE, self.socket.next()).await else {
                return Err(ClientError::Silent(LONGEST_SILENCE.as_secs()));
            };
            match message {
                Some(Ok(Message::Text(text))) => return read(&text),
                Some(Ok(Message::Close(close))) => {
                    let reason = close.map(|close| close.reason.to_string()).filter(|reason| !reason.is_empty());
                    return Err(ClientError::Closed(reason));
                }
                Some(Ok(_)) => {}
                Some(Err(tungstenite::Error::ConnectionClosed)) | None => return Err(ClientError::Closed(None)),
                Some(Err(error)) => return Err(ClientError::Broken(error.to_string())),
            }
        }
    }
}

fn read(text: &str) -> Result<OpsFrame, ClientError> {
    let unreadable = |error: serde_json::Error| ClientError::Broken(format!("a frame can't be read: {error}"));
    let Versioned { v } = serde_json::from_str(text).map_err(unreadable)?;
    if v != FRAME_VERSION {
        return Err(ClientError::OtherVersion(v));
    }
    serde_json::from_str(text).map_err(unreadable)
}

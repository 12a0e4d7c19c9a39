//! The operators' websocket.

use std::time::Duration;

use d2d_api::{FRAME_VERSION, OpsFrame, Problem};
use futures_util::StreamExt as _;
use reqwest::Upgraded;
use serde::Deserialize;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Message};

use super::ClientError;

/// The daemon sends an overview every second, or a sign of life at least every 15: after this silence the connection
/// is given up.
const LONGEST_SILENCE: Duration = Duration::from_secs(20);
/// The largest message that is taken.
const LONGEST_MESSAGE: usize = 32 << 20;

/// An open websocket.
#[derive(Debug)]
pub(super) struct OpsStream {
    socket: WebSocketStream<Upgraded>,
}

/// What is looked at before the rest of a frame.
#[derive(Deserialize)]
struct Envelope {
    v: u32,
    #[serde(rename = "type")]
    kind: String,
    /// Why the socket can't go on; no other frame has it.
    error: Option<Problem>,
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
                Some(Ok(Message::Text(text))) => {
                    if let Some(frame) = read(&text)? {
                        return Ok(frame);
                    }
                }
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

/// The frame in a message; none in a mere sign of life.
fn read(text: &str) -> Result<Option<OpsFrame>, ClientError> {
    let unreadable = |error: serde_json::Error| ClientError::Broken(format!("a frame can't be read: {error}"));
    match serde_json::from_str(text).map_err(unreadable)? {
        Envelope { v, .. } if v != FRAME_VERSION => Err(ClientError::OtherVersion(v)),
        Envelope { error: Some(problem), .. } => Err(ClientError::Refused(problem.detail)),
        Envelope { kind, .. } if kind == "ping" => Ok(None),
        Envelope { .. } => serde_json::from_str(text).map(Some).map_err(unreadable),
    }
}

//! Following a task over its websocket until it has ended.

use std::time::{Duration, Instant};

use d2d_api::{Frame, FrameType, ProblemCode, TaskId, TaskProgress};
use futures_util::StreamExt;
use reqwest::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use reqwest::{Method, StatusCode, Upgraded};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::{Client, ClientError};

/// A socket that is silent for so long, without even a ping, is dead.
const SILENCE: Duration = Duration::from_secs(60);
/// How long a lost connection is tried again: a daemon that restarts is back before.
const PATIENCE: Duration = Duration::from_secs(60);
const RETRY: Duration = Duration::from_millis(500);

impl Client {
    /// Follows a task until it has ended, and answers its last state. `each` is called with every state before. A lost
    /// connection is opened again: the first frame of a socket tells how the task stands.
    pub(crate) async fn watch(
        &self,
        id: TaskId,
        mut each: impl FnMut(&TaskProgress),
    ) -> Result<TaskProgress, ClientError> {
        let mut alive = Instant::now();
        loop {
            let error = match self.follow(id, &mut alive, &mut each).await {
                Ok(end) => return Ok(end),
                Err(error) => error,
            };
            // A socket ends with the token that it was opened with; for the next one there is a newer token.
            let renewed = error.code() == Some(ProblemCode::AuthExpiredToken) && self.renews_tokens();
            if !(renewed || error.is_passing()) || alive.elapsed() > PATIENCE {
                return Err(error);
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    /// Reads the frames of one socket until the task has ended, and answers its last state.
    async fn follow(
        &self,
        id: TaskId,
        alive: &mut Instant,
        each: &mut impl FnMut(&TaskProgress),
    ) -> Result<TaskProgress, ClientError> {
        let mut socket = self.open_socket(id).await?;
        while let Ok(Some(message)) = tokio::time::timeout(SILENCE, socket.next()).await {
            let message = message.map_err(|error| self.unreachable(&error))?;
            *alive = Instant::now();
            let Message::Text(text) = message else { continue };
            let frame: Frame = serde_json::from_str(&text).map_err(|error| self.foreign(error.to_string()))?;
            match (frame.kind, frame.task, frame.error) {
                (FrameType::Error, _, Some(problem)) => return Err(ClientError::Refused(Box::new(problem))),
                (_, Some(task), _) if task.status.is_terminal() => return Ok(task),
                (_, Some(task), _) => each(&task),
                _ => {}
            }
        }
        Err(ClientError::Unreachable {
            server: self.server().to_owned(),
            reason: "the websocket was closed".to_owned(),
        })
    }

    /// Opens the websocket of a task. The handshake (RFC 6455 section 4.1) goes over the connection of an ordinary
    /// request, so that TLS, proxies and Unix sockets are one matter for both.
    async fn open_socket(&self, id: TaskId) -> Result<WebSocketStream<Upgraded>, ClientError> {
        let key = generate_key();
        let request = self
            .request(Method::GET, &format!("tasks/{id}/ws"))
            .await?
            .header(CONNECTION, "Upgrade")
            .header(UPGRADE, "websocket")
            .header(SEC_WEBSOCKET_VERSION, "13")
            .header(SEC_WEBSOCKET_KEY, &key);
        let response = self.send(request).await?;
        let accept = response.headers().get(SEC_WEBSOCKET_ACCEPT);
        if response.status() != StatusCode::SWITCHING_PROTOCOLS
            || accept.is_none_or(|accept| accept.as_bytes() != derive_accept_key(key.as_bytes()).as_bytes())
        {
            return Err(self.foreign(format!("HTTP {} to a websocket", response.status())));
        }
        let upgraded = response.upgrade().await.map_err(|error| self.unreachable(&error))?;
        Ok(WebSocketStream::from_raw_socket(upgraded, Role::Client, None).await)
    }
}

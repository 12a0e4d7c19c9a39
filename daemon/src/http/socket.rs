//! What all websockets share: who opens them, sending frames to slow readers, signs of life, and ending.

use std::marker::PhantomData;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use d2d_api::{LiveFrame, ProblemCode};
use futures_util::{FutureExt, SinkExt, StreamExt};
use poem::web::websocket::{BoxWebSocketUpgraded, CloseCode, Message, WebSocket, WebSocketConfig, WebSocketStream};
use poem::{IntoResponse, Response};
use poem_openapi::ApiResponse;
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, Registry};
use poem_openapi::types::Type;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep_until, timeout};
use tracing::Instrument;

use super::Auth;
use super::caller::Caller;
use super::closing::Closing;
use super::identity::Standing;
use super::problem::Failure;
use super::request_id::RequestId;

/// How long a client that sent no token may take to send it in its first message.
const FIRST_MESSAGE_WITHIN: Duration = Duration::from_secs(5);
/// A frame is sent at least this often.
const PING_AFTER: Duration = Duration::from_secs(15);
/// A reader that takes no frame for so long is gone.
const SEND_WITHIN: Duration = Duration::from_secs(30);
/// How long a client may take to close its side.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);
/// The largest message that a client may send: it has only a token to tell.
const LARGEST_MESSAGE: usize = 16 << 10;
/// How much is read at once. Each socket has so much memory for it, and most of them never read anything.
const READ_AT_ONCE: usize = 4 << 10;

/// The answer that opens a websocket on which messages of type `F` are sent.
pub(super) struct Opened<F> {
    upgrade: BoxWebSocketUpgraded,
    frames: PhantomData<fn() -> F>,
}

impl<F> IntoResponse for Opened<F> {
    fn into_response(self) -> Response {
        self.upgrade.into_response()
    }
}

impl<F: Type> ApiResponse for Opened<F> {
    fn meta() -> MetaResponses {
        MetaResponses {
            responses: vec![MetaResponse {
                description: "The websocket is open. Each message is a text frame with JSON as described here.",
                status: Some(101),
                status_range: None,
                content: vec![MetaMediaType { content_type: "application/json", schema: F::schema_ref() }],
                headers: Vec::new(),
            }],
        }
    }

    fn register(registry: &mut Registry) {
        F::register(registry);
    }
}

/// A websocket that was opened, on which messages of type `F` are sent.
pub(super) struct Socket<F> {
    stream: WebSocketStream,
    last_sent: Instant,
    request_id: RequestId,
    /// What it was opened with.
    standing: Option<Standing>,
    closing: Closing,
    frames: PhantomData<fn(F)>,
}

/// Why a websocket ends.
#[derive(Debug)]
pub(super) enum End {
    /// The client left, or does not read any more.
    Gone,
    /// It can't go on: the client is told why.
    Failed(Failure),
    /// Nobody tells of changes any more, because the service goes down: the client should come again.
    Restart,
}

impl<E: Into<Failure>> From<E> for End {
    fn from(failure: E) -> Self {
        Self::Failed(failure.into())
    }
}

/// The first message of a client that sent no `Authorization`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FirstMessage {
    token: String,
}

/// Opens the websocket and lets `serve` have it. It is served within the span of its request.
pub(super) fn open<F, S, Served>(websocket: WebSocket, request_id: &RequestId, closing: &Closing, serve: S) -> Opened<F>
where
    F: 'static,
    S: FnOnce(Socket<F>) -> Served + Send + Sync + 'static,
    Served: Future<Output = ()> + Send + 'static,
{
    let config = WebSocketConfig::default()
        .max_message_size(Some(LARGEST_MESSAGE))
        .max_frame_size(Some(LARGEST_MESSAGE))
        .read_buffer_size(READ_AT_ONCE);
    let (span, request_id, closing) = (tracing::Span::current(), request_id.clone(), closing.clone());
    let upgrade = websocket.config(config).on_upgrade(move |stream| {
        let (last_sent, open) = (Instant::now(), closing.socket());
        let served = serve(Socket { stream, last_sent, request_id, standing: None, closing, frames: PhantomData });
        served.map(move |()| drop(open)).instrument(span)
    });
    Opened { upgrade: upgrade.boxed(), frames: PhantomData }
}

impl<F: LiveFrame + Serialize> Socket<F> {
    /// Who opened it: known from the request, or told by the first message. From now on [`Socket::wait`] ends with the
    /// token that it was opened with.
    pub(super) async fn caller(&mut self, known: Option<Caller>, auth: &Arc<Auth>) -> Result<Caller, End> {
        let caller = match known {
            Some(caller) => caller,
            None => self.first_message(auth).await?,
        };
        self.standing = Some(Standing::new(auth, &caller));
        Ok(caller)
    }

    /// Who opened it, as the first message tells. It takes no API key, whose scope only the request can be asked for:
    /// programs that have one can set headers, and browsers should not have one.
    async fn first_message(&mut self, auth: &Auth) -> Result<Caller, End> {
        let detail =
            "send `{\"token\": \"...\"}` as the first message, within 5 seconds, or the header `Authorization`";
        let missing = || End::Failed(Failure::new(ProblemCode::AuthMissingToken, detail));
        let first = tokio::select! {
            first = timeout(FIRST_MESSAGE_WITHIN, self.stream.next()) => first,
            () = self.closing.ending() => return Err(End::Restart),
        };
        let text = match first {
            Ok(Some(Ok(Message::Text(text)))) => text,
            Ok(None | Some(Err(_) | Ok(Message::Close(_)))) => return Err(End::Gone),
            Ok(Some(Ok(_))) | Err(_) => return Err(missing()),
        };
        let first: FirstMessage = serde_json::from_str(&text).map_err(|_| missing())?;
        Ok(auth.verify_token(&first.token).await?)
    }

    /// Sends a message. Whoever does not take it in time is gone: nobody waits for a slow reader but its own socket.
    pub(super) async fn send(&mut self, frame: &F) -> Result<(), End> {
        let text = serde_json::to_string(frame).map_err(|error| Failure::internal(&error))?;
        match timeout(SEND_WITHIN, self.stream.send(Message::Text(text))).await {
            Ok(Ok(())) => {
                self.last_sent = Instant::now();
                Ok(())
            }
            Ok(Err(_)) | Err(_) => Err(End::Gone),
        }
    }

    /// Waits for an event; meanwhile notices when the client leaves or its token ends, and gives signs of life.
    pub(super) async fn wait<T>(&mut self, event: impl Future<Output = T>) -> Result<T, End> {
        let mut event = pin!(event);
        let mut ending = pin!(self.closing.ending());
        loop {
            // Not within `select!`: events that come without a pause would cut it off again and again.
            if let Some(standing) = &mut self.standing {
                standing.check().await?;
            }
            tokio::select! {
                // What has happened is told before the end.
                biased;
                value = &mut event => return Ok(value),
                () = &mut ending => return Err(End::Restart),
                message = self.stream.next() => match message {
                    None | Some(Err(_) | Ok(Message::Close(_))) => return Err(End::Gone),
                    // Pings are answered by the stream itself; there is nothing else to say here.
                    Some(Ok(_)) => {}
                },
                () = due(self.standing.as_ref()) => {}
                () = sleep_until(self.last_sent + PING_AFTER) => self.send(&F::ping()).await?,
            }
        }
    }

    /// Says why it ends, and closes it.
    pub(super) async fn close(mut self, ended: Result<(), End>) {
        let (code, reason) = match ended {
            Ok(()) => (CloseCode::Normal, "the task has ended".to_owned()),
            Err(End::Gone) => return,
            Err(End::Restart) => (CloseCode::Restart, "the service goes down: come again".to_owned()),
            Err(End::Failed(failure)) => {
                if self.send(&F::error(failure.problem(self.request_id.as_str()))).await.is_err() {
                    return;
                }
                let code = if failure.code == ProblemCode::Internal { CloseCode::Error } else { CloseCode::Policy };
                (code, failure.code.to_string())
            }
        };
        let close = async {
            self.stream.send(Message::Close(Some((code, reason)))).await?;
            // Until the client closes its side too: else what was sent last may be lost on the way.
            while let Some(Ok(_)) = self.stream.next().await {}
            Ok::<_, std::io::Error>(())
        };
        if !matches!(timeout(CLOSE_WITHIN, close).await, Ok(Ok(()))) {
            tracing::debug!("a websocket was not closed by its client");
        }
    }
}

/// Waits until it is time to look at the token again.
async fn due(standing: Option<&Standing>) {
    match standing {
        Some(standing) => standing.due().await,
        None => std::future::pending().await,
    }
}

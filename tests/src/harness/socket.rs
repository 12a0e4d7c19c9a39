//! A websocket of the daemon, read frame by frame.

use anyhow::{Context, Result, bail};
use d2d_api::{Frame, FrameType};
use futures_util::{SinkExt, StreamExt};
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{WebSocketStream, client_async};

use super::client::Way;
use super::{SOON, within};

/// An open websocket.
#[allow(missing_debug_implementations, reason = "it holds a stream of any kind")]
pub struct Socket {
    stream: WebSocketStream<Box<dyn Io>>,
}

trait Io: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

impl Socket {
    pub(super) async fn open(way: &Way, host: &str, path: &str, token: Option<&str>) -> Result<Self> {
        let io: Box<dyn Io> = match way {
            Way::Tcp(address) => Box::new(TcpStream::connect(address).await?),
            Way::Unix(path) => Box::new(UnixStream::connect(path).await?),
        };
        let mut request = format!("ws://{host}{path}").into_client_request()?;
        if let Some(token) = token {
            request.headers_mut().insert("authorization", format!("Bearer {token}").parse()?);
        }
        let (stream, _) = within("the websocket opens", SOON, client_async(request, io)).await??;
        Ok(Self { stream })
    }

    /// Sends a text message.
    ///
    /// # Errors
    /// When the daemon has closed the socket.
    pub async fn send(&mut self, text: String) -> Result<()> {
        Ok(within("the message is sent", SOON, self.stream.send(Message::text(text))).await??)
    }

    /// The next message as JSON; `None` once the daemon has closed the socket, as RFC 6455 section 7.1 has it.
    ///
    /// # Errors
    /// When nothing comes for a minute, what comes is something else, or the connection breaks.
    pub async fn message<T: DeserializeOwned>(&mut self) -> Result<Option<T>> {
        loop {
            match within("a message comes", SOON, self.stream.next()).await? {
                Some(Ok(Message::Text(text))) => {
                    return serde_json::from_str(&text).map(Some).with_context(|| format!("not expected: {text}"));
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(_))) => return Ok(None),
                Some(Ok(other)) => bail!("an unexpected message: {other:?}"),
                Some(Err(error)) => return Err(error).context("the websocket broke"),
                None => bail!("the connection ended without a closing handshake"),
            }
        }
    }

    /// Reads until the daemon closes the socket; answers the code that it closes with (RFC 6455 section 7.4).
    ///
    /// # Errors
    /// When it does not, or breaks the connection.
    pub async fn close_code(&mut self) -> Result<u16> {
        loop {
            match within("a message comes", SOON, self.stream.next()).await? {
                Some(Ok(Message::Close(frame))) => return Ok(frame.context("closed without a code")?.code.into()),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error).context("the websocket broke"),
                None => bail!("the connection ended without a closing handshake"),
            }
        }
    }

    /// Sends any message.
    ///
    /// # Errors
    /// As [`Socket::send`].
    pub async fn send_binary(&mut self, bytes: Vec<u8>) -> Result<()> {
        Ok(within("the message is sent", SOON, self.stream.send(Message::binary(bytes))).await??)
    }

    /// The next frame that is no sign of life.
    ///
    /// # Errors
    /// As [`Socket::message`].
    pub async fn frame(&mut self) -> Result<Option<Frame>> {
        loop {
            match self.message::<Frame>().await? {
                Some(frame) if frame.kind == FrameType::Ping => {}
                other => return Ok(other),
            }
        }
    }

    /// All frames until the daemon closes the socket.
    ///
    /// # Errors
    /// As [`Socket::message`].
    pub async fn frames(&mut self) -> Result<Vec<Frame>> {
        let mut frames = Vec::new();
        while let Some(frame) = self.frame().await? {
            frames.push(frame);
        }
        Ok(frames)
    }
}

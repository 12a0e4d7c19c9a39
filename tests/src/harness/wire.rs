//! A connection as it is, for clients that do not behave as an HTTP library does.

use std::io;
use std::net::SocketAddr;

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::{API, Client, SOON, eventually, within};

/// How little the system keeps for a client that reads nothing.
const SMALL_BUFFER: u32 = 4096;

/// A connection.
#[derive(Debug)]
pub struct Wire(TcpStream);

impl Wire {
    /// Opens one that takes in little before it is read from.
    ///
    /// # Errors
    /// When nobody listens there.
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(SMALL_BUFFER)?;
        Ok(Self(within("the connection opens", SOON, socket.connect(address)).await??))
    }

    /// Sends text.
    ///
    /// # Errors
    /// When the other side has hung up.
    pub async fn send(&mut self, text: &str) -> io::Result<()> {
        self.0.write_all(text.as_bytes()).await
    }

    /// Sends the head of a request to a path below the prefix, with the token of `client` and these further headers.
    ///
    /// # Errors
    /// When the other side has hung up.
    pub async fn request(&mut self, client: &Client, line: &str, headers: &[&str]) -> io::Result<()> {
        let (method, path) = line.split_once(' ').unwrap_or(("GET", line));
        let token = client.token();
        let head = format!("{method} {API}{path} HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {token}\r\n");
        let headers: Vec<_> = headers.iter().map(|header| format!("{header}\r\n")).collect();
        self.send(&format!("{head}{}\r\n", headers.concat())).await
    }

    /// What comes until what has come contains `text`.
    ///
    /// # Errors
    /// When the connection ends before, or nothing comes for a minute.
    pub async fn until(&mut self, text: &str) -> Result<String> {
        let mut read = Vec::new();
        loop {
            let byte = within("more comes", SOON, self.0.read_u8()).await?;
            read.push(byte.map_err(|error| anyhow::anyhow!("{error} after {}", String::from_utf8_lossy(&read)))?);
            if read.ends_with(text.as_bytes()) {
                return Ok(String::from_utf8_lossy(&read).into_owned());
            }
        }
    }

    /// What comes until the other side hangs up.
    ///
    /// # Errors
    /// When it does not.
    pub async fn rest(&mut self) -> Result<String> {
        let mut read = Vec::new();
        // One that is broken off has ended too.
        let _ = within("the connection ends", SOON, self.0.read_to_end(&mut read)).await?;
        Ok(String::from_utf8_lossy(&read).into_owned())
    }

    /// Makes a websocket of it, at a path below the prefix.
    ///
    /// # Errors
    /// When that is refused.
    pub async fn upgrade(&mut self, client: &Client, path: &str) -> Result<()> {
        let key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==";
        let headers = ["Connection: upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", key];
        self.request(client, &format!("GET {path}"), &headers).await?;
        self.until("\r\n\r\n").await.map(drop)
    }

    /// Waits until the other side has hung up, without reading anything.
    ///
    /// # Errors
    /// When it does not.
    pub async fn cut_off(&mut self) -> Result<()> {
        let state = async || Ok(self.0.write_all(b"\r\n").await.is_err().then_some(()));
        eventually("the other side hangs up", SOON, state).await
    }
}

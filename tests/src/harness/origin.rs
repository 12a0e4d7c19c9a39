//! A web server that files are fetched from: answers as a test says, and counts who asks.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// The server; it ends with the runtime of the test.
#[derive(Debug)]
pub struct Origin {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// What is held back is let go when this becomes true.
    gate: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct State {
    /// The answers of each path: each is given once, but the last one for ever.
    replies: HashMap<String, Vec<Reply>>,
    asked: Vec<String>,
    connections: usize,
    /// Connections that the client closed while the answer was held back.
    left: usize,
}

/// What is answered.
#[derive(Debug, Clone)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    held: bool,
    chunked: bool,
}

impl Reply {
    /// 200 with this body.
    #[must_use]
    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, headers: Vec::new(), body: body.into(), held: false, chunked: false }
    }

    /// A status with a few words.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self { status, ..Self::ok("not this time") }
    }

    /// Leads to another address.
    #[must_use]
    pub fn to(location: &str) -> Self {
        Self::status(302).header("location", location)
    }

    /// With one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Half of the body, and the rest when the gate is opened.
    #[must_use]
    pub fn held(self) -> Self {
        Self { held: true, ..self }
    }

    /// Without telling its length.
    #[must_use]
    pub fn chunked(self) -> Self {
        Self { chunked: true, ..self }
    }
}

impl Origin {
    /// Starts one at a loopback address.
    ///
    /// # Errors
    /// When it can't listen there.
    pub async fn start(ip: &str) -> Result<Self> {
        let listener = TcpListener::bind((ip, 0)).await?;
        let shared = Arc::new(Shared { state: Mutex::default(), gate: watch::Sender::new(false) });
        let origin = Self { address: listener.local_addr()?, shared: Arc::clone(&shared) };
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                shared.state().connections += 1;
                let shared = Arc::clone(&shared);
                tokio::spawn(async move { shared.answer(connection).await });
            }
        });
        Ok(origin)
    }

    /// Lets a path be answered so; a further time: so after that.
    pub fn serve(&self, path: &str, reply: Reply) {
        self.shared.state().replies.entry(path.to_owned()).or_default().push(reply);
    }

    /// Where a path is.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Lets go of everything that is held back, from now on.
    pub fn open(&self) {
        self.shared.gate.send_replace(true);
    }

    /// How often a path was asked for.
    #[must_use]
    pub fn asked(&self, path: &str) -> usize {
        self.shared.state().asked.iter().filter(|asked| *asked == path).count()
    }

    /// How many connections there were.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.state().connections
    }

    /// How many clients left while their answer was held back.
    #[must_use]
    pub fn left(&self) -> usize {
        self.shared.state().left
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers one request; what goes wrong is the client's matter.
    async fn answer(&self, connection: TcpStream) -> Option<()> {
        let mut connection = BufReader::new(connection);
        let mut line = String::new();
        connection.read_line(&mut line).await.ok()?;
        let path = line.split(' ').nth(1)?.to_owned();
        while line != "\r\n" {
            line.clear();
            if connection.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
        }
        let reply = self.reply(&path);
        let half = if reply.held { reply.body.len() / 2 } else { reply.body.len() };
        connection.write_all(head(&reply).as_bytes()).await.ok()?;
        send(&mut connection, &reply, &reply.body[..half]).await?;
        if reply.held {
            let mut gate = self.gate.subscribe();
            tokio::select! {
                opened = gate.wait_for(|open| *open) => drop(opened.ok()?),
                _ = connection.read_u8() => {
                    self.state().left += 1;
                    return None;
                }
            }
            send(&mut connection, &reply, &reply.body[half..]).await?;
        }
        if reply.chunked {
            connection.write_all(b"0\r\n\r\n").await.ok()?;
        }
        connection.shutdown().await.ok()
    }

    fn reply(&self, path: &str) -> Reply {
        let mut state = self.state();
        state.asked.push(path.to_owned());
        let replies = state.replies.get_mut(path).filter(|replies| !replies.is_empty());
        match replies {
            Some(replies) if replies.len() > 1 => replies.remove(0),
            Some(replies) => replies[0].clone(),
            None => Reply::status(404),
        }
    }
}

fn head(reply: &Reply) -> String {
    let length = if reply.chunked {
        "transfer-encoding: chunked".to_owned()
    } else {
        format!("content-length: {}", reply.body.len())
    };
    let headers: Vec<_> = reply.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("HTTP/1.1 {} Said\r\nconnection: close\r\n{}{length}\r\n\r\n", reply.status, headers.concat())
}

async fn send(connection: &mut BufReader<TcpStream>, reply: &Reply, bytes: &[u8]) -> Option<()> {
    if !reply.chunked {
        connection.write_all(bytes).await.ok()?;
    }
    for chunk in bytes.chunks(16 << 10).filter(|_| reply.chunked) {
        connection.write_all(format!("{:x}\r\n", chunk.len()).as_bytes()).await.ok()?;
        connection.write_all(chunk).await.ok()?;
        connection.write_all(b"\r\n").await.ok()?;
    }
    connection.flush().await.ok()
}

//! Somebody else's HTTP server: takes requests down and answers them as it was told to.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::{SOON, eventually};

/// What a [`Receiver`] answers so is nothing: it takes the request down and leaves the client waiting.
pub const SILENCE: &str = "";

/// An HTTP server on a port of its own, until it is dropped.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    server: JoinHandle<()>,
}

/// A request, as it came.
#[derive(Debug, Clone)]
pub struct Received {
    /// The method and the target.
    pub line: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Received {
    /// A header, empty if there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Receiver {
    /// Starts one that answers the first requests with these statuses (and headers, each in a line of its own, after
    /// them), and all that follow with the last one.
    ///
    /// # Errors
    /// When there is no port.
    pub async fn start(answers: &[&str]) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let received = Arc::new(Mutex::new(Vec::new()));
        let answers: Vec<String> = answers.iter().map(|&answer| answer.to_owned()).collect();
        let taken = Arc::clone(&received);
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, answers.clone(), Arc::clone(&taken)));
            }
        });
        Ok(Self { address, received, server })
    }

    /// Its address, by number.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/ended?task=mine", self.address)
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// What came so far.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What came, once there are so many requests.
    ///
    /// # Errors
    /// When they don't come.
    pub async fn requests(&self, count: usize) -> Result<Vec<Received>> {
        let enough = async || Ok(Some(self.received()).filter(|received| received.len() >= count));
        eventually(&format!("{count} requests come"), SOON, enough).await
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(stream: TcpStream, answers: Vec<String>, taken: Arc<Mutex<Vec<Received>>>) {
    let mut stream = BufReader::new(stream);
    // A client that goes away in the middle has sent no request.
    let Ok(request) = read(&mut stream).await else { return };
    let number = {
        let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.push(request);
        taken.len() - 1
    };
    let answer = answers.get(number).or(answers.last()).map_or(SILENCE, String::as_str);
    if answer == SILENCE {
        stream.read_u8().await.ok();
        return;
    }
    let answer = answer.replace('\n', "\r\n");
    let head = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.ok();
}

async fn read(stream: &mut BufReader<TcpStream>) -> Result<Received> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let mut lines = lines.into_iter();
    let line = lines.next().context("no request")?;
    let mut headers = HeaderMap::new();
    for header in lines {
        let (name, value) = header.split_once(':').context("no header")?;
        headers.insert(HeaderName::try_from(name)?, HeaderValue::from_str(value.trim())?);
    }
    let length = headers.get("content-length").map_or(Ok("0"), HeaderValue::to_str)?.parse()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(Received { line, headers, body })
}

//! Accepting connections: no more than there may be, and without haste when the system has no room for another.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use d2d_api::ProblemCode;
use poem::http::uri::Scheme;
use poem::listener::Acceptor;
use poem::web::{LocalAddr, RemoteAddr};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout};

use super::course::Patience;
use super::lines::Lines;
use super::watched::Watched;
use crate::http::problem::Failure;

/// How many clients are told at once that there are too many; those past it are just hung up on.
const MOST_REFUSALS: usize = 64;
/// How long a refused client may take to read why.
const REFUSED_WITHIN: Duration = Duration::from_secs(1);
/// How much of its request is read meanwhile: what lies unread when a connection is closed makes the system break it off.
const REFUSED_BYTES: u64 = 64 << 10;
/// How long to wait after a connection could not be accepted.
const AFTER_FAILURE: Duration = Duration::from_millis(100);
/// How often that is said.
const SAID_EVERY: Duration = Duration::from_secs(30);

/// Accepts connections, and watches them.
pub(crate) struct LineAcceptor<A> {
    inner: A,
    lines: Lines,
    patience: Patience,
    places: Arc<Semaphore>,
    refusals: Arc<Semaphore>,
    said_at: Option<Instant>,
}

impl<A> LineAcceptor<A> {
    /// Accepts the connections that `inner` does, at most so many at once.
    pub(crate) fn new(inner: A, lines: Lines, patience: Patience, most: usize) -> Self {
        let (places, refusals) = (Arc::new(Semaphore::new(most)), Arc::new(Semaphore::new(MOST_REFUSALS)));
        Self { inner, lines, patience, places, refusals, said_at: None }
    }

    /// Says what is wrong, now and then.
    fn say(&mut self, what: &str) {
        let now = Instant::now();
        if self.said_at.is_none_or(|at| now - at >= SAID_EVERY) {
            self.said_at = Some(now);
            tracing::warn!("{what}");
        }
    }
}

impl<A: Acceptor> Acceptor for LineAcceptor<A> {
    type Io = Watched<A::Io>;

    fn local_addr(&self) -> Vec<LocalAddr> {
        self.inner.local_addr()
    }

    async fn accept(&mut self) -> io::Result<(Self::Io, LocalAddr, RemoteAddr, Scheme)> {
        loop {
            let (io, local, remote, scheme) = match self.inner.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    self.say(&format!("connections can't be accepted, they wait: {error}"));
                    sleep(AFTER_FAILURE).await;
                    continue;
                }
            };
            if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
                let line = self.lines.open(&remote);
                return Ok((Watched::new(io, line, self.patience, place), local, remote, scheme));
            }
            self.say("connections are refused: there are as many as `http.max_connections` or the open files allow");
            if let Ok(turn) = Arc::clone(&self.refusals).try_acquire_owned() {
                tokio::spawn(async move {
                    let _ = timeout(REFUSED_WITHIN, refuse(io)).await;
                    drop(turn);
                });
            }
        }
    }
}

/// Answers that there are too many connections, whatever is asked.
async fn refuse(mut io: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    let detail = "there are too many connections: try again in a moment";
    let answer = Failure::new(ProblemCode::ServiceUnavailable, detail).as_last_answer();
    io.write_all(answer.as_bytes()).await?;
    io.shutdown().await?;
    tokio::io::copy(&mut io.take(REFUSED_BYTES), &mut tokio::io::sink()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use poem::listener::TcpAcceptor;
    use tokio::net::TcpStream;

    use super::*;

    const PATIENCE: Patience =
        Patience { idle: Duration::from_secs(60), head: Duration::from_secs(60), stall: Duration::from_secs(60) };

    pub(super) fn acceptor(most: usize) -> (LineAcceptor<TcpAcceptor>, SocketAddr) {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = LineAcceptor::new(TcpAcceptor::from_std(listener).unwrap(), Lines::default(), PATIENCE, most);
        (acceptor, address)
    }

    #[tokio::test]
    async fn one_too_many_is_told_so_and_its_place_is_free_again() {
        let (mut acceptor, address) = acceptor(1);
        let _first = TcpStream::connect(address).await.unwrap();
        let (place, ..) = acceptor.accept().await.unwrap();
        let mut second = TcpStream::connect(address).await.unwrap();
        second.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        let accepting = tokio::spawn(async move {
            let accepted = acceptor.accept().await;
            (acceptor, accepted.map(drop))
        });
        let mut answer = String::new();
        second.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{answer}");
        assert!(answer.contains("\r\nRetry-After: 5\r\n") && answer.contains("service.unavailable"), "{answer}");
        drop(place);
        let _third = TcpStream::connect(address).await.unwrap();
        let (_, accepted) = tokio::time::timeout(Duration::from_secs(5), accepting).await.unwrap().unwrap();
        accepted.unwrap();
    }
}

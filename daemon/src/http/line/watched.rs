//! The bytes of a connection as they pass: whether the client has hung up, keeps it for nothing, or takes nothing.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::course::Patience;
use super::lines::Open;

/// A connection.
pub(crate) struct Watched<T> {
    io: T,
    open: Option<Open>,
    patience: Patience,
    /// When to look whether it is still worth keeping.
    look: Option<Pin<Box<Sleep>>>,
    /// Until when the client has to take something of what is being sent.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Its place among those that there may be.
    _place: OwnedSemaphorePermit,
}

impl<T> Watched<T> {
    pub(super) fn new(io: T, open: Option<Open>, patience: Patience, place: OwnedSemaphorePermit) -> Self {
        Self { io, open, patience, look: None, stalled: None, _place: place }
    }

    fn hung_up(&self) {
        if let Some(open) = &self.open {
            open.line.hung_up.cancel();
        }
    }

    /// Whether it has been of no use for too long; if not, looks again when it may have.
    fn is_overdue(&mut self, context: &mut Context<'_>) -> bool {
        let Some(open) = &self.open else { return false };
        loop {
            let now = Instant::now();
            // A request may be answered at any moment: then the time runs from there.
            let due = open.line.course().due(self.patience).unwrap_or(now + self.patience.idle);
            if due <= now {
                return true;
            }
            let look = self.look.get_or_insert_with(|| Box::pin(sleep_until(due)));
            if look.is_elapsed() || look.deadline() > due {
                look.as_mut().reset(due);
            }
            if look.as_mut().poll(context).is_pending() {
                return false;
            }
        }
    }

    /// What came of sending: a client that takes nothing for too long is given up.
    fn sent(&mut self, context: &mut Context<'_>, polled: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if polled.is_ready() {
            self.stalled = None;
            if let Some(open) = &self.open {
                open.line.course().taken();
            }
            return polled;
        }
        let patience = self.patience.stall;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(patience)));
        if stalled.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        tracing::debug!("a client that takes nothing of its answer is cut off");
        self.hung_up();
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Watched<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let (before, room) = (buffer.filled().len(), buffer.remaining());
        let polled = Pin::new(&mut self.io).poll_read(context, buffer);
        match &polled {
            Poll::Ready(Ok(())) if buffer.filled().len() > before => {
                if let Some(open) = &self.open {
                    open.line.course().came();
                }
            }
            Poll::Ready(Ok(())) if room > 0 => self.hung_up(),
            Poll::Ready(Err(_)) => self.hung_up(),
            // As if the client had hung up, which is what it should have done.
            Poll::Pending if self.is_overdue(context) => return Poll::Ready(Ok(())),
            Poll::Ready(Ok(())) | Poll::Pending => {}
        }
        polled
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Watched<T> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.io).poll_write(context, bytes);
        self.sent(context, polled)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.io).poll_write_vectored(context, bytes);
        self.sent(context, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use poem::web::RemoteAddr;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::Semaphore;
    use tokio::time::timeout;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::http::line::Lines;

    const SHORT: Duration = Duration::from_millis(200);
    const LONG: Duration = Duration::from_secs(60);

    async fn pair(patience: Patience) -> (TcpStream, Watched<TcpStream>, Lines) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, remote) = listener.accept().await.unwrap();
        let lines = Lines::default();
        let open = lines.open(&RemoteAddr(remote.into()));
        let place = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        (client, Watched::new(server, open, patience, place), lines)
    }

    fn hang_up(server: &Watched<TcpStream>) -> CancellationToken {
        server.open.as_ref().unwrap().line.hung_up.clone()
    }

    #[tokio::test]
    async fn the_end_of_a_connection_is_noted() {
        let (mut client, mut server, lines) = pair(Patience { idle: LONG, head: LONG, stall: LONG }).await;
        let hung_up = hang_up(&server);
        client.write_all(b"hello").await.unwrap();
        assert_eq!(server.read(&mut [0; 16]).await.unwrap(), 5);
        assert!(!hung_up.is_cancelled());
        drop(client);
        assert_eq!(server.read(&mut [0; 16]).await.unwrap(), 0);
        assert!(hung_up.is_cancelled());
        drop(server);
        assert!(lines.lock().is_empty(), "nothing is kept of it");
    }

    #[tokio::test]
    async fn one_that_sends_nothing_ends() {
        let (_client, mut server, _) = pair(Patience { idle: SHORT, head: LONG, stall: LONG }).await;
        assert_eq!(timeout(LONG, server.read(&mut [0; 16])).await.unwrap().unwrap(), 0);
    }

    #[tokio::test]
    async fn a_head_that_does_not_come_to_its_end_ends_it() {
        let (mut client, mut server, _) = pair(Patience { idle: LONG, head: SHORT, stall: LONG }).await;
        client.write_all(b"GET / HT").await.unwrap();
        assert_eq!(server.read(&mut [0; 16]).await.unwrap(), 8);
        assert_eq!(timeout(LONG, server.read(&mut [0; 16])).await.unwrap().unwrap(), 0);
    }

    #[tokio::test]
    async fn a_request_under_way_keeps_it() {
        let (_client, mut server, _) = pair(Patience { idle: SHORT, head: SHORT, stall: LONG }).await;
        let line = Arc::clone(&server.open.as_ref().unwrap().line);
        line.course().begun();
        assert!(timeout(3 * SHORT, server.read(&mut [0; 16])).await.is_err());
        line.course().answered();
        assert_eq!(timeout(LONG, server.read(&mut [0; 16])).await.unwrap().unwrap(), 0);
    }

    #[tokio::test]
    async fn a_client_that_takes_nothing_is_cut_off() {
        let (_client, mut server, _) = pair(Patience { idle: LONG, head: LONG, stall: SHORT }).await;
        let hung_up = hang_up(&server);
        let endless = async {
            loop {
                if let Err(error) = server.write_all(&[0; 8192]).await {
                    return error;
                }
            }
        };
        let error = timeout(LONG, endless).await.unwrap();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(hung_up.is_cancelled());
    }
}

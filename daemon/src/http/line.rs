//! Whether the client of a request is still on the line.
//!
//! The server goes on with a request whose client has hung up, which is right for most: what was begun is finished. Who
//! works only for the answer can ask here. The server reads ahead while a request is being answered, so it comes upon the
//! end of the connection; it is noted as it passes.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use poem::Request;
use poem::http::uri::Scheme;
use poem::listener::Acceptor;
use poem::web::{LocalAddr, RemoteAddr};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::sync::CancellationToken;

/// The connections over TCP, by the address of the client. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<HashMap<SocketAddr, CancellationToken>>>);

impl Lines {
    fn open(&self, client: &RemoteAddr) -> Option<Line> {
        let client = *client.as_socket_addr()?;
        let hung_up = CancellationToken::new();
        self.lock().insert(client, hung_up.clone());
        Some(Line { lines: self.clone(), client, hung_up })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SocketAddr, CancellationToken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Is cancelled when the client of this request hangs up; never, if that can't be told.
pub(super) fn hang_up(request: &Request) -> CancellationToken {
    let lines = request.data::<Lines>();
    let client = request.remote_addr().as_socket_addr();
    lines.zip(client).and_then(|(lines, client)| lines.lock().get(client).cloned()).unwrap_or_default()
}

/// Accepts connections, and notes when they end.
pub(crate) struct LineAcceptor<A> {
    inner: A,
    lines: Lines,
}

impl<A> LineAcceptor<A> {
    /// Accepts the connections that `inner` does.
    pub(crate) fn new(inner: A, lines: Lines) -> Self {
        Self { inner, lines }
    }
}

impl<A: Acceptor> Acceptor for LineAcceptor<A> {
    type Io = Watched<A::Io>;

    fn local_addr(&self) -> Vec<LocalAddr> {
        self.inner.local_addr()
    }

    async fn accept(&mut self) -> io::Result<(Self::Io, LocalAddr, RemoteAddr, Scheme)> {
        let (io, local, remote, scheme) = self.inner.accept().await?;
        let line = self.lines.open(&remote);
        Ok((Watched { io, line }, local, remote, scheme))
    }
}

/// A connection.
struct Line {
    lines: Lines,
    client: SocketAddr,
    hung_up: CancellationToken,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.hung_up.cancel();
        self.lines.lock().remove(&self.client);
    }
}

/// The bytes of a connection.
pub(crate) struct Watched<T> {
    io: T,
    line: Option<Line>,
}

impl<T: AsyncRead + Unpin> AsyncRead for Watched<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let (before, room) = (buffer.filled().len(), buffer.remaining());
        let polled = Pin::new(&mut self.io).poll_read(context, buffer);
        let ended = match &polled {
            Poll::Ready(Ok(())) => room > 0 && buffer.filled().len() == before,
            Poll::Ready(Err(_)) => true,
            Poll::Pending => false,
        };
        if let Some(line) = self.line.as_ref().filter(|_| ended) {
            line.hung_up.cancel();
        }
        polled
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Watched<T> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
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
        Pin::new(&mut self.io).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use poem::listener::TcpAcceptor;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;

    #[tokio::test]
    async fn the_end_of_a_connection_is_noted() {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let lines = Lines::default();
        let mut acceptor = LineAcceptor::new(TcpAcceptor::from_std(listener).unwrap(), lines.clone());
        let mut client = TcpStream::connect(address).await.unwrap();
        let (mut server, _, remote, _) = acceptor.accept().await.unwrap();
        let hung_up = lines.lock().get(remote.as_socket_addr().unwrap()).cloned().unwrap();
        client.write_all(b"hello").await.unwrap();
        assert_eq!(server.read(&mut [0; 16]).await.unwrap(), 5);
        assert!(!hung_up.is_cancelled());
        drop(client);
        assert_eq!(server.read(&mut [0; 16]).await.unwrap(), 0);
        tokio::time::timeout(Duration::from_secs(1), hung_up.cancelled()).await.unwrap();
        drop(server);
        assert!(lines.lock().is_empty(), "nothing is kept of it");
    }
}

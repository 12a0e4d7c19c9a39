//! The HTTP servers: one on TCP, one on the Unix socket, stopped together.

use std::time::Duration;

use anyhow::Context as _;
use poem::listener::{Acceptor, TcpAcceptor};
use poem::{EndpointExt, IntoEndpoint, Server};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::listen::Listeners;
use crate::http::{AppState, LineAcceptor, Lines, Patience, PeerAcceptor, app, local_app};

/// How long answers under way may take when the servers stop.
const GRACE: Duration = Duration::from_secs(2);

/// The running servers.
pub(super) struct Web {
    stop: CancellationToken,
    servers: JoinSet<std::io::Result<()>>,
}

impl Web {
    /// Begins to answer, on at most so many connections over TCP at once.
    pub(super) fn start(listeners: Listeners, state: &AppState, most: usize) -> anyhow::Result<Self> {
        let tcp = TcpAcceptor::from_std(listeners.tcp).context("can't serve on the TCP address")?;
        let unix = tokio::net::UnixListener::from_std(listeners.unix).context("can't serve on the Unix socket")?;
        let mut web = Self { stop: CancellationToken::new(), servers: JoinSet::new() };
        let lines = Lines::default();
        let patience = Patience::of(&state.system.config().http);
        web.serve(LineAcceptor::new(tcp, lines.clone(), patience, most), app(state).data(lines));
        web.serve(PeerAcceptor::new(unix), local_app(state));
        Ok(web)
    }

    fn serve<A, E>(&mut self, acceptor: A, endpoint: E)
    where
        A: Acceptor + 'static,
        E: IntoEndpoint + Send + 'static,
        E::Endpoint: 'static,
    {
        let stopped = self.stop.clone().cancelled_owned();
        let server = Server::new_with_acceptor(acceptor);
        self.servers.spawn(server.run_with_graceful_shutdown(endpoint, stopped, Some(GRACE)));
    }

    /// Resolves when a server ends that was not told to.
    pub(super) async fn failed(&mut self) -> anyhow::Error {
        match self.servers.join_next().await {
            Some(Ok(Err(error))) => anyhow::Error::new(error).context("an HTTP server failed"),
            Some(Err(error)) => anyhow::Error::new(error).context("an HTTP server failed"),
            Some(Ok(Ok(()))) | None => anyhow::anyhow!("an HTTP server ended by itself"),
        }
    }

    /// Takes no more connections, and waits for the answers under way.
    pub(super) async fn stop(mut self) {
        self.stop.cancel();
        while self.servers.join_next().await.is_some() {}
    }
}

//! What people and service managers tell the daemon from outside.

use std::io;

use tokio::io::AsyncReadExt as _;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What the daemon is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    /// Go down: SIGTERM, SIGINT, or the end of the standard input that the daemon was to live with.
    Stop(&'static str),
    /// Read the settings again: SIGHUP.
    Reload,
}

/// The signals, listened to.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
    stdin: Option<tokio::io::Stdin>,
}

impl Signals {
    /// Begins to listen.
    pub(super) fn listen(until_stdin_closes: bool) -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
            stdin: until_stdin_closes.then(tokio::io::stdin),
        })
    }

    /// The next one.
    pub(super) async fn next(&mut self) -> Command {
        tokio::select! {
            _ = self.terminate.recv() => Command::Stop("SIGTERM"),
            _ = self.interrupt.recv() => Command::Stop("SIGINT"),
            _ = self.hang_up.recv() => Command::Reload,
            () = closed(&mut self.stdin) => {
                self.stdin = None;
                Command::Stop("the end of standard input")
            }
        }
    }

    /// Resolves when the daemon is told to stop; told to reload, it does not listen any more.
    pub(super) async fn stop(&mut self) -> &'static str {
        loop {
            if let Command::Stop(by) = self.next().await {
                return by;
            }
        }
    }
}

/// Resolves when `stdin` ends; never if there is none.
async fn closed(stdin: &mut Option<tokio::io::Stdin>) {
    let Some(stdin) = stdin else { return std::future::pending().await };
    let mut ignored = [0; 64];
    while matches!(stdin.read(&mut ignored).await, Ok(1..)) {}
}

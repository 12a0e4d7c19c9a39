//! What can happen to the console.

use std::time::Duration;

use crossterm::event::{Event as TerminalEvent, KeyEvent, KeyEventKind};
use d2d_api::{OpsFrame, TaskId};

/// One thing that happened.
#[derive(Debug)]
pub enum Event {
    /// A key was pressed.
    Key(KeyEvent),
    /// The terminal has another size, or must be drawn anew.
    Resized,
    /// The connection to the daemon has news.
    Client(ClientEvent),
    /// A second went by.
    Tick,
}

/// News of the connection to the daemon.
#[derive(Debug)]
pub enum ClientEvent {
    /// A try to connect begins.
    Connecting,
    /// The daemon answered.
    Connected,
    /// The daemon told something.
    Frame(Box<OpsFrame>),
    /// The connection, or the try to get one, failed; the next try is after the wait.
    Disconnected {
        /// What went wrong, and what to do.
        reason: String,
        /// How long until the next try.
        retry_in: Duration,
    },
    /// The daemon answered a request to cancel tasks.
    Cancelled {
        /// How many will be cancelled.
        accepted: usize,
        /// Those that will not, and why.
        refused: Vec<(TaskId, String)>,
    },
}

impl Event {
    /// What an event of the terminal means here; none if nothing.
    #[must_use]
    pub fn of_terminal(event: &TerminalEvent) -> Option<Self> {
        match event {
            TerminalEvent::Key(key) if key.kind != KeyEventKind::Release => Some(Self::Key(*key)),
            TerminalEvent::Resize(..) | TerminalEvent::FocusGained => Some(Self::Resized),
            _ => None,
        }
    }
}

//! Words and symbols for states.

use d2d_api::{TaskStatus, WorkerState};

/// The symbol of a task's state, one column wide.
#[must_use]
pub fn symbol(status: TaskStatus) -> &'static str {
    match status {
        TaskStatus::AwaitingFiles => "◌",
        TaskStatus::Fetching => "↓",
        TaskStatus::Queued => "○",
        TaskStatus::Execution => "▶",
        TaskStatus::Success => "✓",
        TaskStatus::Failure => "✗",
        TaskStatus::Cancelled => "⊘",
        TaskStatus::Expired => "∅",
    }
}

/// The name of a task's state, short enough for a column.
#[must_use]
pub fn word(status: TaskStatus) -> &'static str {
    if status == TaskStatus::AwaitingFiles { "awaiting" } else { status.as_str() }
}

/// The symbol and name of a worker's state.
#[must_use]
pub fn worker(state: WorkerState) -> (&'static str, &'static str) {
    match state {
        WorkerState::Stopped => ("◌", "stopped"),
        WorkerState::Starting => ("◐", "starting"),
        WorkerState::Idle => ("○", "idle"),
        WorkerState::Busy => ("▶", "busy"),
        WorkerState::BackingOff => ("✗", "backing off"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use unicode_width::UnicodeWidthStr as _;

    use super::*;

    #[test]
    fn states_differ_without_colours() {
        let symbols: HashSet<_> = TaskStatus::ALL.into_iter().map(symbol).collect();
        assert_eq!(symbols.len(), TaskStatus::ALL.len());
        assert!(symbols.iter().all(|symbol| symbol.width() == 1));
        assert!(TaskStatus::ALL.into_iter().all(|status| word(status).width() <= 9));
    }
}

//! The styles of the console. Every difference that a colour makes is also made by a symbol, a word or a weight, so that
//! nothing is lost without colours; the colours are those of the terminal's own palette.

use d2d_api::{TaskStatus, WorkerState};
use ratatui::style::{Color, Modifier, Style};

use crate::state::{NoticeKind, State};

/// The styles, with or without colours.
#[derive(Debug, Clone, Copy)]
pub struct Theme {
    color: bool,
}

impl Theme {
    /// The theme that the operator wants.
    #[must_use]
    pub fn of(state: &State) -> Self {
        Self { color: state.settings.color }
    }

    fn paint(self, color: Color) -> Style {
        if self.color { Style::new().fg(color) } else { Style::new() }
    }

    /// What is only there to lead the eye.
    #[must_use]
    pub fn dim(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// The name of a region.
    #[must_use]
    pub fn title(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// The one that is chosen.
    #[must_use]
    pub fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// A key to press.
    #[must_use]
    pub fn key(self) -> Style {
        self.paint(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    /// The part of a bar or graph that is there.
    #[must_use]
    pub fn bar(self) -> Style {
        self.paint(Color::Cyan)
    }

    /// A mark on a task.
    #[must_use]
    pub fn mark(self) -> Style {
        self.paint(Color::Magenta).add_modifier(Modifier::BOLD)
    }

    /// All is well.
    #[must_use]
    pub fn good(self) -> Style {
        self.paint(Color::Green)
    }

    /// Worth a look.
    #[must_use]
    pub fn warning(self) -> Style {
        self.paint(Color::Yellow)
    }

    /// Something is wrong.
    #[must_use]
    pub fn bad(self) -> Style {
        self.paint(Color::Red).add_modifier(Modifier::BOLD)
    }

    /// The state of a task.
    #[must_use]
    pub fn status(self, status: TaskStatus) -> Style {
        match status {
            TaskStatus::AwaitingFiles | TaskStatus::Cancelled | TaskStatus::Expired => self.dim(),
            TaskStatus::Fetching => self.paint(Color::Blue),
            TaskStatus::Queued => self.warning(),
            TaskStatus::Execution => self.paint(Color::Cyan).add_modifier(Modifier::BOLD),
            TaskStatus::Success => self.good(),
            TaskStatus::Failure => self.bad(),
        }
    }

    /// The state of a worker.
    #[must_use]
    pub fn worker(self, state: WorkerState) -> Style {
        match state {
            WorkerState::Stopped => self.dim(),
            WorkerState::Starting => self.warning(),
            WorkerState::Idle => Style::new(),
            WorkerState::Busy => self.paint(Color::Cyan).add_modifier(Modifier::BOLD),
            WorkerState::BackingOff => self.bad(),
        }
    }

    /// A notice.
    #[must_use]
    pub fn notice(self, kind: NoticeKind) -> Style {
        match kind {
            NoticeKind::Done => self.good(),
            NoticeKind::Refused => self.warning(),
            NoticeKind::Failed => self.bad(),
        }
    }
}

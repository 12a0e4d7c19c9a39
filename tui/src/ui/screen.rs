//! The screen as a whole: what is drawn where.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect, Size};
use ratatui::style::Style;

use super::{confirm, detail, empty, footer, header, help, overview, tasks};
use crate::state::{Prompt, State, View};

/// Draws everything.
pub fn draw(frame: &mut Frame<'_>, state: &State) {
    let [top, body, bottom] = regions(frame.area());
    header::render(frame, top, state);
    match state.view() {
        _ if state.model().overview.is_none() && state.model().tasks.is_empty() => empty::waiting(frame, body, state),
        View::Overview => overview::render(frame, body, state),
        View::Tasks => tasks::render(frame, body, state),
        View::Task(id) => detail::render(frame, body, state, id),
    }
    if state.link.staleness(state.now).is_some() {
        frame.buffer_mut().set_style(body, Style::new().dim());
    }
    footer::render(frame, bottom, state);
    match &state.prompt {
        Some(Prompt::Help) => help::render(frame, body.union(top), state),
        Some(Prompt::Cancel { tasks, ended }) => confirm::render(frame, body, state, tasks, *ended),
        Some(Prompt::Filter { .. }) | None => {}
    }
}

/// How many tasks are in sight on a screen of that size.
#[must_use]
pub fn task_lines(size: Size) -> usize {
    let [_, body, _] = regions(Rect::from((ratatui::layout::Position::ORIGIN, size)));
    usize::from(body.height.saturating_sub(tasks::HEAD_LINES))
}

fn regions(area: Rect) -> [Rect; 3] {
    Layout::vertical([Constraint::Length(2), Constraint::Fill(1), Constraint::Length(1)]).areas(area)
}

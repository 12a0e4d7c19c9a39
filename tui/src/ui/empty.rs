//! What is said where there is nothing to show.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::text::wrap;
use super::theme::Theme;
use crate::state::State;

/// Draws a text in the middle of `area`, in lines of a readable length.
pub fn render(frame: &mut Frame<'_>, area: Rect, theme: Theme, text: &str) {
    let width = area.width.saturating_sub(4).min(64);
    let lines = wrap(text, usize::from(width));
    let top = usize::from(area.height).saturating_sub(lines.len()) / 2;
    for (row, line) in area.rows().skip(top).zip(lines) {
        frame.render_widget(Line::styled(line, theme.dim()).centered(), row);
    }
}

/// Draws what is to be said before the daemon has told anything.
pub fn waiting(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let text = match &state.link.last_reason {
        Some(reason) => reason.clone(),
        None => format!("connecting to {}", state.settings.target),
    };
    render(frame, area, Theme::of(state), &text);
}

//! How many tasks are in each state.

use d2d_api::{QueueDepth, TaskStatus};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use super::text::count;
use super::theme::Theme;
use super::{section, status};
use crate::state::State;

/// The lines it takes.
pub const LINES: u16 = 9;

/// Draws the depth of the queue, and how tasks have ended.
pub fn render(frame: &mut Frame<'_>, area: Rect, state: &State, queue: &QueueDepth) {
    let theme = Theme::of(state);
    let live = [
        (TaskStatus::AwaitingFiles, "awaiting files", queue.awaiting_files),
        (TaskStatus::Queued, "queued", queue.queued),
        (TaskStatus::Execution, "execution", queue.execution),
    ];
    let ended = [
        (TaskStatus::Success, "success", queue.succeeded),
        (TaskStatus::Failure, "failure", queue.failed),
        (TaskStatus::Cancelled, "cancelled", queue.cancelled),
    ];
    let rest = group(frame, area, theme, "Tasks now", &live);
    group(frame, rest, theme, "Ended since the start", &ended);
}

/// Draws a head and a line for each state; returns the area below.
fn group(frame: &mut Frame<'_>, area: Rect, theme: Theme, title: &str, states: &[(TaskStatus, &str, u64)]) -> Rect {
    let area = section::render(frame, area, theme, title, "");
    for (row, (state, name, tasks)) in area.rows().zip(states) {
        frame.render_widget(line(theme, *state, name, *tasks, usize::from(area.width)), row);
    }
    let used = area.height.min(u16::try_from(states.len()).unwrap_or(u16::MAX));
    Rect { y: area.y + used, height: area.height - used, ..area }
}

/// A state with none in it is quiet.
fn line(theme: Theme, state: TaskStatus, name: &str, tasks: u64, width: usize) -> Line<'static> {
    let (loud, quiet) = (theme.status(state), theme.dim());
    let (symbol_style, text_style) = if tasks == 0 { (quiet, quiet) } else { (loud, Style::new()) };
    let number = count(tasks);
    let gap = width.saturating_sub(name.width() + number.width() + 4);
    Line::from(vec![
        Span::styled(format!(" {} ", status::symbol(state)), symbol_style),
        Span::styled(format!("{name}{}{number} ", " ".repeat(gap)), text_style),
    ])
}

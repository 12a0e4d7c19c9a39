//! The overview: the queue, the throughput, the pools, and what runs now.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

use super::{pools, queue, tasks, throughput};
use crate::state::State;

/// The columns that the queue takes.
const QUEUE_WIDTH: u16 = 25;

/// Draws the overview.
pub fn render(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let Some(overview) = &state.model().overview else { return };
    let top = queue::LINES + u16::from(area.height > 24) * 2;
    let workers = pools::lines(overview).min(area.height.saturating_sub(top) / 2);
    let heights = [Constraint::Length(top), Constraint::Length(workers), Constraint::Fill(1)];
    let [first, second, third] = Layout::vertical(heights).areas(area);
    let [left, right] =
        Layout::horizontal([Constraint::Length(QUEUE_WIDTH), Constraint::Fill(1)]).spacing(2).areas(first);
    queue::render(frame, left, state, &overview.queue);
    throughput::render(frame, right, state, overview.queue.pages);
    pools::render(frame, second, state, overview);
    tasks::render_active(frame, third, state);
}

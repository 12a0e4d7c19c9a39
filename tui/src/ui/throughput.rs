//! Pages a minute over time.

use chrono::TimeDelta;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::{RenderDirection, Sparkline};

use super::section;
use super::text::{count, counted, span};
use super::theme::Theme;
use crate::state::{BUCKET_SECONDS, State};

/// Draws the history of the throughput, the newest at the right edge.
pub fn render(frame: &mut Frame<'_>, area: Rect, state: &State, pages: u64) {
    let theme = Theme::of(state);
    let throughput = &state.model().throughput;
    let rate =
        throughput.rate().map_or_else(|| "measuring".to_owned(), |rate| format!("{}/min", counted(rate, "page")));
    let note = format!("{rate} · peak {} · {} in all", count(throughput.peak()), count(pages));
    let area = section::render(frame, area, theme, "Throughput", &note);
    let [graph, axis, _] =
        Layout::vertical([Constraint::Fill(1), Constraint::Length(1), Constraint::Length(1)]).areas(area);
    let points = throughput.history().rev().take(usize::from(graph.width));
    let sparkline = Sparkline::default()
        .data(points)
        .max(throughput.peak().max(1))
        .direction(RenderDirection::RightToLeft)
        .absent_value_symbol("·")
        .absent_value_style(theme.dim())
        .style(theme.bar());
    frame.render_widget(sparkline, graph);
    let shown = i64::from(graph.width) * i64::from(BUCKET_SECONDS);
    frame.render_widget(Line::styled(format!("{} ago", span(TimeDelta::seconds(shown))), theme.dim()), axis);
    frame.render_widget(Line::styled("now", theme.dim()).right_aligned(), axis);
}

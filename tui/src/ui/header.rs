//! The two lines at the top: which daemon, how fresh its word is, and which view.

use chrono::TimeDelta;
use d2d_api::NodeInfo;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::text::{bytes, counted, fit, span};
use super::theme::Theme;
use crate::state::{Frozen, LinkStatus, State, View};

/// Draws the top of the screen.
pub fn render(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let theme = Theme::of(state);
    let width = usize::from(area.width);
    let fresh = freshness(theme, state);
    let daemon = cut(identity(theme, state), width.saturating_sub(fresh.width() + 4));
    let tabs = tabs(theme, state);
    let trouble = cut(trouble(theme, state), width.saturating_sub(tabs.width() + 4));
    for (row, line) in area.rows().zip([apart(daemon, fresh, width), apart(tabs, trouble, width)]) {
        frame.render_widget(line, row);
    }
}

/// A line in at most `width` columns.
fn cut(line: Line<'static>, width: usize) -> Line<'static> {
    let mut left = width;
    let mut spans = Vec::with_capacity(line.spans.len());
    for span in line.spans {
        let part = Span::styled(fit(&span.content, left).into_owned(), line.style.patch(span.style));
        left -= part.width();
        spans.push(part);
    }
    Line::from(spans)
}

/// Two lines as one, at the left and the right edge, a column from it.
fn apart<'a>(left: Line<'a>, right: Line<'a>, width: usize) -> Line<'a> {
    let gap = width.saturating_sub(left.width() + right.width() + 2);
    let mut spans = vec![Span::raw(" ")];
    spans.extend(left.spans);
    spans.push(Span::raw(" ".repeat(gap)));
    spans.extend(right.spans.into_iter().map(|span| span.patch_style(right.style)));
    Line::from(spans)
}

fn identity(theme: Theme, state: &State) -> Line<'static> {
    let mut spans = vec![Span::styled("data2data", theme.title())];
    match &state.model().overview {
        Some(overview) => spans.extend(node(theme, state, &overview.node)),
        None => spans.push(Span::styled(format!("  {}", state.settings.target), theme.dim())),
    }
    Line::from(spans)
}

fn node(theme: Theme, state: &State, node: &NodeInfo) -> Vec<Span<'static>> {
    let up = span(state.daemon_time() - node.started_at);
    let facts = format!("  {} · up {up} · {}", node.version, bytes(node.rss_bytes));
    let mut spans = vec![Span::raw(format!("  {}", node.name)), Span::styled(facts, theme.dim())];
    if node.draining {
        spans.push(Span::styled("  draining: takes no new work", theme.warning()));
    }
    if state.settings.readonly {
        spans.push(Span::styled("  read-only", theme.dim()));
    }
    spans
}

fn freshness(theme: Theme, state: &State) -> Line<'static> {
    let data_age = state.link.staleness(state.now);
    if let (Some(Frozen { changes, .. }), None) = (&state.frozen, data_age) {
        let changes = counted(*changes as u64, "change");
        return Line::styled(format!("❚❚ frozen, {changes} since"), theme.warning());
    }
    let silence = data_age.map(|age| format!("no data for {}", span(age)));
    let doing = match &state.link.status {
        LinkStatus::Connected if silence.is_none() => return Line::styled("● live", theme.good()),
        LinkStatus::Connected => None,
        LinkStatus::Connecting => Some("connecting".to_owned()),
        LinkStatus::Disconnected { retry_at, .. } => Some(again(*retry_at - state.now)),
    };
    let style = if silence.is_some() { theme.bad() } else { theme.warning() };
    let text: Vec<String> = silence.into_iter().chain(doing).collect();
    Line::styled(format!("○ {}", text.join(", ")), style)
}

/// The wait until the next try, rounded up: never `in 0 s` while there is something to wait for.
fn again(wait: TimeDelta) -> String {
    let wait = (wait.num_milliseconds().max(0) + 999) / 1000;
    format!("trying again in {wait} s")
}

fn tabs(theme: Theme, state: &State) -> Line<'static> {
    let tasks = state.model().tasks.len();
    let view = state.view();
    let tab = |key: &'static str, name: String, current: bool| {
        let style = if current { theme.selected() } else { theme.dim() };
        [Span::styled(format!(" {key} {name} "), style), Span::raw(" ")]
    };
    let mut spans = Vec::new();
    spans.extend(tab("1", "Overview".to_owned(), view == View::Overview));
    spans.extend(tab("2", format!("Tasks {tasks}"), view == View::Tasks));
    if let View::Task(id) = view {
        spans.extend([
            Span::styled("›", theme.dim()),
            Span::styled(format!(" {} ", super::tasks::short(id)), theme.selected()),
        ]);
    }
    Line::from(spans)
}

/// Why the connection is down, when there is still something older to show; else it fills the screen.
fn trouble(theme: Theme, state: &State) -> Line<'static> {
    match &state.link.last_reason {
        Some(reason) if state.model().overview.is_some() => Line::styled(reason.clone(), theme.bad()),
        _ => Line::default(),
    }
}

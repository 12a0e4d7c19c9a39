//! The head of a region: its name, what is to be said of it, and a line to the edge.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use super::text::fit;
use super::theme::Theme;

/// Draws the head into the first line of `area`; returns the rest.
pub fn render(frame: &mut Frame<'_>, area: Rect, theme: Theme, title: &str, note: &str) -> Rect {
    let Rect { x, y, width, height } = area;
    if height == 0 {
        return area;
    }
    let columns = usize::from(width);
    let title = fit(title, columns.saturating_sub(3));
    let note = fit(note, columns.saturating_sub(title.width() + 5));
    let mut spans =
        vec![Span::styled("─ ", theme.dim()), Span::styled(title.into_owned(), theme.title()), Span::raw(" ")];
    if !note.is_empty() {
        spans.push(Span::styled(format!(" {note} "), theme.dim()));
    }
    let used: usize = spans.iter().map(Span::width).sum();
    spans.push(Span::styled("─".repeat(columns.saturating_sub(used)), theme.dim()));
    frame.render_widget(Line::from(spans), Rect { height: 1, ..area });
    Rect { x, y: y + 1, width, height: height - 1 }
}

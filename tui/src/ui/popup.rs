//! A frame in the middle of the screen, over what is there.

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Clear, Padding};

use super::theme::Theme;

/// Draws an empty frame for `lines` of `width` columns, as far as `area` has them; returns its inside.
pub fn render(frame: &mut Frame<'_>, area: Rect, theme: Theme, title: &str, width: u16, lines: usize) -> Rect {
    let height = u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(2);
    let outer = area.centered(Constraint::Length(width.saturating_add(4)), Constraint::Length(height));
    let block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.dim())
        .padding(Padding::horizontal(1))
        .title(Line::from(vec![Span::raw(" "), Span::styled(title.to_owned(), theme.title()), Span::raw(" ")]));
    let inner = block.inner(outer);
    frame.render_widget(Clear, outer);
    frame.render_widget(block, outer);
    inner
}

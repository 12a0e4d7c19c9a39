//! The last line: the filter being written, a notice, or the keys worth knowing here.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::text::{clean, fit};
use super::theme::Theme;
use crate::keys;
use crate::state::{Notice, NoticeKind, Prompt, State};

/// Draws the last line.
pub fn render(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let theme = Theme::of(state);
    let line = match (&state.prompt, &state.notice) {
        (Some(Prompt::Filter { .. }), _) => filter(theme, state, usize::from(area.width)),
        (_, Some(notice)) => said(theme, notice, usize::from(area.width)),
        _ => hints(theme, state, usize::from(area.width)),
    };
    frame.render_widget(line, area);
}

/// The keys of the current context that have a word for this line. The last two, help and leaving, are always there;
/// of those before them as many as fit.
#[must_use]
pub fn hints(theme: Theme, state: &State, width: usize) -> Line<'static> {
    let bindings = keys::bindings(state.context(), state.settings.readonly);
    let mut hints: Vec<[Span<'static>; 2]> = bindings
        .filter_map(|binding| Some((binding.keys.first()?, binding.hint?)))
        .map(|(key, hint)| {
            [Span::styled(format!(" {key}"), theme.key()), Span::styled(format!(" {hint}  "), theme.dim())]
        })
        .collect();
    let columns = |hints: &[[Span<'_>; 2]]| hints.iter().flatten().map(Span::width).sum::<usize>();
    while hints.len() > 2 && columns(&hints) > width {
        hints.remove(hints.len() - 3);
    }
    hints.into_iter().flatten().collect()
}

fn said(theme: Theme, notice: &Notice, width: usize) -> Line<'static> {
    let symbol = match notice.kind {
        NoticeKind::Done => "✓",
        NoticeKind::Refused => "!",
        NoticeKind::Failed => "✗",
    };
    let text = format!(" {symbol} {}", notice.text);
    Line::styled(fit(&text, width).into_owned(), theme.notice(notice.kind))
}

fn filter(theme: Theme, state: &State, width: usize) -> Line<'static> {
    let written = clean(&state.list.filter).into_owned();
    let found = format!("  {} of {}", state.list.rows().len(), state.model().tasks.len());
    let mut spans = vec![Span::styled(" /", theme.key())];
    if written.is_empty() {
        spans.push(Span::styled(" ", theme.selected()));
        spans.push(Span::styled("name, owner, file, id or status", theme.dim()));
    } else {
        spans.push(Span::raw(tail(&written, width.saturating_sub(40))));
        spans.push(Span::styled(" ", theme.selected()));
    }
    spans.push(Span::styled(found, theme.dim()));
    spans.push(Span::raw("  "));
    let used: usize = spans.iter().map(Span::width).sum();
    spans.extend(hints(theme, state, width.saturating_sub(used)).spans);
    Line::from(spans)
}

/// The end of a text, where the writing goes on.
fn tail(text: &str, width: usize) -> String {
    let skipped = text.chars().count().saturating_sub(width.max(1));
    text.chars().skip(skipped).collect()
}

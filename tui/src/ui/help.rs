//! The keys and what they do, made from the table of keys.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::popup;
use super::theme::Theme;
use crate::keys::{Binding, Group, Key, TABLE};
use crate::state::State;

/// The columns of the keys, and of a whole entry.
const KEYS_WIDTH: usize = 10;
const ENTRY_WIDTH: u16 = 36;

/// Draws the help in as many columns as there is room for, at most two.
pub fn render(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let theme = Theme::of(state);
    let groups: Vec<Vec<Line<'_>>> =
        TABLE.iter().filter_map(|group| lines(theme, group, state.settings.readonly)).collect();
    let columns = if area.width >= 2 * ENTRY_WIDTH + 6 { in_two(groups) } else { vec![groups.concat()] };
    let height = columns.iter().map(Vec::len).max().unwrap_or_default();
    let number = u16::try_from(columns.len()).unwrap_or(1);
    let inner = popup::render(frame, area, theme, "Keys", number * (ENTRY_WIDTH + 2) - 2, height);
    let areas = Layout::horizontal(vec![Constraint::Fill(1); columns.len()]).spacing(2).split(inner);
    for (area, column) in areas.iter().zip(columns) {
        for (row, line) in area.rows().zip(column) {
            frame.render_widget(line, row);
        }
    }
}

/// The lines of a group: its title and its keys; none if no key is left.
fn lines(theme: Theme, group: &Group, readonly: bool) -> Option<Vec<Line<'static>>> {
    let bindings: Vec<_> = group.bindings.iter().filter(|binding| !(readonly && binding.writes)).collect();
    (!bindings.is_empty()).then(|| {
        let title = Line::styled(group.title, theme.title());
        std::iter::once(title).chain(bindings.into_iter().map(|binding| entry(theme, binding))).collect()
    })
}

fn entry(theme: Theme, binding: &Binding) -> Line<'static> {
    let keys: Vec<String> = binding.keys.iter().map(Key::to_string).collect();
    let keys = keys.join(" ");
    let gap = KEYS_WIDTH.saturating_sub(Span::raw(&keys).width());
    Line::from(vec![Span::styled(keys, theme.key()), Span::raw(" ".repeat(gap)), Span::raw(binding.help)])
}

/// Groups in two columns of about the same height.
fn in_two(groups: Vec<Vec<Line<'_>>>) -> Vec<Vec<Line<'_>>> {
    let all: usize = groups.iter().map(Vec::len).sum();
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for group in groups {
        let fits_left = right.is_empty() && left.len() + group.len() <= all.div_ceil(2) + 1;
        if fits_left { left.extend(group) } else { right.extend(group) }
    }
    vec![left, right]
}

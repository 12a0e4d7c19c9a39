//! The question before tasks are cancelled.

use d2d_api::TaskId;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::text::{counted, fit};
use super::theme::Theme;
use super::{footer, popup, progress, status, tasks};
use crate::state::{State, task_name};

const WIDTH: u16 = 60;
/// Tasks that are named; of more only the number is told.
const NAMED: usize = 8;

/// Draws the question, naming the tasks.
pub fn render(frame: &mut Frame<'_>, area: Rect, state: &State, asked: &[TaskId], ended: usize) {
    let theme = Theme::of(state);
    let title = match asked.len() {
        1 => "Cancel this task?".to_owned(),
        number => format!("Cancel {}?", counted(number as u64, "task")),
    };
    let lines = lines(theme, state, asked, ended, usize::from(WIDTH));
    let inner = popup::render(frame, area, theme, &title, WIDTH, lines.len());
    for (row, line) in inner.rows().zip(lines) {
        frame.render_widget(line, row);
    }
}

fn lines(theme: Theme, state: &State, asked: &[TaskId], ended: usize, width: usize) -> Vec<Line<'static>> {
    let mut lines: Vec<_> = asked.iter().take(NAMED).map(|id| named(theme, state, *id, width)).collect();
    if let Some(more @ 1..) = asked.len().checked_sub(NAMED) {
        lines.push(Line::styled(format!("… and {more} more"), theme.dim()));
    }
    lines.push(Line::default());
    let consequence = if asked.len() == 1 {
        "It stops at once and gives no result."
    } else {
        "They stop at once and give no result."
    };
    lines.push(Line::raw(consequence));
    match ended {
        0 => {}
        1 => lines.push(Line::styled("1 marked task has ended and is left alone.", theme.dim())),
        ended => lines.push(Line::styled(format!("{ended} marked tasks have ended and are left alone."), theme.dim())),
    }
    lines.extend([Line::default(), footer::hints(theme, state, width)]);
    lines
}

fn named(theme: Theme, state: &State, id: TaskId, width: usize) -> Line<'static> {
    let Some(task) = state.task(id) else { return Line::raw(id.to_string()) };
    let facts = format!("  {} · {} · {}%", task.owner, tasks::short(id), progress::percent(task.progress));
    let facts = fit(&facts, width / 2).into_owned();
    let symbol = Span::styled(format!("{} ", status::symbol(task.status)), theme.status(task.status));
    let room = width.saturating_sub(symbol.width() + Span::raw(&facts).width());
    let name = Span::styled(fit(&task_name(task), room).into_owned(), theme.title());
    Line::from(vec![symbol, name, Span::styled(facts, theme.dim())])
}

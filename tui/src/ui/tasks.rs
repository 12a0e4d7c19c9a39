//! The table of tasks.

use chrono::TimeDelta;
use d2d_api::{OpsTask, TaskId, TaskStatus};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::table::{Column, Grid};
use super::text::{age, bytes, counted};
use super::theme::Theme;
use super::{empty, progress, section, status};
use crate::state::{Sort, State, task_name};

/// Lines above the first task.
pub const HEAD_LINES: u16 = 2;

#[derive(Debug, Clone, Copy)]
enum Cell {
    Mark,
    Status,
    Name,
    Owner,
    Progress,
    Pages,
    Message,
    Size,
    Service,
    Id,
    Age,
}

const COLUMNS: [Column<Cell>; 11] = [
    Column::left(Cell::Mark, "", 1),
    Column::left(Cell::Status, "status", 11),
    Column::rest(Cell::Name, "name", 1),
    Column::left(Cell::Owner, "owner", 9).from(50),
    Column::left(Cell::Progress, "progress", 13).from(40),
    Column::right(Cell::Pages, "pages", 9).from(70),
    Column::rest(Cell::Message, "message", 1).from(120),
    Column::right(Cell::Size, "size", 8).from(110),
    Column::left(Cell::Service, "service", 8).from(130),
    Column::left(Cell::Id, "id", 8).from(90),
    Column::right(Cell::Age, "age", 4).from(30),
];

/// Draws the list of all tasks.
pub fn render(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let theme = Theme::of(state);
    let rest = section::render(frame, area, theme, "Tasks", &note(state));
    if state.list.rows().is_empty() {
        return empty::render(frame, rest, theme, &nothing(state));
    }
    let grid = Grid::new(&COLUMNS, rest.width);
    let head = grid.head(theme, |cell, title| head(state, cell, title));
    let tasks = state.list.in_sight().iter().filter_map(|id| state.task(*id));
    let lines = std::iter::once(head).chain(tasks.map(|task| {
        let line = row(theme, state, &grid, task);
        if state.list.selected() == Some(task.id) { selected(theme, line) } else { line }
    }));
    for (row, line) in rest.rows().zip(lines) {
        frame.render_widget(line, row);
    }
}

/// Draws the tasks that are not ended, those that run first: a part of the overview.
pub fn render_active(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let theme = Theme::of(state);
    let mut active: Vec<_> = state.model().tasks.values().filter(|task| !task.status.is_terminal()).collect();
    active.sort_by(|a, b| Sort::Activity.compare(a, b));
    let area = section::render(frame, area, theme, "Active tasks", &hidden(active.len(), area.height));
    if active.is_empty() {
        return empty::render(frame, area, theme, &nothing(state));
    }
    let grid = Grid::new(&COLUMNS, area.width);
    let head = grid.head(theme, |_, title| title.to_owned());
    let lines = std::iter::once(head).chain(active.into_iter().map(|task| row(theme, state, &grid, task)));
    for (row, line) in area.rows().zip(lines) {
        frame.render_widget(line, row);
    }
}

/// The end of an identifier, which tells tasks apart; its beginning is the time they were made.
#[must_use]
pub fn short(id: TaskId) -> String {
    let mut text = id.to_string();
    text.split_off(text.len() - 8)
}

fn hidden(active: usize, height: u16) -> String {
    let shown = usize::from(height.saturating_sub(HEAD_LINES));
    if active > shown { format!("{active} · the first {shown} here · 2 lists all") } else { String::new() }
}

fn note(state: &State) -> String {
    let (list, all) = (&state.list, state.model().tasks.len());
    let listed = list.rows().len();
    let mut parts = vec![if listed == all { counted(all as u64, "task") } else { format!("{listed} of {all}") }];
    if list.in_sight().len() < listed {
        parts.push(format!("{}–{} in sight", list.offset() + 1, list.offset() + list.in_sight().len()));
    }
    if !list.filter.is_empty() {
        parts.push(format!("filter `{}`", list.filter));
    }
    if !list.marks.is_empty() {
        parts.push(format!("{} marked", list.marks.len()));
    }
    let order = if list.reversed { " reversed" } else { "" };
    parts.push(format!("by {}{order}", list.sort.name()));
    parts.join(" · ")
}

fn nothing(state: &State) -> String {
    let any = !state.model().tasks.is_empty();
    match (any, state.list.filter.is_empty()) {
        (true, false) if state.list.rows().is_empty() => {
            format!("no task has `{}`: Esc drops the filter", state.list.filter)
        }
        (true, _) => "all tasks have ended".to_owned(),
        (false, _) => "no task yet: d2d convert FILE ...".to_owned(),
    }
}

/// The name of a column, with an arrow at the one that the list is in the order of.
fn head(state: &State, cell: Cell, title: &'static str) -> String {
    let sort = match cell {
        Cell::Status => Sort::Activity,
        Cell::Name => Sort::Name,
        Cell::Owner => Sort::Owner,
        Cell::Progress => Sort::Progress,
        Cell::Age => Sort::Age,
        _ => return title.to_owned(),
    };
    if state.list.sort != sort {
        return title.to_owned();
    }
    format!("{title}{}", if state.list.reversed { "▲" } else { "▼" })
}

fn row<'a>(theme: Theme, state: &State, grid: &Grid<Cell>, task: &'a OpsTask) -> Line<'a> {
    let ended = task.status.is_terminal();
    let quiet = if ended { theme.dim() } else { Style::new() };
    grid.line(|cell, width| match cell {
        Cell::Mark if state.list.marks.contains(&task.id) => Line::styled("◆", theme.mark()),
        Cell::Mark => Line::default(),
        Cell::Status => Line::styled(
            format!("{} {}", status::symbol(task.status), status::word(task.status)),
            theme.status(task.status),
        ),
        Cell::Name => Line::styled(task_name(task), quiet),
        Cell::Owner => Line::styled(task.owner.as_str(), quiet),
        Cell::Progress => progress_cell(theme, task, width),
        Cell::Pages => Line::styled(pages(task), quiet),
        Cell::Message => Line::styled(message(task), quiet),
        Cell::Size => Line::styled(bytes(task.bytes), theme.dim()),
        Cell::Service => Line::styled(task.service.as_str(), theme.dim()),
        Cell::Id => Line::styled(short(task.id), theme.dim()),
        Cell::Age => Line::styled(age(since(state, task)), theme.dim()),
    })
}

fn since(state: &State, task: &OpsTask) -> TimeDelta {
    state.daemon_time() - task.created_at
}

/// A bar while it runs, the bare number of what was reached once it has ended, nothing before it began.
fn progress_cell(theme: Theme, task: &OpsTask, width: usize) -> Line<'static> {
    let number = format!("{:>5}", format!("{}%", progress::percent(task.progress)));
    let room = width.saturating_sub(5);
    match task.status {
        TaskStatus::Execution => {
            let [done, rest] = progress::bar(theme, task.progress, room);
            Line::from(vec![done, rest, Span::raw(number)])
        }
        _ if task.progress <= 0.0 => Line::default(),
        _ => Line::styled(format!("{}{number}", " ".repeat(room)), theme.dim()),
    }
}

fn pages(task: &OpsTask) -> String {
    match (task.pages.total, task.pages.done) {
        (0, _) => String::new(),
        (total, done) if done == total => total.to_string(),
        (total, done) => format!("{done}/{total}"),
    }
}

fn message(task: &OpsTask) -> &str {
    task.error.as_ref().map_or(&task.message, |error| &error.detail)
}

/// The selected line in one style: colours under a turned style would be a patchwork.
fn selected(theme: Theme, line: Line<'_>) -> Line<'_> {
    let spans: Vec<_> = line.spans.into_iter().map(|span| Span::styled(span.content, theme.selected())).collect();
    Line::from(spans)
}

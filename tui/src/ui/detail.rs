//! One task: its facts and times, why it failed, who reads it now, its files.

use chrono::{DateTime, TimeDelta, Utc};
use d2d_api::{OpsTask, TaskError, TaskId};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::text::{bytes, counted, fit, span, wrap};
use super::theme::Theme;
use super::{empty, progress, section, status};
use crate::state::{State, task_name};

/// From this width the files stand beside the facts instead of below.
const WIDE: u16 = 110;
/// The columns of the names of facts.
const NAME_WIDTH: usize = 12;
const BAR_WIDTH: usize = 30;

/// Draws one task.
pub fn render(frame: &mut Frame<'_>, area: Rect, state: &State, id: TaskId) {
    let theme = Theme::of(state);
    let Some(task) = state.task(id) else {
        return empty::render(frame, area, theme, "this task is gone: Esc goes back to the others");
    };
    let facts = if area.width >= WIDE {
        let [left, right] = Layout::horizontal([Constraint::Fill(1); 2]).spacing(3).areas(area);
        render_files(frame, right, state, task);
        left
    } else {
        area
    };
    let rest = render_facts(frame, facts, theme, state, task);
    let rest = render_error(frame, rest, theme, task.error.as_ref());
    let rest = render_readers(frame, rest, theme, state, id);
    if area.width < WIDE {
        render_files(frame, rest, state, task);
    }
}

fn render_facts(frame: &mut Frame<'_>, area: Rect, theme: Theme, state: &State, task: &OpsTask) -> Rect {
    let area = section::render(frame, area, theme, &task_name(task), "");
    let text = |text: &str| vec![Span::raw(fit(text, usize::from(area.width)).into_owned())];
    let attempt = if task.attempt > 1 { format!(", attempt {}", task.attempt) } else { String::new() };
    let lines = vec![
        fact(theme, "id", text(&task.id.to_string())),
        fact(
            theme,
            "status",
            vec![
                Span::styled(format!("{} {}", status::symbol(task.status), task.status), theme.status(task.status)),
                Span::raw(attempt),
            ],
        ),
        fact(theme, "message", text(&task.message)),
        fact(theme, "progress", progress_line(theme, task)),
        fact(theme, "owner", text(&format!("{} · service {} · priority {}", task.owner, task.service, task.priority))),
        Line::default(),
        time(theme, state, "registered", Some(task.created_at), None),
        time(theme, state, "queued", task.queued_at, Some(("uploaded in", task.created_at))),
        time(theme, state, "started", task.started_at, task.queued_at.map(|queued| ("waited", queued))),
        time(theme, state, "finished", task.finished_at, task.started_at.map(|started| ("took", started))),
        Line::default(),
    ];
    below(frame, area, lines)
}

fn render_error(frame: &mut Frame<'_>, area: Rect, theme: Theme, error: Option<&TaskError>) -> Rect {
    let Some(error) = error else { return area };
    let place = match (&error.file, error.page) {
        (Some(file), Some(page)) => format!("{}, {file}, page {page}", error.code),
        (Some(file), None) => format!("{}, {file}", error.code),
        (None, _) => error.code.to_string(),
    };
    let area = section::render(frame, area, theme, "Error", &place);
    let width = usize::from(area.width.saturating_sub(2));
    let lines = wrap(&error.detail, width).into_iter().map(|line| Line::styled(format!(" {line}"), theme.bad()));
    below(frame, area, lines.chain([Line::default()]).collect())
}

fn render_readers(frame: &mut Frame<'_>, area: Rect, theme: Theme, state: &State, id: TaskId) -> Rect {
    let lines: Vec<_> = state
        .model()
        .readers(id)
        .filter_map(|(pool, worker)| Some((pool, worker, worker.reading.as_ref()?)))
        .map(|(pool, worker, reading)| {
            let page = if reading.page == 0 { "whole".to_owned() } else { format!("page {}", reading.page) };
            let since = span(state.daemon_time() - reading.since);
            let text = format!(" {} worker {}: {page} of {} for {since}", pool.service, worker.index, reading.file);
            Line::raw(fit(&text, usize::from(area.width)).into_owned())
        })
        .collect();
    if lines.is_empty() {
        return area;
    }
    let area = section::render(frame, area, theme, "Read now", "");
    below(frame, area, lines.into_iter().chain([Line::default()]).collect())
}

fn render_files(frame: &mut Frame<'_>, area: Rect, state: &State, task: &OpsTask) {
    let theme = Theme::of(state);
    let size = bytes(task.bytes);
    let area =
        section::render(frame, area, theme, "Files", &format!("{}, {size}", counted(task.files.len() as u64, "file")));
    if task.files.is_empty() {
        return empty::render(frame, area, theme, "no file yet");
    }
    let room = usize::from(area.height);
    let first = state.first_file.min(task.files.len().saturating_sub(room.max(1)));
    let digits = task.files.len().to_string().len();
    for (row, (at, file)) in area.rows().zip(task.files.iter().enumerate().skip(first)) {
        let name = fit(file, usize::from(area.width).saturating_sub(digits + 3)).into_owned();
        let number = Span::styled(format!(" {:>digits$}  ", at + 1), theme.dim());
        frame.render_widget(Line::from(vec![number, Span::raw(name)]), row);
    }
}

/// Draws lines at the top of `area`; returns what is below them.
fn below(frame: &mut Frame<'_>, area: Rect, lines: Vec<Line<'_>>) -> Rect {
    let used = u16::try_from(lines.len()).unwrap_or(u16::MAX).min(area.height);
    for (row, line) in area.rows().zip(lines) {
        frame.render_widget(line, row);
    }
    Rect { y: area.y + used, height: area.height - used, ..area }
}

fn fact<'a>(theme: Theme, name: &str, value: Vec<Span<'a>>) -> Line<'a> {
    let name = Span::styled(format!(" {name:<NAME_WIDTH$}"), theme.dim());
    std::iter::once(name).chain(value).collect()
}

fn progress_line(theme: Theme, task: &OpsTask) -> Vec<Span<'static>> {
    let [done, rest] = progress::bar(theme, task.progress, BAR_WIDTH);
    let pages = match task.pages.total {
        0 => "pages not counted yet".to_owned(),
        total => format!("{} of {}", task.pages.done, counted(u64::from(total), "page")),
    };
    let failed = match task.pages.failed {
        0 => Span::default(),
        failed => Span::styled(format!(", {failed} failed"), theme.bad()),
    };
    vec![
        done,
        rest,
        Span::raw(format!("  {}%", progress::percent(task.progress))),
        Span::styled(format!("  {pages}"), theme.dim()),
        failed,
    ]
}

/// When something happened, how long ago, and how long it took from what was before.
fn time(
    theme: Theme,
    state: &State,
    name: &str,
    at: Option<DateTime<Utc>>,
    before: Option<(&str, DateTime<Utc>)>,
) -> Line<'static> {
    let Some(at) = at else { return fact(theme, name, vec![Span::styled("-", theme.dim())]) };
    let clock = at.with_timezone(&state.settings.zone).format("%Y-%m-%d %H:%M:%S");
    let ago = span(state.daemon_time() - at);
    let took = before.map_or_else(String::new, |(word, before)| format!(", {word} {}", took(at - before)));
    fact(
        theme,
        name,
        vec![Span::styled(clock.to_string(), Style::new()), Span::styled(format!("  {ago} ago{took}"), theme.dim())],
    )
}

/// A time span that may be short: under ten seconds with a tenth.
#[expect(clippy::cast_precision_loss, reason = "below ten seconds")]
fn took(time: TimeDelta) -> String {
    match time.num_milliseconds() {
        ms @ 0..10_000 => format!("{:.1} s", ms as f64 / 1000.0),
        _ => span(time),
    }
}

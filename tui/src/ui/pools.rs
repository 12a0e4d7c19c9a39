//! The worker pools: what each worker does and reads now.

use d2d_api::{Overview, Pool, PoolWorker, WorkerState};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::table::{Column, Grid};
use super::text::{age, bytes, count, counted};
use super::theme::Theme;
use super::{empty, section, status};
use crate::state::State;

#[derive(Debug, Clone, Copy)]
enum Cell {
    Number,
    State,
    Reads,
    Since,
    Pages,
    Memory,
    Process,
    Restarts,
}

const COLUMNS: [Column<Cell>; 8] = [
    Column::right(Cell::Number, "#", 3),
    Column::left(Cell::State, "worker", 13),
    Column::rest(Cell::Reads, "reads now", 1),
    Column::right(Cell::Since, "for", 4),
    Column::right(Cell::Pages, "pages", 7).from(60),
    Column::right(Cell::Memory, "memory", 8).from(70),
    Column::right(Cell::Process, "pid", 8).from(110),
    Column::right(Cell::Restarts, "restarts", 8).from(78),
];

/// The lines that all pools take: a head, the names of the columns, the workers, and one to breathe.
#[must_use]
pub fn lines(overview: &Overview) -> u16 {
    overview.pools.iter().map(wanted).fold(0, u16::saturating_add).max(3)
}

fn wanted(pool: &Pool) -> u16 {
    u16::try_from(pool.workers.len()).unwrap_or(u16::MAX).max(1).saturating_add(3)
}

/// Draws the pools one below the other; when they don't all fit, each gives up some of its workers.
pub fn render(frame: &mut Frame<'_>, area: Rect, state: &State, overview: &Overview) {
    let theme = Theme::of(state);
    if overview.pools.is_empty() {
        let area = section::render(frame, area, theme, "Pools", "");
        return empty::render(frame, area, theme, "no pool is running");
    }
    let mut rest = area;
    for (at, pool) in overview.pools.iter().enumerate() {
        let pools_left = u16::try_from(overview.pools.len() - at).unwrap_or(u16::MAX);
        let height = if lines(overview) <= area.height { wanted(pool) } else { rest.height / pools_left };
        let height = height.min(rest.height);
        render_pool(frame, Rect { height, ..rest }, state, pool);
        rest = Rect { y: rest.y + height, height: rest.height - height, ..rest };
    }
}

fn render_pool(frame: &mut Frame<'_>, area: Rect, state: &State, pool: &Pool) {
    let theme = Theme::of(state);
    let area = section::render(frame, area, theme, &format!("Pool {}", pool.service), &note(pool));
    let grid = Grid::new(&COLUMNS, area.width);
    let room = usize::from(area.height.saturating_sub(2));
    let mut lines = vec![grid.head(theme, |_, title| title.to_owned())];
    lines.extend(most_telling(pool, room).into_iter().map(|worker| row(theme, state, &grid, worker)));
    let hidden = pool.workers.len().saturating_sub(room);
    if hidden > 0 {
        lines.push(Line::styled(format!("  … and {}", counted(hidden as u64, "more worker")), theme.dim()));
    }
    for (row, line) in area.rows().zip(lines) {
        frame.render_widget(line, row);
    }
}

fn note(pool: &Pool) -> String {
    let busy = pool.workers.iter().filter(|worker| worker.state == WorkerState::Busy).count();
    let workers = counted(pool.workers.len() as u64, "worker");
    format!("{workers} · {busy} busy · {} waiting", counted(pool.waiting, "page"))
}

/// The workers that are shown in `room` lines: all in order, or the working ones first when there are too many.
fn most_telling(pool: &Pool, room: usize) -> Vec<&PoolWorker> {
    let mut workers: Vec<_> = pool.workers.iter().collect();
    if workers.len() > room {
        workers.sort_by_key(|worker| match worker.state {
            WorkerState::BackingOff => 0,
            WorkerState::Busy => 1,
            WorkerState::Starting => 2,
            WorkerState::Idle => 3,
            WorkerState::Stopped => 4,
        });
        workers.truncate(room);
        workers.sort_by_key(|worker| worker.index);
    }
    workers
}

fn row<'a>(theme: Theme, state: &State, grid: &Grid<Cell>, worker: &'a PoolWorker) -> Line<'a> {
    grid.line(|cell, _| match cell {
        Cell::Number => Line::styled(worker.index.to_string(), theme.dim()),
        Cell::State => {
            let (symbol, name) = status::worker(worker.state);
            Line::styled(format!("{symbol} {name}"), theme.worker(worker.state))
        }
        Cell::Reads => reads(theme, worker),
        Cell::Since => Line::from(
            worker.reading.as_ref().map_or_else(String::new, |reading| age(state.daemon_time() - reading.since)),
        ),
        Cell::Pages => Line::from(count(worker.pages)),
        Cell::Memory if worker.rss_bytes == 0 => Line::styled("-", theme.dim()),
        Cell::Memory => Line::from(bytes(worker.rss_bytes)),
        Cell::Process => Line::styled(worker.pid.map_or_else(|| "-".to_owned(), |pid| pid.to_string()), theme.dim()),
        Cell::Restarts if worker.restarts == 0 => Line::styled("0", theme.dim()),
        Cell::Restarts => Line::styled(count(worker.restarts), theme.warning()),
    })
}

/// What a worker reads, the page first: it is what changes, and must not be cut off.
fn reads(theme: Theme, worker: &PoolWorker) -> Line<'_> {
    let Some(reading) = &worker.reading else { return Line::default() };
    let page = if reading.page == 0 { "whole ".to_owned() } else { format!("p. {} ", reading.page) };
    Line::from(vec![Span::styled(page, theme.dim()), Span::raw(reading.file.as_str())])
}

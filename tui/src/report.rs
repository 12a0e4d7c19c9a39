//! One overview on standard output, for scripts and quick looks.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use chrono::{DateTime, Utc};
use d2d_api::{Overview, Pool, PoolWorker, WorkerState};

use crate::ui::{bytes, clean, count, fit, span};

/// Prints an overview, as JSON or for people.
///
/// # Errors
/// If standard output can't be written.
pub fn print(overview: &Overview, json: bool) -> anyhow::Result<()> {
    let text = if json { serde_json::to_string_pretty(overview)? } else { text(overview, Utc::now()) };
    let mut out = io::stdout().lock();
    match writeln!(out, "{}", text.trim_end()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => Ok(result?),
    }
}

fn text(overview: &Overview, now: DateTime<Utc>) -> String {
    let Overview { node, queue, pools } = overview;
    let draining = if node.draining { "  draining" } else { "" };
    let mut text = format!(
        "{}  {}  pid {}  up {}  {}{draining}\n\n",
        clean(&node.name),
        node.version,
        node.pid,
        span(now - node.started_at),
        bytes(node.rss_bytes),
    );
    let counts = [
        ("awaiting files", queue.awaiting_files),
        ("queued", queue.queued),
        ("execution", queue.execution),
        ("success", queue.succeeded),
        ("failure", queue.failed),
        ("cancelled", queue.cancelled),
        ("pages read", queue.pages),
    ];
    for (name, number) in counts {
        // Writing to a String can't fail.
        let _ = writeln!(text, "{name:<16}{:>10}", count(number));
    }
    for pool in pools {
        text.push_str(&pool_text(pool, now));
    }
    text
}

fn pool_text(pool: &Pool, now: DateTime<Utc>) -> String {
    let mut text = format!("\npool {}, {} waiting\n", pool.service, count(pool.waiting));
    for worker in &pool.workers {
        let line = format!(
            "{:>4}  {:<12}{:>10} pages{:>10}  {}",
            worker.index,
            state(worker.state),
            count(worker.pages),
            bytes(worker.rss_bytes),
            reads(worker, now),
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

fn state(state: WorkerState) -> &'static str {
    match state {
        WorkerState::Stopped => "stopped",
        WorkerState::Starting => "starting",
        WorkerState::Idle => "idle",
        WorkerState::Busy => "busy",
        WorkerState::BackingOff => "backing off",
    }
}

fn reads(worker: &PoolWorker, now: DateTime<Utc>) -> String {
    worker.reading.as_ref().map_or_else(String::new, |reading| {
        format!("page {} of {}, for {}", reading.page, fit(&reading.file, 60), span(now - reading.since))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{at, overview};

    #[test]
    fn an_overview_is_readable() {
        insta::assert_snapshot!(text(&overview(1_204), at(0)));
    }
}

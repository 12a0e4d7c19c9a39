//! The figures, as a table.

use std::time::Duration;

use anyhow::{Context, Result};
use d2d_tests::harness::Daemon;

use super::run::Life;

pub(super) fn head() {
    println!("| clients | tasks/s | queued to execution p50 | p99 | whole task p50 | p99 | processor time a task |");
    println!("|---|---|---|---|---|---|---|");
}

pub(super) fn row(clients: usize, time: Duration, lives: &[Life], processor: Duration) {
    let (waited, whole) = (sorted(lives, |life| life.waited), sorted(lives, |life| life.whole));
    println!(
        "| {clients} | {:.0} | {} | {} | {} | {} | {} |",
        lives.len() as f64 / time.as_secs_f64(),
        millis(percentile(&waited, 50)),
        millis(percentile(&waited, 99)),
        millis(percentile(&whole, 50)),
        millis(percentile(&whole, 99)),
        millis(processor / u32::try_from(lives.len().max(1)).unwrap_or(u32::MAX)),
    );
}

/// What the daemon holds in the end.
pub(super) fn memory(daemon: &Daemon) -> Result<()> {
    let id = daemon.id().context("the daemon does not run")?;
    let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    let lines = status.lines().filter(|line| line.starts_with("VmRSS") || line.starts_with("VmHWM"));
    println!("\n{}", lines.collect::<Vec<_>>().join(", ").replace('\t', " "));
    Ok(())
}

fn sorted(lives: &[Life], which: impl Fn(&Life) -> Duration) -> Vec<Duration> {
    let mut sorted: Vec<_> = lives.iter().map(which).collect();
    sorted.sort_unstable();
    sorted
}

fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    sorted.get(sorted.len().saturating_sub(1) * percent / 100).copied().unwrap_or_default()
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

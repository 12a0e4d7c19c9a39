//! Points at which a test can end the process, or let a step fail: before and after every transaction, and every write,
//! sync, rename and removal of a file.
//!
//! They exist only where the crate `fail` is built with its feature `failpoints`. The tests ask for it, so that is in builds of
//! the whole workspace; in a build of the daemon alone a point is nothing. Where they exist they do nothing unless the
//! environment tells them to:
//!
//! - `FAILPOINTS` has `POINT=ACTION`, several parted by `;`. `kill(N)` ends the process by SIGKILL when the point is reached
//!   for the N-th time, and with `any` for POINT at the N-th point of whatever name. All else is an action of the crate `fail`;
//!   `return(ERRNO)` lets the step fail with that error of the system.
//! - `FAILPOINTS_SEEN` names a file that gets the name of each point, in a line of its own, when it is first reached.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use rustix::process::{Signal, getpid, kill_process};

/// The point before a step: the step fails if this does.
pub(crate) fn before(step: &str) -> io::Result<()> {
    if fail::has_failpoints() { reach(&format!("before {step}")) } else { Ok(()) }
}

/// The point after a step that has succeeded.
pub(crate) fn after(step: &str) {
    if fail::has_failpoints() {
        // What is done can't fail any more.
        let _ = reach(&format!("after {step}"));
    }
}

/// Does a step between its points.
pub(crate) fn around<T>(step: &str, work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    before(step)?;
    let done = work()?;
    after(step);
    Ok(done)
}

fn reach(point: &str) -> io::Result<()> {
    static PLAN: OnceLock<Plan> = OnceLock::new();
    PLAN.get_or_init(Plan::read).reach(point);
    fail::fail_point!(point, |errno| Err(told(errno.as_deref())));
    Ok(())
}

fn told(errno: Option<&str>) -> io::Error {
    match errno.and_then(|errno| errno.parse().ok()) {
        Some(errno) => io::Error::from_raw_os_error(errno),
        None => io::Error::other("told to fail"),
    }
}

/// What the environment says.
#[derive(Default)]
struct Plan {
    /// At which points the process ends, and how often they are still to be reached before.
    kills: HashMap<String, AtomicU64>,
    seen: Option<Mutex<Seen>>,
}

struct Seen {
    points: HashSet<String>,
    file: File,
}

impl Plan {
    fn read() -> Self {
        let mut plan = Self::default();
        for (point, action) in std::env::var("FAILPOINTS").unwrap_or_default().split(';').filter_map(split) {
            tracing::warn!(point, action, "a failpoint is set: this daemon is for tests");
            match action.strip_prefix("kill(").and_then(|rest| rest.strip_suffix(')')?.parse().ok()) {
                Some(times) => drop(plan.kills.insert(point.to_owned(), AtomicU64::new(times))),
                None => set(point, action),
            }
        }
        if let Some(path) = std::env::var_os("FAILPOINTS_SEEN")
            && let Ok(file) = File::options().create(true).append(true).open(path)
        {
            plan.seen = Some(Mutex::new(Seen { points: HashSet::new(), file }));
        }
        plan
    }

    fn reach(&self, point: &str) {
        if let Some(seen) = &self.seen {
            let Seen { points, file } = &mut *seen.lock().unwrap_or_else(PoisonError::into_inner);
            if points.insert(point.to_owned()) {
                let _ = writeln!(file, "{point}");
            }
        }
        let due = |point| self.kills.get(point).is_some_and(|left| left.fetch_sub(1, Ordering::SeqCst) == 1);
        if due(point) || due("any") {
            let _ = kill_process(getpid(), Signal::KILL);
        }
    }
}

fn split(setting: &str) -> Option<(&str, &str)> {
    let (point, action) = setting.split_once('=')?;
    Some((point.trim(), action.trim()))
}

fn set(point: &str, action: &str) {
    if let Err(error) = fail::cfg(point, action) {
        tracing::error!(point, action, error, "no such action: the failpoint is not set");
    }
}

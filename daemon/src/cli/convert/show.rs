//! Progress, as a person sees it: bars on a terminal, a line for each step elsewhere.

use std::io::{IsTerminal as _, stderr};
use std::sync::{Arc, Mutex, PoisonError};

use d2d_api::{TaskProgress, TaskStatus};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::input::Input;

/// The longest file name that stands before a bar in full.
const NAME_WIDTH: usize = 28;
/// The bars of all stages go from 0 to 1000, so that they never jump in length.
const FULL: u64 = 1000;

/// What is seen of a run.
pub(super) enum Show {
    /// Bars on a terminal.
    Bars(MultiProgress),
    /// Lines on something else.
    Lines,
    /// Nothing.
    Quiet,
}

/// What is seen of one file.
#[derive(Clone)]
pub(super) struct Line(Arc<Kind>);

enum Kind {
    Bar { bar: ProgressBar, upload: Mutex<Upload> },
    Text { name: String, last: Mutex<String> },
    Nothing,
}

#[derive(Default)]
struct Upload {
    sent: u64,
    total: u64,
}

impl Show {
    pub(super) fn new(inputs: &[Input], quiet: bool) -> Self {
        match (quiet, stderr().is_terminal()) {
            (true, _) => Self::Quiet,
            // More bars than lines on the terminal would flicker.
            (false, true) if inputs.len() <= 200 => Self::Bars(MultiProgress::new()),
            (false, _) => Self::Lines,
        }
    }

    /// A line for one file.
    pub(super) fn line(&self, input: &Input) -> Line {
        Line(Arc::new(match self {
            Self::Bars(bars) => {
                let bar = bars.add(ProgressBar::new(FULL).with_prefix(shortened(&input.name)));
                if let Ok(style) = ProgressStyle::with_template("{prefix:28} {bar:24.cyan} {percent:>3}% {wide_msg}") {
                    bar.set_style(style);
                }
                Kind::Bar { bar, upload: Mutex::default() }
            }
            Self::Lines => Kind::Text { name: input.name.clone(), last: Mutex::default() },
            Self::Quiet => Kind::Nothing,
        }))
    }

    /// Clears the screen of bars: what follows are results.
    pub(super) fn end(&self) {
        if let Self::Bars(bars) = self {
            let _ = bars.clear();
        }
    }
}

impl Line {
    /// The upload begins.
    pub(super) fn upload(&self, bytes: u64) {
        match &*self.0 {
            Kind::Bar { bar, upload } => {
                upload.lock().unwrap_or_else(PoisonError::into_inner).total = bytes;
                bar.set_message("uploading");
            }
            Kind::Text { .. } => self.say("uploading"),
            Kind::Nothing => {}
        }
    }

    /// So many more bytes of the file went out.
    pub(super) fn sent(&self, bytes: u64) {
        if let Kind::Bar { bar, upload } = &*self.0 {
            let mut upload = upload.lock().unwrap_or_else(PoisonError::into_inner);
            upload.sent += bytes;
            bar.set_position(upload.sent.saturating_mul(FULL) / upload.total.max(1));
        }
    }

    /// The task changed.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // percent: from 0 to 100
    pub(super) fn progress(&self, task: &TaskProgress) {
        let doing = doing(task);
        if let Kind::Bar { bar, .. } = &*self.0 {
            bar.set_position((task.progress.clamp(0.0, 100.0) * 10.0) as u64);
            bar.set_message(doing);
        } else if task.status == TaskStatus::Execution {
            self.say(&format!("{:.0}% {doing}", task.progress));
        } else {
            self.say(&doing);
        }
    }

    pub(super) fn done(&self) {
        match &*self.0 {
            Kind::Bar { bar, .. } => {
                bar.set_position(FULL);
                bar.finish_with_message("done");
            }
            _ => self.say("done"),
        }
    }

    pub(super) fn failed(&self, why: &str) {
        match &*self.0 {
            Kind::Bar { bar, .. } => bar.abandon_with_message(why.lines().next().unwrap_or_default().to_owned()),
            _ => self.say("failed"),
        }
    }

    /// Writes a line, unless it would be the one before once more.
    fn say(&self, what: &str) {
        if let Kind::Text { name, last } = &*self.0 {
            let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
            if *last != what {
                eprintln!("{name}: {what}");
                what.clone_into(&mut last);
            }
        }
    }
}

/// What a task does now, in words.
fn doing(task: &TaskProgress) -> String {
    match (task.status, task.queue_position) {
        (TaskStatus::Queued, Some(0)) => "queued, next".to_owned(),
        (TaskStatus::Queued, Some(before)) => format!("queued, {before} before it"),
        _ => task.message.clone(),
    }
}

fn shortened(name: &str) -> String {
    let length = name.chars().count();
    if length <= NAME_WIDTH {
        return name.to_owned();
    }
    let tail: String = name.chars().skip(length - NAME_WIDTH + 1).collect();
    format!("…{tail}")
}

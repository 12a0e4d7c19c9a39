//! What a client knows of a task, and whether what it sees of it fits.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use d2d_api::{Frame, LogEntry, NewTask, ProblemCode, Task, TaskId, TaskStatus};

use crate::null;

/// What must become of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Its files did not all come: it awaits them.
    Waiting,
    /// It ends well.
    Success,
    /// It fails for this reason.
    Failure(ProblemCode),
    /// It was cancelled, and that was acknowledged.
    Cancelled,
    /// It was removed, and that was acknowledged.
    Removed,
}

/// A task that was acknowledged.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) id: TaskId,
    /// The contents of its files, in their order.
    pub(super) contents: Vec<Vec<u8>>,
    pub(super) pages: u32,
    pub(super) fate: Fate,
    /// How often it was tried again by its owner.
    pub(super) retries: usize,
    /// What was seen of it last.
    last: Seen,
    /// The hash of its result, once it was seen.
    pub(super) result: Option<String>,
    /// How long its data is kept, if that is a short time, so that it may expire.
    pub(super) keep: Option<Duration>,
    /// Whether somebody is told of its ends.
    webhook: bool,
}

/// A task as it was told at some moment.
#[derive(Debug, Clone)]
struct Seen {
    seq: u64,
    status: TaskStatus,
    attempt: u32,
    progress: f64,
    pages: u32,
    /// How many files it has, if that was told.
    files: Option<usize>,
}

impl Known {
    /// A task that was registered so.
    pub(super) fn new(task: &Task, pages: u32, new: &NewTask) -> Self {
        Self {
            id: task.id,
            contents: Vec::new(),
            pages,
            fate: Fate::Waiting,
            retries: 0,
            last: Seen::of(task),
            result: None,
            keep: new.expires_in.map(Duration::from_secs),
            webhook: new.webhook.is_some(),
        }
    }

    /// Whether its time may pass while it is watched: that of its data, or that for its files to come.
    fn may_expire(&self) -> bool {
        self.keep.is_some() || self.fate == Fate::Waiting
    }

    /// What its result must be.
    pub(super) fn expected(&self) -> String {
        null::expected(&self.contents, self.pages)
    }

    /// Looks at the task as it was told: whether it can have become so.
    pub(super) fn see(&mut self, task: &Task) -> Result<()> {
        ensure!(task.id == self.id, "another task was told: {task:?}");
        self.see_state(&Seen::of(task))
    }

    /// As [`Known::see`], for a frame of a stream.
    pub(super) fn see_frame(&mut self, frame: &Frame) -> Result<()> {
        let Some(task) = &frame.task else { return Ok(()) };
        ensure!(task.id == self.id, "another task was told: {task:?}");
        let seq = frame.seq;
        let (status, attempt, progress) = (task.status, task.attempt, task.progress);
        self.see_state(&Seen { seq, status, attempt, progress, pages: task.pages.done, files: None })
    }

    fn see_state(&mut self, now: &Seen) -> Result<()> {
        self.last.becomes(now, self.may_expire()).with_context(|| format!("it was {:?} and is {now:?}", self.last))?;
        self.last = Seen { files: now.files.or(self.last.files), ..now.clone() };
        Ok(())
    }

    /// The owner took the first file back.
    pub(super) fn took_back(&mut self, task: &Task) {
        self.contents.remove(0);
        self.last = Seen::of(task);
    }

    /// The end that somebody has to be told of, if any.
    pub(super) fn to_be_told(&self) -> Option<(TaskId, TaskStatus)> {
        let status = match self.fate {
            Fate::Waiting | Fate::Removed => return None,
            Fate::Success => TaskStatus::Success,
            Fate::Failure(_) => TaskStatus::Failure,
            Fate::Cancelled => TaskStatus::Cancelled,
        };
        self.webhook.then_some((self.id, status))
    }

    /// The owner has it tried again: an end may be left once.
    pub(super) fn tried_again(&mut self, task: &Task) {
        self.retries += 1;
        self.last = Seen::of(task);
    }

    /// Whether it ended as it must have.
    pub(super) fn ended_well(&self, task: &Task) -> Result<()> {
        let error = task.error.as_ref().map(|error| error.code);
        let fits = match self.fate {
            Fate::Success | Fate::Failure(_) | Fate::Cancelled if task.status == TaskStatus::Expired => {
                self.keep.is_some()
            }
            Fate::Waiting => matches!(task.status, TaskStatus::AwaitingFiles | TaskStatus::Expired),
            Fate::Success => task.status == TaskStatus::Success && task.progress == 100.0,
            Fate::Failure(code) => task.status == TaskStatus::Failure && error == Some(code),
            Fate::Cancelled => task.status == TaskStatus::Cancelled,
            Fate::Removed => false,
        };
        ensure!(fits, "it must have come to {:?}, and is {task:?}", self.fate);
        if let (Some(keep), Some(finished), Some(expires)) = (self.keep, task.finished_at, task.expires_at) {
            ensure!((expires - finished).to_std()? == keep, "its data was to be kept for {keep:?}: {task:?}");
        }
        Ok(())
    }

    /// Whether the task went its way by steps that there are, and to one end.
    pub(super) fn went_well(&self, log: &[LogEntry]) -> Result<()> {
        let seq = log.windows(2).all(|pair| pair[0].seq < pair[1].seq && pair[0].attempt <= pair[1].attempt);
        ensure!(seq, "the log is not in order: {log:?}");
        let ends = log.iter().filter(|entry| entry.status.is_terminal()).count();
        let expired = log.iter().filter(|entry| entry.status == TaskStatus::Expired).count();
        ensure!(expired <= usize::from(self.may_expire()), "it expired {expired} times: {log:?}");
        let due = usize::from(self.fate != Fate::Waiting) + self.retries + expired;
        ensure!(ends == due, "it came to {ends} ends instead of {due}: {log:?}");
        let successes = log.iter().filter(|entry| entry.status == TaskStatus::Success).count();
        ensure!(successes == usize::from(self.fate == Fate::Success), "{successes} successes: {log:?}");
        Ok(())
    }
}

impl Seen {
    fn of(task: &Task) -> Self {
        Self {
            seq: task.seq,
            status: task.status,
            attempt: task.attempt,
            progress: task.progress,
            pages: task.pages.done,
            files: Some(task.files.len()),
        }
    }

    /// Whether a task, which may expire or not, can have gone from one state to the other, without its owner's doing.
    fn becomes(&self, now: &Self, may_expire: bool) -> Result<()> {
        let expired = may_expire && now.status == TaskStatus::Expired;
        ensure!(now.seq >= self.seq, "`seq` went back");
        ensure!(now.seq > self.seq || now.status == self.status, "another state with the same `seq`");
        ensure!(now.attempt >= self.attempt, "the attempts went back");
        ensure!(now.attempt > self.attempt || now.progress >= self.progress, "progress went back");
        ensure!(now.pages >= self.pages, "pages that were done are not any more");
        let files = now.files.is_none() || now.files >= self.files || expired;
        ensure!(files, "files that were here are not any more");
        let ended = self.status.is_terminal() && now.status != self.status;
        ensure!(!ended || expired, "it had ended otherwise");
        Ok(())
    }
}

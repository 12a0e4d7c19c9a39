//! When the data of an ended task has passed its time.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use d2d_api::{Task, TaskStatus};
use d2d_store::TaskRow;

/// How long ended tasks keep their data.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Retention {
    /// As the settings say; `None` is for ever.
    pub(crate) keep: Option<Duration>,
}

impl Retention {
    /// Fills in when the data of an ended task is removed.
    pub(crate) fn fill(self, row: &mut TaskRow) {
        self.fill_ended(&mut row.task, row.keep);
    }

    /// As [`Retention::fill`], of a task whose client wishes this.
    pub(crate) fn fill_ended(self, task: &mut Task, wish: Option<Duration>) {
        if matches!(task.status, TaskStatus::Success | TaskStatus::Failure | TaskStatus::Cancelled) {
            task.expires_at = self.expires_at(task.finished_at, wish);
        }
    }

    /// The sooner of the client's wish and the settings: a client can ask for less than the settings say, not for more.
    fn expires_at(self, finished_at: Option<DateTime<Utc>>, wish: Option<Duration>) -> Option<DateTime<Utc>> {
        let keep = self.keep.into_iter().chain(wish).min()?;
        finished_at?.checked_add_signed(TimeDelta::from_std(keep).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use d2d_api::TaskId;

    use super::*;
    use crate::broadcaster::testing::change;

    #[test]
    fn the_sooner_of_both_holds_once_the_task_has_ended() {
        let seconds = |count: u64| Some(Duration::from_secs(count));
        let kept = |status, keep, wish| {
            let finished_at = Some(Utc::now());
            let task = d2d_api::Task { finished_at, ..change(TaskId::generate(), 1, status).task.clone() };
            let mut row = TaskRow {
                owner: String::new(),
                task,
                secrets: None,
                node: None,
                attempts_before: 0,
                submitted: true,
                keep: wish,
            };
            Retention { keep }.fill(&mut row);
            row.task.expires_at.zip(finished_at).map(|(end, start)| (end - start).num_seconds())
        };
        let success = TaskStatus::Success;
        assert_eq!(kept(success, None, None), None);
        assert_eq!(kept(success, seconds(90), None), Some(90));
        assert_eq!(kept(success, None, seconds(60)), Some(60));
        assert_eq!(kept(success, seconds(90), seconds(60)), Some(60));
        assert_eq!(kept(success, seconds(30), seconds(60)), Some(30), "the settings were changed since");
        assert_eq!(kept(TaskStatus::Failure, seconds(90), None), Some(90));
        assert_eq!(kept(TaskStatus::Expired, seconds(90), None), None);
        assert_eq!(kept(TaskStatus::Queued, seconds(90), None), None);
    }
}

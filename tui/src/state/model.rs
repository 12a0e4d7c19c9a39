//! The service as the daemon last told it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use d2d_api::{OpsFrame, OpsFrameType, OpsTask, Overview, Pool, PoolWorker, TaskId};

use super::Throughput;

/// Ended tasks that are kept, so that a console left open for weeks stays small.
const ENDED_KEPT: usize = 2_000;

/// Everything the daemon told so far.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// The service as a whole; none before the first frame.
    pub overview: Option<Overview>,
    /// The live and the newest ended tasks.
    pub tasks: BTreeMap<TaskId, OpsTask>,
    /// Pages a minute over the last hour, as seen from here.
    pub throughput: Throughput,
}

impl Model {
    /// Takes in one frame; returns how many things it changed.
    pub fn apply(&mut self, frame: OpsFrame) -> usize {
        let OpsFrame { kind, time, overview, tasks, .. } = frame;
        match kind {
            OpsFrameType::Overview => {
                let Some(overview) = overview else { return 0 };
                self.throughput.record(time, overview.node.started_at, overview.queue.pages);
                self.overview = Some(overview);
                1
            }
            OpsFrameType::Tasks => {
                self.tasks = tasks.into_iter().flatten().map(|task| (task.id, task)).collect();
                self.tasks.len()
            }
            OpsFrameType::Changes => {
                let changed = tasks.into_iter().flatten().filter(|task| self.change(task)).count();
                self.forget_oldest_ended();
                changed
            }
            OpsFrameType::Ping | OpsFrameType::Error => 0,
        }
    }

    /// The workers that read a task now, each with its pool.
    pub fn readers(&self, task: TaskId) -> impl Iterator<Item = (&Pool, &PoolWorker)> {
        let pools = self.overview.iter().flat_map(|overview| &overview.pools);
        pools
            .flat_map(|pool| pool.workers.iter().map(move |worker| (pool, worker)))
            .filter(move |(_, worker)| worker.reading.as_ref().is_some_and(|reading| reading.task == task))
    }

    /// Frames may overtake each other: only what is newer than the known is taken.
    fn change(&mut self, task: &OpsTask) -> bool {
        if self.tasks.get(&task.id).is_some_and(|known| known.seq >= task.seq) {
            return false;
        }
        self.tasks.insert(task.id, task.clone());
        true
    }

    fn forget_oldest_ended(&mut self) {
        let ended = self.tasks.values().filter(|task| task.status.is_terminal()).count();
        let mut surplus = ended.saturating_sub(ENDED_KEPT);
        self.tasks.retain(|_, task| {
            let forget = surplus > 0 && task.status.is_terminal();
            surplus -= usize::from(forget);
            !forget
        });
    }
}

/// What people call a task: its label, else its first file and how many more there are.
#[must_use]
pub fn task_name(task: &OpsTask) -> Cow<'_, str> {
    match (&task.label, task.files.as_slice()) {
        (Some(label), _) if !label.trim().is_empty() => Cow::Borrowed(label),
        (_, []) => Cow::Borrowed("no file yet"),
        (_, [only]) => Cow::Borrowed(only),
        (_, [first, more @ ..]) => Cow::Owned(format!("{first} + {}", more.len())),
    }
}

#[cfg(test)]
mod tests {
    use d2d_api::TaskStatus;

    use super::*;
    use crate::testing::{changes, overview_frame, snapshot, task};

    #[test]
    fn a_snapshot_replaces_and_changes_add() {
        let mut model = Model::default();
        model.apply(snapshot(vec![task(1), task(2)]));
        model.apply(changes(vec![task(3)]));
        assert_eq!(model.tasks.len(), 3);
        model.apply(snapshot(vec![task(2)]));
        assert_eq!(model.tasks.keys().copied().collect::<Vec<_>>(), [task(2).id]);
    }

    #[test]
    fn an_older_change_is_ignored() {
        let mut model = Model::default();
        let newer = OpsTask { seq: 9, progress: 50.0, ..task(1) };
        let older = OpsTask { seq: 8, progress: 40.0, ..task(1) };
        assert_eq!(model.apply(changes(vec![newer.clone()])), 1);
        assert_eq!(model.apply(changes(vec![older])), 0);
        assert_eq!(model.tasks[&newer.id], newer);
    }

    #[test]
    fn old_ended_tasks_are_forgotten_and_live_ones_never() {
        let mut model = Model::default();
        let ended = |n| OpsTask { status: TaskStatus::Success, ..task(n) };
        let count = u32::try_from(ENDED_KEPT).unwrap();
        let mut all = vec![task(0)];
        all.extend((1..=count + 10).map(ended));
        model.apply(changes(all));
        assert_eq!(model.tasks.len(), ENDED_KEPT + 1);
        assert!(model.tasks.contains_key(&task(0).id), "live, though the oldest");
        assert!(!model.tasks.contains_key(&task(10).id));
        assert!(model.tasks.contains_key(&task(11).id));
    }

    #[test]
    fn readers_of_a_task_are_found() {
        let mut model = Model::default();
        model.apply(overview_frame(0, 0));
        let reading: Vec<_> = model.readers(task(1).id).map(|(pool, worker)| (&*pool.service, worker.index)).collect();
        assert_eq!(reading, [("ocr", 0)]);
        assert_eq!(model.readers(task(99).id).count(), 0);
    }

    #[test]
    fn a_task_is_called_by_its_label_or_its_files() {
        let named = |label: Option<&str>, files: &[&str]| {
            let files = files.iter().map(ToString::to_string).collect();
            task_name(&OpsTask { label: label.map(Into::into), files, ..task(1) }).into_owned()
        };
        assert_eq!(named(Some("letters"), &["a.png"]), "letters");
        assert_eq!(named(Some(" "), &["a.png"]), "a.png");
        assert_eq!(named(None, &["a.png", "b.png", "c.png"]), "a.png + 2");
        assert_eq!(named(None, &[]), "no file yet");
    }
}

//! Keeps changes in order: they come from several actors, so a later one may be published before an earlier one.

use std::collections::{HashMap, VecDeque};

use d2d_api::{Task, TaskId};

/// How many ended tasks are remembered, so that a belated change does not bring one back to life.
const ENDED_REMEMBERED: usize = 4096;

/// The latest `seq` published of each live task and of those that ended last.
#[derive(Debug, Default)]
pub(crate) struct Order {
    latest: HashMap<TaskId, u64>,
    ended: VecDeque<TaskId>,
}

impl Order {
    /// Whether this state of the task is later than all that were asked about before.
    pub(crate) fn advances(&mut self, task: &Task) -> bool {
        match self.latest.get(&task.id) {
            Some(seq) if *seq >= task.seq => return false,
            _ => self.latest.insert(task.id, task.seq),
        };
        if task.status.is_terminal() {
            self.ended.push_back(task.id);
            if self.ended.len() > ENDED_REMEMBERED
                && let Some(forgotten) = self.ended.pop_front()
            {
                self.latest.remove(&forgotten);
            }
        }
        true
    }
}

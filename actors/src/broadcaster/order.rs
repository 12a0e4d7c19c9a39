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

#[cfg(test)]
mod tests {
    use d2d_api::TaskStatus;

    use super::*;
    use crate::broadcaster::inbox::tests::change;

    #[test]
    fn belated_changes_are_dropped() {
        let (mut order, id) = (Order::default(), TaskId::generate());
        let mut advances = |seq, status| order.advances(&change(id, seq, status).task);
        assert!(advances(1, TaskStatus::Queued));
        assert!(advances(3, TaskStatus::Cancelled));
        assert!(!advances(2, TaskStatus::Execution));
        assert!(!advances(3, TaskStatus::Cancelled));
        assert!(advances(4, TaskStatus::Expired));
    }

    #[test]
    fn ended_tasks_are_forgotten_in_the_end() {
        let mut order = Order::default();
        for _ in 0..2 * ENDED_REMEMBERED {
            assert!(order.advances(&change(TaskId::generate(), 1, TaskStatus::Success).task));
        }
        assert_eq!(order.latest.len(), ENDED_REMEMBERED);
    }
}

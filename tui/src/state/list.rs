//! The list of tasks: what is in it in which order, what is selected, what is marked, what is in sight.

use std::collections::{BTreeMap, BTreeSet};

use d2d_api::{OpsTask, TaskId};

use super::{Sort, matches};

/// The list of tasks. A selection that was made belongs to a task, not to a line: it stays with it when the list
/// changes. Until one is made it is the first line, whatever stands there.
#[derive(Debug, Clone, Default)]
pub struct TaskList {
    /// Words that a task must have to be listed.
    pub filter: String,
    /// The order.
    pub sort: Sort,
    /// Whether the order is turned round.
    pub reversed: bool,
    /// Tasks picked for an action on all of them.
    pub marks: BTreeSet<TaskId>,
    rows: Vec<TaskId>,
    selected: Option<TaskId>,
    chosen: bool,
    cursor: usize,
    offset: usize,
    height: usize,
}

impl TaskList {
    /// Makes the list anew from all tasks, after the tasks, the filter or the order changed.
    pub fn refresh(&mut self, tasks: &BTreeMap<TaskId, OpsTask>) {
        let mut listed: Vec<_> = tasks.values().filter(|task| matches(task, &self.filter)).collect();
        listed.sort_by(|a, b| {
            let order = self.sort.compare(a, b);
            if self.reversed { order.reverse() } else { order }
        });
        self.rows = listed.into_iter().map(|task| task.id).collect();
        self.marks.retain(|id| tasks.contains_key(id));
        self.follow_selection();
    }

    /// Tells how many lines are in sight.
    pub fn set_height(&mut self, height: usize) {
        self.height = height;
        self.keep_in_sight();
    }

    /// The tasks of the list, in its order.
    #[must_use]
    pub fn rows(&self) -> &[TaskId] {
        &self.rows
    }

    /// The tasks in sight.
    #[must_use]
    pub fn in_sight(&self) -> &[TaskId] {
        let end = (self.offset + self.height).min(self.rows.len());
        self.rows.get(self.offset..end).unwrap_or_default()
    }

    /// The number of the first line in sight, from 0.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// The selected task.
    #[must_use]
    pub fn selected(&self) -> Option<TaskId> {
        self.selected
    }

    /// Selects the task `lines` below (above, if negative) the selected one, or the last one on the way.
    pub fn move_by(&mut self, lines: isize) {
        self.select(self.cursor.saturating_add_signed(lines));
    }

    /// Selects the task one screen below (`down`) or above.
    pub fn page(&mut self, down: bool) {
        let lines = isize::try_from(self.height.max(1)).unwrap_or(1);
        self.move_by(if down { lines } else { -lines });
    }

    /// Selects the task in that line, or the last one.
    pub fn select(&mut self, line: usize) {
        self.chosen = true;
        self.point_at(line);
    }

    /// Marks the selected task, or takes its mark away, and goes on to the next.
    pub fn toggle_mark(&mut self) {
        let Some(id) = self.selected else { return };
        if !self.marks.remove(&id) {
            self.marks.insert(id);
        }
        self.move_by(1);
    }

    /// Marks all tasks of the list.
    pub fn mark_all(&mut self) {
        self.marks.extend(&self.rows);
    }

    /// The list changed around the selection: find it again, and keep its line on the screen if the list was scrolled.
    fn follow_selection(&mut self) {
        let found = self.selected.filter(|_| self.chosen).and_then(|id| self.rows.iter().position(|row| *row == id));
        if let Some(line) = found {
            if self.offset > 0 {
                self.offset = (self.offset + line).saturating_sub(self.cursor);
            }
            self.cursor = line;
            self.keep_in_sight();
        } else {
            self.point_at(if self.chosen { self.cursor } else { 0 });
        }
    }

    fn point_at(&mut self, line: usize) {
        self.cursor = line.min(self.rows.len().saturating_sub(1));
        self.selected = self.rows.get(self.cursor).copied();
        self.keep_in_sight();
    }

    fn keep_in_sight(&mut self) {
        let lowest = (self.cursor + 1).saturating_sub(self.height);
        let last_screen = self.rows.len().saturating_sub(self.height);
        self.offset = self.offset.clamp(lowest, self.cursor.max(lowest)).min(last_screen);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::task;

    fn tasks(numbers: impl IntoIterator<Item = u32>) -> BTreeMap<TaskId, OpsTask> {
        numbers.into_iter().map(task).map(|task| (task.id, task)).collect()
    }

    fn list(numbers: impl IntoIterator<Item = u32>, height: usize) -> TaskList {
        let mut list = TaskList { sort: Sort::Age, ..TaskList::default() };
        list.set_height(height);
        list.refresh(&tasks(numbers));
        list
    }

    #[test]
    fn the_selection_stays_with_its_task() {
        let mut list = list(1..=5, 10);
        list.select(2);
        assert_eq!(list.selected(), Some(task(3).id));
        list.refresh(&tasks(1..=50));
        assert_eq!(list.selected(), Some(task(3).id));
        assert!(list.in_sight().contains(&task(3).id));
    }

    #[test]
    fn the_first_line_is_selected_until_one_is_chosen() {
        let mut list = list(1..=5, 10);
        list.refresh(&tasks(1..=6));
        assert_eq!(list.selected(), Some(task(6).id));
        list.move_by(0);
        list.refresh(&tasks(1..=7));
        assert_eq!(list.selected(), Some(task(6).id));
    }

    #[test]
    fn a_selection_that_is_gone_goes_to_its_neighbour() {
        let mut list = list(1..=5, 10);
        list.select(2);
        list.refresh(&tasks([1, 2, 4, 5]));
        assert_eq!(list.selected(), Some(task(2).id), "the one that moved up into its line");
        list.filter = "no such".into();
        list.refresh(&tasks(1..=5));
        assert_eq!(list.selected(), None);
        list.filter.clear();
        list.refresh(&tasks(1..=5));
        assert_eq!(list.selected(), Some(task(5).id));
    }

    #[test]
    fn a_scrolled_list_does_not_jump_when_tasks_come_in_above() {
        let mut list = list(1..=30, 5);
        list.select(12);
        list.move_by(-2);
        let line = |list: &TaskList| list.in_sight().iter().position(|id| Some(*id) == list.selected());
        let before = line(&list);
        list.refresh(&tasks(1..=33));
        assert_eq!(line(&list), before);
    }

    #[test]
    fn marks_follow_the_list() {
        let mut list = list(1..=4, 10);
        list.toggle_mark();
        list.toggle_mark();
        assert_eq!(list.marks, BTreeSet::from([task(3).id, task(4).id]));
        list.refresh(&tasks(1..=3));
        assert_eq!(list.marks, BTreeSet::from([task(3).id]));
        list.mark_all();
        assert_eq!(list.marks.len(), 3);
    }

    proptest! {
        #[test]
        fn the_selection_is_always_in_sight(
            sizes in prop::collection::vec((0_u32..60, 0_usize..20, -30_isize..30), 1..20)
        ) {
            let mut list = list(0..10, 5);
            for (count, height, lines) in sizes {
                list.refresh(&tasks(0..count));
                list.set_height(height);
                list.move_by(lines);
                prop_assert_eq!(list.selected().is_some(), count > 0);
                prop_assert!(list.in_sight().len() <= height);
                if let (Some(selected), true) = (list.selected(), height > 0) {
                    prop_assert!(list.in_sight().contains(&selected));
                    prop_assert_eq!(list.in_sight().len(), height.min(count as usize), "no empty lines below a list that fills them");
                }
            }
        }
    }
}

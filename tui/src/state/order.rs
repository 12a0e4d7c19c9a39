//! The orders in which tasks can be listed.

use std::cmp::{Ordering, Reverse};

use d2d_api::{OpsTask, TaskStatus};

use super::task_name;

/// An order of the task list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// What happens now first: running, then queued, then waiting for files, then ended; newest first among equals.
    #[default]
    Activity,
    /// Newest first.
    Age,
    /// By name.
    Name,
    /// By owner.
    Owner,
    /// Furthest first.
    Progress,
}

impl Sort {
    /// Every order, as `s` goes through them.
    pub const ALL: [Self; 5] = [Self::Activity, Self::Age, Self::Name, Self::Owner, Self::Progress];

    /// The order after this one, the first after the last.
    #[must_use]
    pub fn next(self) -> Self {
        let at = Self::ALL.iter().position(|sort| *sort == self).unwrap_or_default();
        Self::ALL[(at + 1) % Self::ALL.len()]
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Activity => "activity",
            Self::Age => "age",
            Self::Name => "name",
            Self::Owner => "owner",
            Self::Progress => "progress",
        }
    }

    /// Which of two tasks is listed first. Never equal for different tasks: lists don't jump.
    #[must_use]
    pub fn compare(self, a: &OpsTask, b: &OpsTask) -> Ordering {
        let order = match self {
            Self::Activity => rank(a.status).cmp(&rank(b.status)),
            Self::Age => Ordering::Equal,
            Self::Name => task_name(a).to_lowercase().cmp(&task_name(b).to_lowercase()),
            Self::Owner => a.owner.cmp(&b.owner),
            Self::Progress => b.progress.total_cmp(&a.progress),
        };
        order.then_with(|| Reverse(a.id).cmp(&Reverse(b.id)))
    }
}

const fn rank(status: TaskStatus) -> u8 {
    match status {
        TaskStatus::Execution => 0,
        TaskStatus::Queued => 1,
        TaskStatus::Fetching => 2,
        TaskStatus::AwaitingFiles => 3,
        TaskStatus::Success | TaskStatus::Failure | TaskStatus::Cancelled | TaskStatus::Expired => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::task;

    fn sorted(sort: Sort, mut tasks: Vec<OpsTask>) -> Vec<u128> {
        tasks.sort_by(|a, b| sort.compare(a, b));
        tasks.iter().map(|task| task.id.0.as_u128() & 0xff).collect()
    }

    #[test]
    fn each_order_puts_first_what_it_says() {
        let tasks = || {
            vec![
                OpsTask { status: TaskStatus::Success, owner: "alice".into(), progress: 100.0, ..task(1) },
                OpsTask { status: TaskStatus::Execution, owner: "carol".into(), progress: 10.0, ..task(2) },
                OpsTask { status: TaskStatus::Queued, owner: "bob".into(), progress: 0.0, ..task(3) },
                OpsTask { status: TaskStatus::Execution, owner: "bob".into(), progress: 60.0, ..task(4) },
            ]
        };
        assert_eq!(sorted(Sort::Activity, tasks()), [4, 2, 3, 1]);
        assert_eq!(sorted(Sort::Age, tasks()), [4, 3, 2, 1]);
        assert_eq!(sorted(Sort::Owner, tasks()), [1, 4, 3, 2]);
        assert_eq!(sorted(Sort::Progress, tasks()), [1, 4, 2, 3]);
    }

    #[test]
    fn the_orders_go_round() {
        let mut sort = Sort::default();
        for _ in Sort::ALL {
            sort = sort.next();
        }
        assert_eq!(sort, Sort::default());
    }
}

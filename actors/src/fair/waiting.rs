//! The tasks that wait, as far as one knows: for each account its best ones.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use d2d_api::TaskId;
use d2d_store::Candidate;

use super::Running;

/// Tasks that wait. What it knows may be out of date: only who can claim a task has it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Waiting(HashMap<String, Own>);

/// The best tasks of an account.
#[derive(Debug, Clone, Default)]
struct Own {
    tasks: BTreeSet<Rank>,
    /// Whether there are more, and worse ones, than these.
    more: bool,
}

/// What comes first inside an account.
type Rank = (Reverse<i32>, DateTime<Utc>, TaskId);

fn rank(task: &Candidate) -> Rank {
    (Reverse(task.priority), task.queued_at, task.id)
}

impl Waiting {
    /// The best of each account: all that it has if these are fewer than `share`.
    pub(crate) fn of(candidates: impl IntoIterator<Item = Candidate>, share: usize) -> Self {
        let mut waiting = Self::default();
        for task in candidates {
            waiting.own(&task.owner).tasks.insert(rank(&task));
        }
        for own in waiting.0.values_mut() {
            own.more = own.tasks.len() >= share;
        }
        waiting
    }

    /// A task that has just begun to wait. It is left for later if the account has better ones that are not known.
    pub(crate) fn add(&mut self, task: &Candidate) {
        let (own, rank) = (self.own(&task.owner), rank(task));
        if !own.more || own.tasks.last().is_some_and(|worst| rank < *worst) {
            own.tasks.insert(rank);
        }
    }

    /// The accounts that may start a task and have more of them than are known, but none that is.
    pub(crate) fn unknown(&self, running: &Running) -> Vec<String> {
        let unknown = self.0.iter().filter(|(owner, own)| own.more && own.tasks.is_empty() && running.may_start(owner));
        unknown.map(|(owner, _)| owner.clone()).collect()
    }

    /// The best of an account that had none that was known: all that it has if these are fewer than `share`.
    pub(crate) fn learn(&mut self, owner: &str, tasks: &[Candidate], share: usize) {
        let own = self.own(owner);
        own.tasks.extend(tasks.iter().map(rank));
        own.more = tasks.len() >= share;
        if own.tasks.is_empty() {
            self.0.remove(owner);
        }
    }

    /// Takes out the tasks to start now, first first, and counts them as running.
    pub(crate) fn take(&mut self, running: &mut Running) -> Vec<TaskId> {
        let mut taken = Vec::new();
        while !running.is_full()
            && let Some(owner) = self.next_owner(running)
            && let Some(own) = self.0.get_mut(&owner)
            && let Some((_, _, task)) = own.tasks.pop_first()
        {
            if own.tasks.is_empty() && !own.more {
                self.0.remove(&owner);
            }
            running.add(&owner, 1);
            taken.push(task);
        }
        taken
    }

    /// The account whose turn it is, of those that may start a task.
    fn next_owner(&self, running: &Running) -> Option<String> {
        let heads = self.0.iter().filter_map(|(owner, own)| Some((owner, own.tasks.first()?)));
        heads
            .filter(|(owner, _)| running.may_start(owner))
            .min_by_key(|(owner, (_, queued_at, id))| (running.of(owner), *queued_at, *id))
            .map(|(owner, _)| owner.clone())
    }

    fn own(&mut self, owner: &str) -> &mut Own {
        self.0.entry(owner.to_owned()).or_default()
    }
}

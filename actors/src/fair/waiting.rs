//! The tasks that wait, as far as one knows: for each account its best ones.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use d2d_api::TaskId;
use d2d_store::Candidate;

use super::Running;

/// How many accounts without waiting tasks are remembered with their last turn.
const TURNS_REMEMBERED: usize = 1024;

/// Tasks that wait. What it knows may be out of date: only who can claim a task has it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Waiting {
    tasks: HashMap<String, Own>,
    /// The turn in which an account started a task last.
    served: HashMap<String, u64>,
    turn: u64,
}

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
        waiting.renew(candidates, share);
        waiting
    }

    /// These are the best of each account now, whatever was known before; whose turn it is stays.
    pub(crate) fn renew(&mut self, candidates: impl IntoIterator<Item = Candidate>, share: usize) {
        self.tasks.clear();
        for task in candidates {
            self.own(&task.owner).tasks.insert(rank(&task));
        }
        for own in self.tasks.values_mut() {
            own.more = own.tasks.len() >= share;
        }
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
        let unknown =
            self.tasks.iter().filter(|(owner, own)| own.more && own.tasks.is_empty() && running.may_start(owner));
        unknown.map(|(owner, _)| owner.clone()).collect()
    }

    /// The best of an account that had none that was known: all that it has if these are fewer than `share`.
    pub(crate) fn learn(&mut self, owner: &str, tasks: &[Candidate], share: usize) {
        let own = self.own(owner);
        own.tasks.extend(tasks.iter().map(rank));
        own.more = tasks.len() >= share;
        if own.tasks.is_empty() {
            self.tasks.remove(owner);
        }
    }

    /// Takes out the tasks to start now, first first, and counts them as running.
    pub(crate) fn take(&mut self, running: &mut Running) -> Vec<TaskId> {
        let mut taken = Vec::new();
        while !running.is_full()
            && let Some(owner) = self.next_owner(running)
            && let Some(own) = self.tasks.get_mut(&owner)
            && let Some((_, _, task)) = own.tasks.pop_first()
        {
            if own.tasks.is_empty() && !own.more {
                self.tasks.remove(&owner);
            }
            running.add(&owner, 1);
            taken.push(task);
            self.turn += 1;
            self.served.insert(owner, self.turn);
        }
        self.forget();
        taken
    }

    /// Accounts that neither wait nor were served lately are as new ones.
    fn forget(&mut self) {
        if self.served.len() > self.tasks.len() + 2 * TURNS_REMEMBERED {
            let oldest = self.turn.saturating_sub(TURNS_REMEMBERED as u64);
            self.served.retain(|account, turn| *turn > oldest || self.tasks.contains_key(account));
        }
    }

    /// The account whose turn it is, of those that may start a task.
    fn next_owner(&self, running: &Running) -> Option<String> {
        let heads = self.tasks.iter().filter_map(|(owner, own)| Some((owner, own.tasks.first()?)));
        heads
            .filter(|(owner, _)| running.may_start(owner))
            .min_by_key(|(owner, (_, queued_at, id))| {
                let served = self.served.get(*owner).copied().unwrap_or(0);
                (running.of(owner), served, *queued_at, *id)
            })
            .map(|(owner, _)| owner.clone())
    }

    fn own(&mut self, owner: &str) -> &mut Own {
        self.tasks.entry(owner.to_owned()).or_default()
    }
}

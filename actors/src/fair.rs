//! Which queued tasks run next, fair between accounts: pure.
//!
//! The account with the fewest running tasks comes first, then the one whose task waits longest; inside an account the
//! task of the highest priority, then the one that waits longest. So however many tasks one account queues, another's
//! first one is next.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use d2d_api::TaskId;
use d2d_store::Candidate;

/// How many tasks run, and how many may.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Running {
    /// How many run, by account.
    pub(crate) by_owner: HashMap<String, usize>,
    /// How many may run at once. An account of which none runs may have one beyond it, up to as many again: running tasks
    /// cost little, and the pool takes their pages in turn, so nobody waits for another's long tasks to end.
    pub(crate) limit: usize,
}

impl Running {
    fn total(&self) -> usize {
        self.by_owner.values().sum()
    }

    fn may_start(&self, owner: &str) -> bool {
        let own = self.by_owner.get(owner).copied().unwrap_or(0);
        let limit = if own == 0 { self.limit.saturating_mul(2) } else { self.limit };
        self.total() < limit
    }
}

/// The candidates to start now, first first.
pub(crate) fn pick(candidates: &[Candidate], running: &Running) -> Vec<TaskId> {
    let mut running = running.clone();
    let mut queues = queues(candidates);
    let mut picked = Vec::new();
    while let Some(owner) = next_owner(&queues, &running) {
        let Some(task) = queues.get_mut(owner).and_then(Vec::pop) else { break };
        picked.push(task.id);
        *running.by_owner.entry(owner.to_owned()).or_default() += 1;
    }
    picked
}

/// The candidates of each account, the best one last.
fn queues(candidates: &[Candidate]) -> BTreeMap<&str, Vec<&Candidate>> {
    let mut queues: BTreeMap<&str, Vec<&Candidate>> = BTreeMap::new();
    for candidate in candidates {
        queues.entry(&candidate.owner).or_default().push(candidate);
    }
    for queue in queues.values_mut() {
        queue.sort_by_key(|task| (task.priority, Reverse((task.queued_at, task.id))));
    }
    queues
}

/// The account whose turn it is, of those that may start a task.
fn next_owner<'a>(queues: &BTreeMap<&'a str, Vec<&Candidate>>, running: &Running) -> Option<&'a str> {
    let rank = |(owner, task): &(&'a str, &Candidate)| -> (usize, DateTime<Utc>, TaskId) {
        (running.by_owner.get(*owner).copied().unwrap_or(0), task.queued_at, task.id)
    };
    queues
        .iter()
        .filter_map(|(owner, queue)| Some((*owner, *queue.last()?)))
        .filter(|(owner, _)| running.may_start(owner))
        .min_by_key(rank)
        .map(|(owner, _)| owner)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn candidate(owner: u8, priority: i32, waits_since: i64) -> Candidate {
        let queued_at = DateTime::from_timestamp(1_700_000_000 + waits_since, 0).unwrap_or_default();
        Candidate { id: TaskId::generate(), owner: format!("user-{owner}"), priority, queued_at }
    }

    fn running(limit: usize, by_owner: &[(u8, usize)]) -> Running {
        let by_owner = by_owner.iter().map(|(owner, count)| (format!("user-{owner}"), *count)).collect();
        Running { by_owner, limit }
    }

    #[test]
    fn accounts_take_turns_and_priority_counts_inside_one() {
        let (old, urgent, other) = (candidate(1, 0, 0), candidate(1, 5, 9), candidate(2, -100, 5));
        let picked = pick(&[old.clone(), urgent.clone(), other.clone()], &running(3, &[]));
        // The urgent task stands for its account, but waits less long than the other's.
        assert_eq!(picked, [other.id, urgent.id, old.id]);
    }

    #[test]
    fn a_newcomer_starts_although_every_place_is_taken() {
        let (greedy, newcomer) = (candidate(1, 100, 0), candidate(2, 0, 50));
        assert_eq!(pick(&[greedy, newcomer.clone()], &running(4, &[(1, 4)])), [newcomer.id]);
    }

    #[test]
    fn places_beyond_the_limit_have_an_end() {
        assert!(pick(&[candidate(9, 0, 0)], &running(2, &[(1, 2), (2, 1), (3, 1)])).is_empty());
    }

    prop_compose! {
        fn candidates()(tasks in prop::collection::vec((0u8..6, -3i32..3, 0i64..100), 0..60)) -> Vec<Candidate> {
            tasks.into_iter().map(|(owner, priority, since)| candidate(owner, priority, since)).collect()
        }
    }

    proptest! {
        /// The limits hold, nothing is picked twice, and no place stays free while somebody waits.
        #[test]
        fn places_are_filled_and_not_exceeded(tasks in candidates(), limit in 0usize..12, busy in 0usize..12) {
            let before = running(limit, &[(0, busy)]);
            let picked = pick(&tasks, &before);
            let mut unique = picked.clone();
            unique.sort();
            unique.dedup();
            prop_assert_eq!(unique.len(), picked.len());
            prop_assert!(busy + picked.len() <= busy.max(2 * limit));
            if picked.len() < tasks.len() {
                prop_assert!(busy + picked.len() >= limit);
            }
        }

        /// With every place free again after each round, an account's first task starts within the first round, whoever
        /// else queues how much of whatever priority.
        #[test]
        fn no_account_starves(tasks in candidates(), limit in 6usize..12) {
            let picked = pick(&tasks, &running(limit, &[]));
            let owner_of = |id: &TaskId| tasks.iter().find(|task| task.id == *id).map(|task| task.owner.clone());
            let waiting: std::collections::BTreeSet<_> = tasks.iter().map(|task| task.owner.clone()).collect();
            let started: std::collections::BTreeSet<_> = picked.iter().filter_map(owner_of).collect();
            prop_assert_eq!(waiting, started);
        }

        /// No account gets two places more than another that still waits.
        #[test]
        fn shares_are_even(tasks in candidates(), limit in 1usize..12) {
            let picked = pick(&tasks, &running(limit, &[]));
            let count = |owner: &str, of: &dyn Fn(&Candidate) -> bool| {
                tasks.iter().filter(|task| task.owner == owner && of(task)).count()
            };
            for left in tasks.iter().filter(|task| !picked.contains(&task.id)) {
                let own = count(&left.owner, &|task| picked.contains(&task.id));
                for other in &tasks {
                    prop_assert!(count(&other.owner, &|task| picked.contains(&task.id)) <= own + 1);
                }
            }
        }
    }
}

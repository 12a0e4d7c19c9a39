//! What a fair choice is.

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;
use d2d_api::TaskId;
use d2d_store::Candidate;
use proptest::prelude::*;

use super::{Running, Waiting};

fn candidate(owner: u8, priority: i32, waits_since: i64) -> Candidate {
    let queued_at = DateTime::from_timestamp(1_700_000_000 + waits_since, 0).unwrap_or_default();
    Candidate { id: TaskId::generate(), owner: format!("user-{owner}"), priority, queued_at }
}

fn running(limit: usize, by_owner: &[(u8, usize)]) -> Running {
    let mut running = Running::within(limit, None);
    for (owner, count) in by_owner {
        running.add(&format!("user-{owner}"), *count);
    }
    running
}

fn pick(candidates: &[Candidate], running: &Running) -> Vec<TaskId> {
    Waiting::of(candidates.iter().cloned(), usize::MAX).take(&mut running.clone())
}

#[test]
fn accounts_take_turns_and_priority_counts_inside_one() {
    let (old, urgent, other) = (candidate(1, 0, 0), candidate(1, 5, 9), candidate(2, -100, 5));
    let picked = pick(&[old.clone(), urgent.clone(), other.clone()], &running(3, &[]));
    // The urgent task stands for its account, but waits less long than the other's.
    assert_eq!(picked, [other.id, urgent.id, old.id]);
}

#[test]
fn whose_turn_was_longest_ago_is_next_however_long_a_task_waits() {
    let old: Vec<_> = (0..3).map(|since| candidate(1, 0, since)).collect();
    let young: Vec<_> = (0..3).map(|owner| candidate(2 + owner, 0, 50)).collect();
    let mut waiting = Waiting::of(old.iter().chain(&young).cloned(), 64);
    // Few places, which are free again each time.
    let turns: Vec<_> = (0..6).flat_map(|_| waiting.take(&mut running(1, &[]))).collect();
    assert_eq!((turns[0], &turns[4..]), (old[0].id, &[old[1].id, old[2].id][..]), "{turns:?}");
}

#[test]
fn a_newcomer_starts_although_every_place_is_taken() {
    let (greedy, newcomer) = (candidate(1, 100, 0), candidate(2, 0, 50));
    assert_eq!(pick(&[greedy, newcomer.clone()], &running(4, &[(1, 4)])), [newcomer.id]);
}

#[test]
fn places_beyond_the_limit_have_an_end() {
    let full = running(2, &[(1, 2), (2, 1), (3, 1)]);
    assert!(full.is_full() && pick(&[candidate(9, 0, 0)], &full).is_empty());
}

#[test]
fn an_account_runs_no_more_than_it_may() {
    let tasks = [candidate(1, 0, 0), candidate(1, 0, 1), candidate(1, 0, 2), candidate(2, 0, 3)];
    let picked = |most| Waiting::of(tasks.iter().cloned(), 9).take(&mut Running::within(8, most)).len();
    assert_eq!((picked(None), picked(Some(2)), picked(Some(1))), (4, 3, 2));
}

#[test]
fn better_tasks_that_are_not_known_are_not_passed_over() {
    let first = candidate(1, 0, 0);
    let (urgent, late) = (candidate(1, 1, 9), candidate(1, 0, 9));
    let mut waiting = Waiting::of([first.clone()], 1);
    // There may be others between the first one and the late one.
    waiting.add(&late);
    waiting.add(&urgent);
    let mut one = running(1, &[]);
    assert_eq!(waiting.take(&mut one), [urgent.id]);
    assert_eq!(waiting.take(&mut running(1, &[])), [first.id]);
    assert_eq!(waiting.take(&mut running(1, &[])), []);
    assert_eq!(waiting.unknown(&running(1, &[])), ["user-1"]);
    assert_eq!(waiting.unknown(&running(1, &[(1, 1)])), Vec::<String>::new(), "it may not start any now");
    waiting.learn("user-1", std::slice::from_ref(&late), 2);
    assert_eq!(waiting.take(&mut running(1, &[])), [late.id]);
    assert_eq!(waiting.unknown(&running(1, &[])), Vec::<String>::new(), "that was all");
}

prop_compose! {
    fn candidates()(tasks in prop::collection::vec((0u8..6, -3i32..3, 0i64..100), 0..60)) -> Vec<Candidate> {
        tasks.into_iter().map(|(owner, priority, since)| candidate(owner, priority, since)).collect()
    }
}

proptest! {
    /// The limits hold, nothing is picked twice, and no place stays free while somebody waits who may have it.
    #[test]
    fn places_are_filled_and_not_exceeded(
        tasks in candidates(), limit in 0usize..12, busy in 0usize..12, most in prop::option::of(1usize..5),
    ) {
        let mut before = Running::within(limit, most);
        before.add("user-0", busy);
        let mut after = before.clone();
        let picked = Waiting::of(tasks.iter().cloned(), usize::MAX).take(&mut after);
        let unique: BTreeSet<_> = picked.iter().collect();
        prop_assert_eq!(unique.len(), picked.len());
        prop_assert!(busy + picked.len() <= busy.max(2 * limit));
        for task in &tasks {
            let (was, is) = (before.of(&task.owner), after.of(&task.owner));
            prop_assert!(most.is_none_or(|most| is <= most.max(was)));
            prop_assert!(picked.contains(&task.id) || !after.may_start(&task.owner), "a place stays free");
        }
    }

    /// With every place free again after each round, an account's first task starts within the first round, whoever else
    /// queues how much of whatever priority.
    #[test]
    fn no_account_starves(tasks in candidates(), limit in 6usize..12) {
        let picked = pick(&tasks, &running(limit, &[]));
        let owner_of = |id: &TaskId| tasks.iter().find(|task| task.id == *id).map(|task| task.owner.clone());
        let waiting: BTreeSet<_> = tasks.iter().map(|task| task.owner.clone()).collect();
        let started: BTreeSet<_> = picked.iter().filter_map(owner_of).collect();
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

    /// Who knows only the best few of each account, and learns more when it comes to their end, picks as who knows all.
    #[test]
    fn knowing_a_part_is_enough(tasks in candidates(), share in 1usize..8, arrivals in 0usize..20) {
        let (before, late) = tasks.split_at(tasks.len().saturating_sub(arrivals));
        let mut queues: BTreeMap<String, Vec<Candidate>> = BTreeMap::new();
        let mut queue = |task: &Candidate| {
            let own = queues.entry(task.owner.clone()).or_default();
            own.push(task.clone());
            own.sort_by_key(|task| (-task.priority, task.queued_at, task.id));
        };
        before.iter().for_each(&mut queue);
        late.iter().for_each(&mut queue);
        let best = |of: &[Candidate]| {
            let mut own: BTreeMap<&str, Vec<&Candidate>> = BTreeMap::new();
            for task in of {
                own.entry(&task.owner).or_default().push(task);
            }
            own.into_values().flat_map(|mut own| {
                own.sort_by_key(|task| (-task.priority, task.queued_at, task.id));
                own.into_iter().take(share).cloned().collect::<Vec<_>>()
            }).collect::<Vec<_>>()
        };
        let (mut part, mut whole) = (Waiting::of(best(before), share), Waiting::of(tasks.clone(), usize::MAX));
        for task in late {
            part.add(task);
        }
        for _ in 0..tasks.len() {
            let one = running(1, &[(9, 0)]);
            for owner in part.unknown(&one) {
                let left: Vec<_> = queues[&owner].iter().take(share).cloned().collect();
                part.learn(&owner, &left, share);
            }
            let (picked, meant) = (part.take(&mut one.clone()), whole.take(&mut one.clone()));
            prop_assert_eq!(&picked, &meant);
            for own in queues.values_mut() {
                own.retain(|task| !picked.contains(&task.id));
            }
        }
    }
}

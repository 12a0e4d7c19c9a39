//! When a lease is void: pure, and by no clock that can be set.
//!
//! Whoever holds a lease counts its `beat` up, three times in the time for which it holds. Whoever watches remembers since
//! when it has seen the same beat, by its own monotonic clock: when that is as long as the lease holds, the node is dead.
//! So it does not matter what time the nodes or the database believe it is, nor that it jumps.
//!
//! Only the time between two looks counts, and of a long pause no more than a usual step: who could not look, for example
//! because the machine was asleep, does not know whether the others were alive, and first has to look again.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use d2d_api::TaskId;
use d2d_store::SeenLease;

/// The leases as they were seen, and since when.
#[derive(Debug, Clone)]
pub(crate) struct LeaseWatch {
    /// For how long a lease holds that is not renewed.
    lease: Duration,
    /// For how long it has watched, altogether.
    watched: Duration,
    /// When it looked last.
    looked: Option<Instant>,
    seen: HashMap<TaskId, Standing>,
}

/// A lease that stands still.
#[derive(Debug, Clone)]
struct Standing {
    token: u64,
    beat: u64,
    /// For how long it had been watched when it was seen first.
    since: Duration,
}

impl LeaseWatch {
    /// Has seen nothing yet.
    pub(crate) fn new(lease: Duration) -> Self {
        Self { lease, watched: Duration::ZERO, looked: None, seen: HashMap::new() }
    }

    /// How often to look.
    pub(crate) fn interval(lease: Duration) -> Duration {
        (lease / 6).min(Duration::from_secs(2))
    }

    /// The longest time between two looks that counts.
    fn step(&self) -> Duration {
        self.lease / 3
    }

    /// Takes note of all leases there are, read between `began` and `ended`. Answers those that are void: they may be taken
    /// away as they were seen here.
    pub(crate) fn look(&mut self, began: Instant, ended: Instant, leases: Vec<SeenLease>) -> Vec<SeenLease> {
        if let Some(looked) = self.looked.replace(ended) {
            self.watched += began.saturating_duration_since(looked).min(self.step());
        }
        let mut before = std::mem::take(&mut self.seen);
        let mut void = Vec::new();
        for lease in leases {
            let (token, beat) = (lease.lease.token, lease.beat);
            let unchanged = before.remove(&lease.lease.task).filter(|seen| (seen.token, seen.beat) == (token, beat));
            let since = unchanged.map_or(self.watched, |seen| seen.since);
            self.seen.insert(lease.lease.task, Standing { token, beat, since });
            if self.watched.saturating_sub(since) >= self.lease {
                void.push(lease);
            }
        }
        void
    }
}

#[cfg(test)]
mod tests {
    use d2d_store::Lease;
    use proptest::prelude::*;

    use super::*;

    const LEASE: Duration = Duration::from_secs(30);

    fn seen(task: TaskId, token: u64, beat: u64) -> SeenLease {
        SeenLease { lease: Lease { task, node: "node".to_owned(), token }, beat, tries: 1 }
    }

    #[test]
    fn a_lease_that_stands_still_is_void_after_its_time() {
        let (mut watch, task, start) = (LeaseWatch::new(LEASE), TaskId::generate(), Instant::now());
        let mut look = |second: u64, beat| {
            let now = start + Duration::from_secs(second);
            watch.look(now, now, vec![seen(task, 1, beat)]).len()
        };
        assert_eq!((0..=29).step_by(5).map(|second| look(second, 0)).sum::<usize>(), 0);
        assert_eq!(look(29, 1), 0, "it was renewed at the last moment");
        assert_eq!((34..59).step_by(5).map(|second| look(second, 1)).sum::<usize>(), 0);
        assert_eq!(look(59, 1), 1);
        assert_eq!(look(60, 1), 1, "until it is taken away");
    }

    #[test]
    fn a_lease_of_another_claim_is_another_lease() {
        let (mut watch, task, start) = (LeaseWatch::new(LEASE), TaskId::generate(), Instant::now());
        for (second, token) in (0..120).step_by(5).zip((0..).flat_map(|token| [token; 5])) {
            let now = start + Duration::from_secs(second);
            assert_eq!(watch.look(now, now, vec![seen(task, token, 0)]), [], "{second}");
        }
    }

    #[test]
    fn who_slept_looks_again_before_it_takes_anything_away() {
        let (mut watch, task, start) = (LeaseWatch::new(LEASE), TaskId::generate(), Instant::now());
        watch.look(start, start, vec![seen(task, 1, 0)]);
        let awake = start + Duration::from_hours(8);
        assert_eq!(watch.look(awake, awake, vec![seen(task, 1, 0)]), []);
        let soon = awake + Duration::from_secs(2);
        assert_eq!(watch.look(soon, soon, vec![seen(task, 1, 0)]), [], "the other woke up just now, too");
    }

    #[test]
    fn a_slow_database_kills_no_node() {
        let (mut watch, task, start) = (LeaseWatch::new(LEASE), TaskId::generate(), Instant::now());
        // Each read takes a minute and a half, and may tell how it was at its beginning or at its end.
        for round in 0..20 {
            let began = start + Duration::from_secs(91 * round);
            let void = watch.look(began, began + Duration::from_secs(90), vec![seen(task, 1, 0)]);
            assert_eq!(void, [], "only {round} seconds were between the reads");
        }
    }

    /// A node that renews: when it began, how long after each renewal the next one comes, and when it dies.
    #[derive(Debug, Clone)]
    struct Node {
        pauses: Vec<u64>,
        dies: Option<u64>,
    }

    impl Node {
        /// Its beat at that moment.
        fn beat(&self, millis: u64) -> u64 {
            let (mut beat, mut renewed) = (0, 0);
            for pause in self.pauses.iter().cycle() {
                renewed += pause;
                if renewed > millis.min(self.dies.unwrap_or(u64::MAX)) {
                    break;
                }
                beat += 1;
            }
            beat
        }
    }

    prop_compose! {
        fn nodes()(
            nodes in prop::collection::vec((prop::collection::vec(1_000u64..29_900, 1..8), prop::option::of(0u64..200_000)), 1..6)
        ) -> Vec<Node> {
            nodes.into_iter().map(|(pauses, dies)| Node { pauses, dies }).collect()
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Whenever one looks, and however long reading takes: nodes that renew in time keep their leases, those that are
        /// dead lose them in bounded time.
        #[test]
        fn the_living_keep_their_leases_and_the_dead_lose_them(
            nodes in nodes(), looks in prop::collection::vec((1u64..9_000, 0u64..1_000), 200),
        ) {
            let mut watch = LeaseWatch::new(LEASE);
            let ids: Vec<_> = nodes.iter().map(|_| TaskId::generate()).collect();
            let start = Instant::now();
            let (mut millis, mut void_since) = (0, vec![None; nodes.len()]);
            for (pause, takes) in looks {
                millis += pause;
                // The read sees the state at a moment in between.
                let at = millis + takes / 2;
                let leases = nodes.iter().zip(&ids).map(|(node, id)| seen(*id, 1, node.beat(at))).collect();
                let moment = |millis| start + Duration::from_millis(millis);
                let void = watch.look(moment(millis), moment(millis + takes), leases);
                millis += takes;
                for ((node, id), since) in nodes.iter().zip(&ids).zip(&mut void_since) {
                    if void.iter().any(|void| void.lease.task == *id) {
                        prop_assert!(node.dies.is_some_and(|dies| dies <= millis), "{node:?} lives at {millis}");
                        since.get_or_insert(millis);
                    }
                }
            }
            for (node, since) in nodes.iter().zip(void_since) {
                // Seen up to one look after its death; then the lease, of which reading does not count, and one look more.
                if let Some(dies) = node.dies.filter(|dies| dies + 300_000 < millis) {
                    prop_assert!(since.is_some_and(|since| since < dies + 300_000), "{node:?}: {since:?}");
                }
            }
        }
    }
}

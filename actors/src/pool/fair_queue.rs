//! The queue of a pool: pages of one account in the order in which they came, accounts in turn.
//!
//! The account that was served longest ago comes first; one that was not served lately comes before all that were. So a
//! single page of one user is next when a worker is free, however many pages of others wait.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use ractor::factory::queues::Queue;
use ractor::factory::{DiscardHandler, Job as FactoryJob};

use super::job::{Job, JobKey};
use super::outstanding::Outstanding;

/// How many accounts without waiting jobs are remembered with their last turn.
const TURNS_REMEMBERED: usize = 1024;

/// Items of several accounts, taken in turn.
#[derive(Debug)]
pub(super) struct Turns<T> {
    waiting: HashMap<Arc<str>, VecDeque<(u64, T)>>,
    /// The turn in which an account was served last.
    served: HashMap<Arc<str>, u64>,
    turn: u64,
    arrivals: u64,
}

impl<T> Default for Turns<T> {
    fn default() -> Self {
        Self { waiting: HashMap::new(), served: HashMap::new(), turn: 0, arrivals: 0 }
    }
}

impl<T> Turns<T> {
    pub(super) fn push(&mut self, account: &Arc<str>, item: T) {
        self.arrivals += 1;
        self.waiting.entry(Arc::clone(account)).or_default().push_back((self.arrivals, item));
    }

    pub(super) fn pop(&mut self) -> Option<T> {
        let account = Arc::clone(self.next()?);
        let items = self.waiting.get_mut(&account)?;
        let (_, item) = items.pop_front()?;
        if items.is_empty() {
            self.waiting.remove(&account);
        }
        self.turn += 1;
        self.served.insert(account, self.turn);
        self.forget();
        Some(item)
    }

    pub(super) fn peek(&self) -> Option<&T> {
        self.waiting.get(self.next()?)?.front().map(|(_, item)| item)
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.values().map(VecDeque::len).sum()
    }

    /// The account whose turn it is: the one served longest ago, then the one whose item came first.
    fn next(&self) -> Option<&Arc<str>> {
        let rank = |(account, items): &(&Arc<str>, &VecDeque<(u64, T)>)| {
            (self.served.get(*account).copied().unwrap_or(0), items.front().map(|(arrival, _)| *arrival))
        };
        self.waiting.iter().min_by_key(rank).map(|(account, _)| account)
    }

    fn forget(&mut self) {
        if self.served.len() > 2 * TURNS_REMEMBERED {
            let oldest = self.turn.saturating_sub(TURNS_REMEMBERED as u64);
            self.served.retain(|account, turn| *turn > oldest || self.waiting.contains_key(account));
        }
    }
}

/// [`Turns`] as the queue of a ractor factory. What a worker waits for goes first: its account is served already.
pub(super) struct FairQueue {
    awaited: VecDeque<FactoryJob<JobKey, Job>>,
    turns: Turns<FactoryJob<JobKey, Job>>,
    outstanding: Arc<Outstanding>,
}

impl FairQueue {
    pub(super) fn new(outstanding: Arc<Outstanding>) -> Self {
        Self { awaited: VecDeque::new(), turns: Turns::default(), outstanding }
    }
}

impl Queue<JobKey, Job> for FairQueue {
    fn len(&self) -> usize {
        self.awaited.len() + self.turns.len()
    }

    fn is_empty(&self) -> bool {
        self.peek().is_none()
    }

    fn pop_front(&mut self) -> Option<FactoryJob<JobKey, Job>> {
        self.awaited.pop_front().or_else(|| self.turns.pop())
    }

    fn discard_oldest(&mut self) -> Option<FactoryJob<JobKey, Job>> {
        self.pop_front()
    }

    fn peek(&self) -> Option<&FactoryJob<JobKey, Job>> {
        self.awaited.front().or_else(|| self.turns.peek())
    }

    fn push_back(&mut self, job: FactoryJob<JobKey, Job>) {
        if self.outstanding.is_awaited(job.key.task) {
            self.awaited.push_back(job);
        } else {
            let owner = Arc::clone(&job.key.owner);
            self.turns.push(&owner, job);
        }
    }

    /// Jobs here have no time to live: the task actor decides how long it waits.
    fn remove_expired_items(&mut self, _: &Option<Arc<dyn DiscardHandler<JobKey, Job>>>) -> usize {
        0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn account(name: u8) -> Arc<str> {
        Arc::from(format!("user-{name}"))
    }

    #[test]
    fn a_newcomer_is_next_whatever_waits_before_it() {
        let mut turns = Turns::default();
        (0..1000).for_each(|page| turns.push(&account(1), (1, page)));
        assert_eq!(turns.pop(), Some((1, 0)));
        turns.push(&account(2), (2, 0));
        assert_eq!(turns.peek(), Some(&(2, 0)));
        assert_eq!(turns.pop(), Some((2, 0)));
        assert_eq!(turns.pop(), Some((1, 1)));
    }

    proptest! {
        /// Nothing is lost or doubled, each account keeps its order, and while an account waits no other is served twice.
        #[test]
        fn accounts_take_turns(pushes in prop::collection::vec((0u8..5, 0usize..3), 0..200)) {
            let mut turns = Turns::default();
            let (mut pushed, mut popped) = (vec![Vec::new(); 5], vec![Vec::new(); 5]);
            let mut served_since: Vec<HashMap<u8, u32>> = vec![HashMap::new(); 5];
            let mut serve = |turns: &mut Turns<(u8, usize)>, pushed: &[Vec<usize>]| -> Result<bool, TestCaseError> {
                prop_assert_eq!(turns.len() > 0, turns.peek().is_some());
                let next = turns.peek().copied();
                let Some((who, item)) = turns.pop() else { return Ok(false) };
                prop_assert_eq!(Some((who, item)), next);
                popped[usize::from(who)].push(item);
                served_since[usize::from(who)].clear();
                for other in 0..5u8 {
                    let waits = pushed[usize::from(other)].len() > popped[usize::from(other)].len();
                    if other != who && waits {
                        let count = served_since[usize::from(other)].entry(who).or_default();
                        *count += 1;
                        prop_assert!(*count <= 1, "{who} was served twice while {other} waited");
                    }
                }
                Ok(true)
            };
            for (number, (who, pops)) in pushes.into_iter().enumerate() {
                turns.push(&account(who), (who, number));
                pushed[usize::from(who)].push(number);
                for _ in 0..pops {
                    serve(&mut turns, &pushed)?;
                }
            }
            while serve(&mut turns, &pushed)? {}
            prop_assert_eq!(pushed, popped);
        }
    }
}

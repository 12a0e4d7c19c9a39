//! What is to be done of a task, what is in hand, and what was lost: pure.

use std::collections::{BTreeSet, HashMap, VecDeque};

/// A file of the task, by its place among the files, and a page of it from 1; page 0 stands for the file as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Unit {
    pub(super) file: usize,
    pub(super) page: u32,
}

/// The units of one stage of a task.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger {
    todo: VecDeque<Unit>,
    in_hand: BTreeSet<Unit>,
    losses: HashMap<Unit, u32>,
}

impl Ledger {
    pub(super) fn of(units: impl IntoIterator<Item = Unit>) -> Self {
        Self { todo: units.into_iter().collect(), ..Self::default() }
    }

    /// Takes the next unit in hand, if fewer than `width` are.
    pub(super) fn take(&mut self, width: usize) -> Option<Unit> {
        if self.in_hand.len() >= width {
            return None;
        }
        let unit = self.todo.pop_front()?;
        self.in_hand.insert(unit);
        Some(unit)
    }

    /// A unit is done, or given up; `false` if it was not in hand.
    pub(super) fn finish(&mut self, unit: Unit) -> bool {
        self.in_hand.remove(&unit)
    }

    /// A unit in hand took its worker down: answers how often it did by now.
    pub(super) fn lose(&mut self, unit: Unit) -> u32 {
        let losses = self.losses.entry(unit).or_default();
        *losses += u32::from(self.in_hand.contains(&unit));
        *losses
    }

    /// How often a unit took its worker down.
    pub(super) fn losses(&self, unit: Unit) -> u32 {
        self.losses.get(&unit).copied().unwrap_or_default()
    }

    /// A unit is to be done again: after all others, so that they are not held up by it.
    pub(super) fn give_back(&mut self, unit: Unit) {
        if self.in_hand.remove(&unit) {
            self.todo.push_back(unit);
        }
    }

    /// The first unit in hand, in reading order; else the next to come.
    pub(super) fn current(&self) -> Option<Unit> {
        self.in_hand.first().or_else(|| self.todo.front()).copied()
    }

    /// Whether nothing is in hand.
    pub(super) fn rests(&self) -> bool {
        self.in_hand.is_empty()
    }

    /// Whether everything is done or given up.
    pub(super) fn is_done(&self) -> bool {
        self.todo.is_empty() && self.in_hand.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unit(page: u32) -> Unit {
        Unit { file: 0, page }
    }

    #[test]
    fn a_unit_that_took_its_worker_down_is_done_after_the_others() {
        let mut ledger = Ledger::of([unit(1), unit(2)]);
        assert_eq!(ledger.take(2), Some(unit(1)));
        assert_eq!(ledger.lose(unit(1)), 1);
        ledger.give_back(unit(1));
        assert_eq!(ledger.take(2), Some(unit(2)), "others go on");
        assert_eq!(ledger.take(2), Some(unit(1)));
        assert_eq!((ledger.lose(unit(1)), ledger.losses(unit(2))), (2, 0));
        assert!(ledger.finish(unit(1)) && !ledger.finish(unit(1)));
        assert_eq!(ledger.lose(unit(1)), 2, "what is not in hand loses no worker");
        assert!(!ledger.is_done());
    }

    proptest! {
        /// Whatever is lost, given back and given up: each unit is done or given up exactly once, the others whatever
        /// becomes of one, none is tried more often than it may, and never more than `width` are in hand.
        #[test]
        fn everything_ends_once(
            pages in 0u32..40, width in 1usize..6, most in 1u32..4, fates in prop::collection::vec(0u8..4, 0..400),
        ) {
            let mut ledger = Ledger::of((1..=pages).map(unit));
            let (mut finished, mut given_up) = (BTreeSet::new(), BTreeSet::new());
            let mut losses: HashMap<Unit, u32> = HashMap::new();
            let mut fates = fates.into_iter();
            let mut hand = Vec::new();
            while !ledger.is_done() {
                while let Some(taken) = ledger.take(width) {
                    prop_assert!(!hand.contains(&taken), "{taken:?} is in hand twice");
                    hand.push(taken);
                }
                prop_assert!(hand.len() <= width && !hand.is_empty());
                let current = hand.remove(0);
                let ended = match fates.next().unwrap_or(0) {
                    1 => None,
                    2 => {
                        let times = ledger.lose(current);
                        *losses.entry(current).or_default() += 1;
                        prop_assert_eq!(times, losses[&current]);
                        (times >= most).then_some(&mut given_up)
                    }
                    3 => Some(&mut given_up),
                    _ => Some(&mut finished),
                };
                match ended {
                    None => ledger.give_back(current),
                    Some(ended) => {
                        prop_assert!(ledger.finish(current));
                        prop_assert!(ended.insert(current), "{current:?} twice");
                    }
                }
            }
            prop_assert!(finished.is_disjoint(&given_up));
            prop_assert_eq!(finished.len() + given_up.len(), pages as usize);
            prop_assert!(losses.values().all(|times| *times <= most));
            prop_assert!(ledger.rests() && ledger.current().is_none());
        }
    }
}

//! What is to be done of a task, what is in hand, and what was lost: pure.

use std::collections::{BTreeSet, HashMap, VecDeque};

/// How often something may take its worker down before it is given up.
const MOST_LOSSES: u32 = 2;

/// A file of the task, by its place among the files, and a page of it from 1; page 0 stands for the file as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Unit {
    pub(super) file: usize,
    pub(super) page: u32,
}

/// What to do about a unit whose worker was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is to be done again.
    Again,
    /// It takes down every worker that tries it.
    Poison,
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

    /// A unit is done; `false` if it was not in hand.
    pub(super) fn finish(&mut self, unit: Unit) -> bool {
        self.in_hand.remove(&unit)
    }

    /// A unit took its worker down. It is done again after all others, so that they are not held up by it.
    pub(super) fn lose(&mut self, unit: Unit) -> Verdict {
        let losses = self.losses.entry(unit).or_default();
        *losses += 1;
        if *losses >= MOST_LOSSES {
            return Verdict::Poison;
        }
        self.give_back(unit);
        Verdict::Again
    }

    /// A unit was not done, through no fault of its own.
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

    /// Whether everything is done.
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
    fn a_unit_that_takes_two_workers_down_is_poison() {
        let mut ledger = Ledger::of([unit(1), unit(2)]);
        assert_eq!(ledger.take(2), Some(unit(1)));
        assert_eq!(ledger.lose(unit(1)), Verdict::Again);
        assert_eq!(ledger.take(2), Some(unit(2)), "others go on");
        assert_eq!(ledger.take(2), Some(unit(1)));
        assert_eq!(ledger.lose(unit(1)), Verdict::Poison);
    }

    proptest! {
        /// Whatever is lost and given back: each unit is finished exactly once, and never more than `width` are in hand.
        #[test]
        fn everything_is_done_once(pages in 0u32..40, width in 1usize..6, fates in prop::collection::vec(0u8..4, 0..400)) {
            let mut ledger = Ledger::of((1..=pages).map(unit));
            let mut finished = BTreeSet::new();
            let mut fates = fates.into_iter();
            let mut hand = Vec::new();
            while !ledger.is_done() {
                while let Some(taken) = ledger.take(width) {
                    hand.push(taken);
                }
                prop_assert!(hand.len() <= width && !hand.is_empty());
                let current = hand.remove(0);
                match fates.next().unwrap_or(0) {
                    1 => ledger.give_back(current),
                    2 => if ledger.lose(current) == Verdict::Poison { return Ok(()) },
                    _ => {
                        prop_assert!(ledger.finish(current));
                        prop_assert!(finished.insert(current), "{current:?} twice");
                    }
                }
            }
            prop_assert_eq!(finished.len(), pages as usize);
            prop_assert!(ledger.rests() && ledger.current().is_none());
        }
    }
}

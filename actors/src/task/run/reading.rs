//! The pages of a task while they are read: which are done, which failed, and what that comes to: pure.

use std::collections::BTreeMap;
use std::time::Instant;

use d2d_api::{PageCount, PageError, TaskError};
use d2d_store::FilePlan;

use super::to_u32;
use crate::task::ledger::Unit;
use crate::task::progress;

/// The blobs of the pages that are done.
pub(in crate::task) type PageResults = BTreeMap<Unit, String>;
/// The pages that can't be converted, in reading order.
pub(in crate::task) type PageFailures = BTreeMap<Unit, PageError>;

/// How many failed pages a task shows: of more it shows the first, and how many there are.
const MOST_SHOWN: usize = 100;

/// The pages of a task, as far as they are done.
pub(in crate::task) struct Reading {
    pub(in crate::task) plan: Vec<FilePlan>,
    pub(in crate::task) results: PageResults,
    pub(in crate::task) failed: PageFailures,
    /// When this attempt began to read, and how many pages had ended already.
    since: Instant,
    ended_before: usize,
}

impl Reading {
    pub(super) fn new(plan: Vec<FilePlan>, results: PageResults, failed: PageFailures) -> Self {
        let ended_before = results.len() + failed.len();
        Self { plan, results, failed, since: Instant::now(), ended_before }
    }

    /// What is still to be read, in reading order.
    pub(super) fn left(&self) -> impl Iterator<Item = Unit> {
        let planned = self.plan.iter().enumerate();
        planned
            .flat_map(|(file, planned)| planned.pages.iter().map(move |&page| Unit { file, page }))
            .filter(|unit| !self.results.contains_key(unit) && !self.failed.contains_key(unit))
    }

    pub(in crate::task) fn pages(&self) -> PageCount {
        let total = self.plan.iter().map(|file| file.pages.len()).sum();
        PageCount { done: to_u32(self.results.len()), total: to_u32(total), failed: to_u32(self.failed.len()) }
    }

    pub(super) fn eta_seconds(&self) -> Option<u64> {
        let PageCount { done, total, failed } = self.pages();
        let ended = (self.results.len() + self.failed.len()).saturating_sub(self.ended_before);
        progress::eta_seconds(self.since.elapsed(), to_u32(ended), total.saturating_sub(done + failed))
    }

    /// Notes that a page can't be converted. Answers what the task shows of its failed pages, if that changed.
    pub(super) fn fail(&mut self, unit: Unit, error: PageError) -> Option<Vec<PageError>> {
        self.failed.insert(unit, error);
        let is_shown = self.failed.keys().take(MOST_SHOWN).any(|shown| *shown == unit);
        is_shown.then(|| self.failed.values().take(MOST_SHOWN).cloned().collect())
    }

    /// Why the task fails when all its pages have ended: pages failed, and it is not to do without them, or has no other.
    pub(super) fn failure(&self, partial: bool) -> Option<TaskError> {
        let enough = self.failed.is_empty() || partial && !self.results.is_empty();
        if enough { None } else { self.first_failure() }
    }

    /// What the first failed page failed by, in reading order, and how many did.
    pub(super) fn first_failure(&self) -> Option<TaskError> {
        let mut error = TaskError::from(self.failed.values().next()?.clone());
        let PageCount { total, failed, .. } = self.pages();
        if total > 1 {
            error.detail = format!("{} ({failed} of {total} pages failed)", error.detail);
        }
        Some(error)
    }
}

#[cfg(test)]
mod tests {
    use d2d_api::{FileId, ProblemCode};

    use super::*;

    fn unit(file: usize, page: u32) -> Unit {
        Unit { file, page }
    }

    fn error(file: usize, page: u32) -> PageError {
        let (code, detail) = (ProblemCode::PageCrashed, "it crashed".to_owned());
        PageError { code, detail, file: format!("{file}.pdf"), page, tries: 2 }
    }

    fn reading(files: &[u32]) -> Reading {
        let plan = |&pages: &u32| FilePlan { file: FileId::generate(), pages: (1..=pages).collect(), warnings: vec![] };
        Reading::new(files.iter().map(plan).collect(), PageResults::new(), PageFailures::new())
    }

    #[test]
    fn a_task_is_told_by_its_first_failed_page_in_reading_order() {
        let mut reading = reading(&[2, 3]);
        assert_eq!(reading.failure(false), None);
        reading.fail(unit(1, 2), error(1, 2));
        reading.fail(unit(0, 2), error(0, 2));
        reading.results.insert(unit(0, 1), "blob".to_owned());
        let told = reading.failure(false).unwrap();
        assert_eq!((told.file.as_deref(), told.page), (Some("0.pdf"), Some(2)));
        assert_eq!(told.detail, "it crashed (2 of 5 pages failed)");
        assert_eq!(reading.pages(), PageCount { done: 1, total: 5, failed: 2 });
        assert_eq!(reading.left().collect::<Vec<_>>(), [unit(1, 1), unit(1, 3)]);
        assert_eq!(reading.failure(true), None, "it does without them");
        reading.results.clear();
        assert!(reading.failure(true).is_some(), "there is nothing to do with");
    }

    #[test]
    fn the_only_page_needs_no_count() {
        let mut reading = reading(&[1]);
        reading.fail(unit(0, 1), error(0, 1));
        assert_eq!(reading.failure(false).unwrap().detail, "it crashed");
    }

    #[test]
    fn what_is_shown_is_bounded_and_the_first_of_all() {
        let mut reading = reading(&[300]);
        for page in (101..=200).rev() {
            assert!(reading.fail(unit(0, page), error(0, page)).is_some());
        }
        assert_eq!(reading.fail(unit(0, 250), error(0, 250)), None, "nothing that is shown changes");
        let shown = reading.fail(unit(0, 7), error(0, 7)).unwrap();
        let pages: Vec<_> = shown.iter().map(|error| error.page).collect();
        assert_eq!((pages.len(), pages[0], pages[1], pages[99]), (100, 7, 101, 199));
        assert_eq!(reading.pages().failed, 102);
    }
}

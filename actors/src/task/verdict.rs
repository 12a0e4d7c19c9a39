//! What is tried again, what is given up, and how much of the task goes with it: pure.
//!
//! | what happened | a page | a file that is looked at, the results |
//! |---|---|---|
//! | the converter refuses it | the page fails | the task fails |
//! | it refuses for a reason that all pages share (no engine, its own fault) | the task fails | the task fails |
//! | the worker was lost or too slow, once | again, after the others | again |
//! | the same, twice | the page fails | the task fails |
//! | no worker can be had, for a while | again | again |
//! | no worker can be had too often in a row | the task waits | the task waits |
//! | no worker can be had: a model is missing | the task fails | the task fails |
//!
//! A task that waits is given back and tried again later, as one whose results the store does not take (`crate::retries`).
//! When many pages in a row fail by losing their workers, it is hardly the pages: the task is given up.

use d2d_api::ProblemCode;

/// How often a worker may be lost over something before it is given up.
const MOST_LOSSES: u32 = 2;
/// How often in a row no worker could be had before the task is given back.
const MOST_UNAVAILABLE: u32 = 2;
/// How many pages in a row may fail by losing their workers. Each of them costs two time limits at worst.
const MOST_LOST_PAGES: u32 = 20;

/// What something in hand is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// A page that is converted.
    Page,
    /// A file that is looked at, or the results that are written: without it there is no task.
    Whole,
}

/// What went wrong with something in hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The converter refused it.
    Refused(ProblemCode),
    /// Its worker was lost or too slow, for so many times now.
    Lost(u32),
    /// No worker could be had, so many times in a row now.
    Unavailable(ProblemCode, u32),
}

/// What to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is to be done again.
    Again,
    /// The page can't be converted; the others can.
    PageFails,
    /// The task can't go on.
    TaskFails,
    /// The task can't go on now.
    TaskWaits,
}

/// What to do about trouble with a part of a task.
pub(super) fn verdict(trouble: Trouble, part: Part) -> Verdict {
    let given_up = match part {
        Part::Page => Verdict::PageFails,
        Part::Whole => Verdict::TaskFails,
    };
    match trouble {
        Trouble::Refused(code) if is_shared(code) => Verdict::TaskFails,
        Trouble::Lost(times) if times < MOST_LOSSES => Verdict::Again,
        Trouble::Refused(_) | Trouble::Lost(_) => given_up,
        Trouble::Unavailable(ProblemCode::ServiceUnavailable, times) if times <= MOST_UNAVAILABLE => Verdict::Again,
        Trouble::Unavailable(ProblemCode::ServiceUnavailable, _) => Verdict::TaskWaits,
        Trouble::Unavailable(..) => Verdict::TaskFails,
    }
}

/// Whether so many pages that failed in a row by losing their workers are too many.
pub(super) fn are_too_many(lost_pages_in_a_row: u32) -> bool {
    lost_pages_in_a_row >= MOST_LOST_PAGES
}

/// Whether a refusal of one page would be that of all: what it lacks is the service's, or was asked of all pages alike.
fn is_shared(code: ProblemCode) -> bool {
    let asked_of_all = matches!(code, ProblemCode::OcrNoEngine | ProblemCode::ServiceBadParams);
    asked_of_all || code.status() >= 500
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_given_up_alone_and_a_file_with_its_task() {
        for (trouble, page, whole) in [
            (Trouble::Refused(ProblemCode::InputDamaged), Verdict::PageFails, Verdict::TaskFails),
            (Trouble::Refused(ProblemCode::InputTooManyPixels), Verdict::PageFails, Verdict::TaskFails),
            (Trouble::Lost(1), Verdict::Again, Verdict::Again),
            (Trouble::Lost(2), Verdict::PageFails, Verdict::TaskFails),
            (Trouble::Lost(3), Verdict::PageFails, Verdict::TaskFails),
        ] {
            assert_eq!((verdict(trouble, Part::Page), verdict(trouble, Part::Whole)), (page, whole), "{trouble:?}");
        }
    }

    #[test]
    fn what_is_no_fault_of_the_page_never_fails_the_page() {
        use ProblemCode::{Internal, OcrModelMissing, OcrNoEngine, ServiceUnavailable, StorageFull};
        for part in [Part::Page, Part::Whole] {
            for code in [OcrModelMissing, OcrNoEngine, ServiceUnavailable, StorageFull, Internal] {
                assert_eq!(verdict(Trouble::Refused(code), part), Verdict::TaskFails, "{code}");
            }
            for times in 1..=2 {
                assert_eq!(verdict(Trouble::Unavailable(ServiceUnavailable, times), part), Verdict::Again);
                assert_eq!(verdict(Trouble::Unavailable(OcrModelMissing, times), part), Verdict::TaskFails);
            }
            assert_eq!(verdict(Trouble::Unavailable(ServiceUnavailable, 3), part), Verdict::TaskWaits);
        }
    }

    #[test]
    fn a_pool_that_only_loses_workers_is_not_fed_for_ever() {
        assert!(!are_too_many(19) && are_too_many(20));
    }
}

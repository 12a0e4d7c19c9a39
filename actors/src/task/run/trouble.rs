//! What did not work out: it is tried again, its page is given up, or the task fails.

use d2d_api::{PageError, ProblemCode, TaskError};
use d2d_store::FailedPage;
use d2d_worker::Refusal;

use super::{Run, Step};
use crate::task::actor::Flow;
use crate::task::failure::{Place, Stop, whole_task};
use crate::task::hand::Fate;
use crate::task::ledger::Unit;
use crate::task::verdict::{Part, Trouble, Verdict, are_too_many, verdict};

impl Run {
    /// Something in hand did not work out.
    pub(super) async fn trouble(&mut self, unit: Unit, fate: Fate) -> Result<Flow, Stop> {
        let name = self.file(unit)?.name.clone();
        let place = Place { file: &name, page: unit.page };
        let (trouble, error, what) = match fate {
            Fate::Refused(refusal) => {
                (Trouble::Refused(refusal.code), place.refused(refusal), "was refused by the converter".to_owned())
            }
            Fate::Crashed(how) => {
                let trouble = Trouble::Lost(self.ledger.lose(unit));
                (trouble, place.crashed(&how), format!("lost its worker ({how})"))
            }
            Fate::TimedOut(limit) => {
                let what = format!("was not done within {} s", limit.as_secs_f64());
                (Trouble::Lost(self.ledger.lose(unit)), place.timed_out(limit), what)
            }
            Fate::Unavailable(why) => self.unavailable(why),
            Fate::Lost => {
                let detail = "the worker pool does not answer; the log of the service says more";
                self.unavailable(Refusal::new(ProblemCode::ServiceUnavailable, detail))
            }
            Fate::Unstored(error) => return Err(error.into()),
            Fate::Inspected(_) | Fate::Converted(_) | Fate::Assembled(_) => return Ok(Flow::On),
        };
        let subject = self.subject(place);
        match verdict(trouble, self.part()) {
            Verdict::Again => self.again(unit, trouble, &format!("{subject} {what}, trying again")).await,
            Verdict::PageFails => {
                let tries = self.ledger.losses(unit) + u32::from(matches!(trouble, Trouble::Refused(_)));
                let error = PageError { code: error.code, detail: error.detail, file: name, page: unit.page, tries };
                let note =
                    format!("{subject} {what}, given up after {tries} {}", if tries == 1 { "try" } else { "tries" });
                self.lost_pages = if matches!(trouble, Trouble::Lost(_)) { self.lost_pages + 1 } else { 0 };
                self.page_failed(unit, error, &note).await
            }
            Verdict::TaskFails => Err(self.of_this_step(error).into()),
            Verdict::TaskWaits => Err(Stop::Lacking(error)),
        }
    }

    fn unavailable(&mut self, why: Refusal) -> (Trouble, TaskError, String) {
        self.unavailable += 1;
        let what = format!("found no worker ({})", why.detail);
        (Trouble::Unavailable(why.code, self.unavailable), whole_task(why.code, why.detail), what)
    }

    /// Has it done again, after the others; the log tells that of what lost a worker.
    async fn again(&mut self, unit: Unit, trouble: Trouble, note: &str) -> Result<Flow, Stop> {
        self.ledger.give_back(unit);
        if matches!(trouble, Trouble::Lost(_)) {
            let row = self.context.store.note_page(&self.lease, note, &self.now()).await?;
            self.publish(row, self.eta_seconds());
        }
        Ok(Flow::On)
    }

    /// A page is given up: that is kept, and the others go on.
    async fn page_failed(&mut self, unit: Unit, error: PageError, note: &str) -> Result<Flow, Stop> {
        self.unavailable = 0;
        if !self.ledger.finish(unit) {
            return Ok(Flow::On);
        }
        tracing::warn!(task.id = %self.id, page = unit.page, code = %error.code, tries = error.tries, "a page failed");
        let PageError { code, detail, tries, .. } = error.clone();
        let failed = FailedPage { file: self.file(unit)?.id, page: unit.page, code, detail, tries };
        let Step::Reading(reading) = &mut self.step else { return Ok(Flow::On) };
        let shown = reading.fail(unit, error);
        let (store, now) = (&self.context.store, self.now());
        let row = store.fail_page(&self.lease, &failed, shown.as_deref(), note, &now).await?;
        self.publish(row, self.eta_seconds());
        if self.ledger.is_done() {
            return self.conclude();
        }
        self.give_up_if_hopeless()
    }

    /// Ends the task if page after page takes its workers down.
    fn give_up_if_hopeless(&self) -> Result<Flow, Stop> {
        let Step::Reading(reading) = &self.step else { return Ok(Flow::On) };
        match reading.first_failure().filter(|_| are_too_many(self.lost_pages)) {
            None => Ok(Flow::On),
            Some(mut error) => {
                let (detail, so_many) = (error.detail, self.lost_pages);
                error.detail = format!("{detail}; given up, as {so_many} pages in a row lost their workers");
                Err(error.into())
            }
        }
    }

    fn part(&self) -> Part {
        if matches!(self.step, Step::Reading(_)) { Part::Page } else { Part::Whole }
    }

    /// What is spoken of, as the beginning of a sentence.
    fn subject(&self, place: Place<'_>) -> String {
        match self.step {
            Step::Assembling { .. } => "writing the results".to_owned(),
            Step::Inspecting { .. } => format!("counting the pages of {}", place.in_words()),
            _ => place.in_words(),
        }
    }

    /// What the owner is told of an error in this step: results belong to no single file.
    fn of_this_step(&self, error: TaskError) -> TaskError {
        match (&self.step, error.code) {
            (Step::Assembling { .. }, code @ (ProblemCode::PageCrashed | ProblemCode::PageTimeout)) => {
                whole_task(code, "the results could not be written: the worker was lost or too slow each time")
            }
            (Step::Assembling { .. }, code) => whole_task(code, error.detail),
            _ => error,
        }
    }
}

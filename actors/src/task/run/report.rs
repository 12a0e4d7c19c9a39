//! What the owner of a task is told while it runs.

use std::time::Duration;

use d2d_api::PageCount;
use d2d_store::{Progress, TaskRow};

use super::{Reading, Run, Step, to_u32};
use crate::task::actor::Flow;
use crate::task::failure::Stop;
use crate::task::progress::{self, FileName, Stage};

/// Steps of a task that is done sooner are not told: nobody could read it, and each is a transaction.
pub(in crate::task) const QUIET: Duration = Duration::from_millis(250);

impl Run {
    pub(super) fn pages(&self) -> PageCount {
        match &self.step {
            Step::Reading(reading) | Step::Assembling { read: reading, .. } => reading.pages(),
            Step::Storing { pages } => *pages,
            Step::Preparing | Step::Inspecting { .. } => PageCount::default(),
        }
    }

    pub(super) fn file_name(&self, index: usize) -> FileName<'_> {
        let name = self.files.get(index).map_or("", |file| file.name.as_str());
        FileName { name, index, files: self.files.len() }
    }

    /// What is done now while pages are read, or when the last one is done.
    pub(super) fn reading_now(&self, reading: &Reading) -> Progress {
        let pages = reading.pages();
        let assembling = matches!(self.step, Step::Assembling { .. });
        let current = self.ledger.current().filter(|_| !assembling);
        let current = current.and_then(|unit| Some((unit, reading.plan.get(unit.file)?)));
        let (message, stage) = match current {
            Some((unit, plan)) => {
                (progress::reading(self.file_name(unit.file), unit.page, &plan.pages), Stage::Reading(pages))
            }
            None => ("writing the results".to_owned(), Stage::Assembling),
        };
        Progress { message, progress: progress::percent(stage), pages }
    }

    /// What is done now, whatever the step.
    pub(super) fn now(&self) -> Progress {
        match &self.step {
            Step::Preparing => self.progress("started".to_owned(), Stage::Preparing),
            Step::Inspecting { found } => self.inspecting_now(found.len()),
            Step::Reading(reading) | Step::Assembling { read: reading, .. } => self.reading_now(reading),
            Step::Storing { .. } => self.progress("storing the results".to_owned(), Stage::Storing),
        }
    }

    fn inspecting_now(&self, done: usize) -> Progress {
        let current = self.ledger.current().map_or(0, |unit| unit.file);
        let stage = Stage::Inspecting { done: to_u32(done), total: to_u32(self.files.len()) };
        self.progress(progress::counting(self.file_name(current)), stage)
    }

    fn progress(&self, message: String, stage: Stage) -> Progress {
        Progress { message, progress: progress::percent(stage), pages: self.pages() }
    }

    pub(super) fn eta_seconds(&self) -> Option<u64> {
        match &self.step {
            Step::Reading(reading) => reading.eta_seconds(),
            _ => None,
        }
    }

    /// Tells that what the service misses is being fetched, which takes long.
    pub(super) async fn report_preparing(&self, message: String) -> Result<(), Stop> {
        self.tell(self.progress(message, Stage::Preparing)).await
    }

    /// Tells what is done now, unless the task has just begun.
    pub(super) async fn report(&self) -> Result<(), Stop> {
        if self.begun.elapsed() < QUIET { Ok(()) } else { self.tell(self.now()).await }
    }

    /// Tells what was passed over when the task had just begun. Of pages that are read it was told all the same.
    pub(in crate::task) async fn tell_late(&self) -> Result<Flow, Stop> {
        if matches!(self.step, Step::Inspecting { .. } | Step::Storing { .. }) {
            self.tell(self.now()).await?;
        }
        Ok(Flow::On)
    }

    async fn tell(&self, progress: Progress) -> Result<(), Stop> {
        let row = self.context.store.progress(&self.lease, &progress).await?;
        self.publish(row, None);
        Ok(())
    }

    pub(super) fn publish(&self, row: TaskRow, eta_seconds: Option<u64>) {
        self.context.etas.note(self.id, eta_seconds);
        self.context.publisher.publish_with_eta(row, eta_seconds);
    }
}

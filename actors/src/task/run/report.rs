//! What the owner of a task is told while it runs.

use d2d_api::PageCount;
use d2d_store::{Progress, TaskRow};

use super::{Reading, Run, Step, to_u32};
use crate::task::failure::Stop;
use crate::task::progress::{self, FileName, Stage};

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
        let current = self.ledger.current().and_then(|unit| Some((unit, reading.plan.get(unit.file)?)));
        let (message, stage) = match current {
            Some((unit, plan)) => {
                (progress::reading(self.file_name(unit.file), unit.page, &plan.pages), Stage::Reading(pages))
            }
            None => ("writing the results".to_owned(), Stage::Assembling),
        };
        Progress { message, progress: progress::percent(stage), pages }
    }

    pub(super) async fn report_inspecting(&self, done: usize) -> Result<(), Stop> {
        let current = self.ledger.current().map_or(0, |unit| unit.file);
        let stage = Stage::Inspecting { done: to_u32(done), total: to_u32(self.files.len()) };
        self.report(progress::counting(self.file_name(current)), stage).await
    }

    pub(super) async fn report(&self, message: String, stage: Stage) -> Result<(), Stop> {
        let progress = Progress { message, progress: progress::percent(stage), pages: self.pages() };
        let row = self.context.store.progress(&self.lease, &progress).await?;
        self.publish(row, None);
        Ok(())
    }

    pub(super) fn publish(&self, row: TaskRow, eta_seconds: Option<u64>) {
        self.context.etas.note(self.id, eta_seconds);
        self.context.publisher.publish_with_eta(row, eta_seconds);
    }
}

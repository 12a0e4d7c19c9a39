//! From one stage of a task to the next: prepare, inspect, read, assemble, store.

use std::collections::BTreeMap;
use std::sync::Arc;

use d2d_api::{PageError, ProblemCode, TaskError};
use d2d_store::{FailedPage, FilePlan, PageResult};
use d2d_worker::{ArtifactFile, Inspection};
use serde_json::Value;

use super::reading::{PageFailures, PageResults};
use super::{Reading, Run, Step, to_u32};
use crate::task::actor::{Flow, TaskContext, TaskMsg};
use crate::task::assemble::{self, Imported};
use crate::task::failure::{Stop, whole_task};
use crate::task::integrity;
use crate::task::ledger::{Ledger, Unit};
use crate::task::progress;

impl Run {
    /// Gets what the service misses, if it misses anything, and sees that the files are whole.
    pub(in crate::task) async fn begin(&mut self) -> Result<Flow, Stop> {
        let missing = self.context.service.missing(&self.params);
        let is_missing = missing.is_some();
        if let Some(missing) = missing {
            self.report_preparing(missing).await?;
        }
        let (me, context, params) = (self.me.clone(), Arc::clone(&self.context), Arc::clone(&self.params));
        let files = self.files.clone();
        self.hands.spawn(async move {
            let prepared = if is_missing { prepare(&context, params).await } else { Ok(()) };
            let ready = match prepared {
                Ok(()) => integrity::inputs(&files, &context.store).await,
                Err(error) => Err(error.into()),
            };
            let _ = me.cast(TaskMsg::Prepared(ready));
        });
        Ok(Flow::On)
    }

    pub(in crate::task) async fn prepared(&mut self, result: Result<(), Stop>) -> Result<Flow, Stop> {
        result?;
        if self.draining {
            return self.release().await;
        }
        self.inspect().await
    }

    /// Has the files looked at, unless an earlier attempt did.
    async fn inspect(&mut self) -> Result<Flow, Stop> {
        if self.was_planned {
            let plan = self.context.store.plan(self.id).await?;
            if !plan.is_empty() {
                return self.read(plan).await;
            }
        }
        self.step = Step::Inspecting { found: BTreeMap::new() };
        self.ledger = Ledger::of((0..self.files.len()).map(|file| Unit { file, page: 0 }));
        self.report().await?;
        self.feed();
        Ok(Flow::On)
    }

    pub(super) async fn inspected(&mut self, unit: Unit, inspection: Inspection) -> Result<Flow, Stop> {
        self.unavailable = 0;
        let name = self.file(unit)?.name.clone();
        let Step::Inspecting { found } = &mut self.step else { return Ok(Flow::On) };
        if inspection.pages.is_empty() {
            let detail = format!("`{name}` has no page to convert");
            return Err(whole_task(ProblemCode::InputNoPages, detail).into());
        }
        self.ledger.finish(unit);
        found.insert(unit.file, inspection);
        let pages: usize = found.values().map(|inspection| inspection.pages.len()).sum();
        let most = self.context.service.info().limits.pages;
        if to_u32(pages) > most {
            let detail = format!("the files have more than {most} pages, the most that a task may have; split them");
            return Err(whole_task(ProblemCode::InputTooManyPages, detail).into());
        }
        if !self.ledger.is_done() {
            self.report().await?;
            return Ok(Flow::On);
        }
        let found = std::mem::take(found);
        let plan: Vec<_> = self
            .files
            .iter()
            .zip(found.into_values())
            .map(|(file, Inspection { pages, warnings })| FilePlan { file: file.id, pages, warnings })
            .collect();
        self.read(plan).await
    }

    /// Reads the pages that are neither done nor given up yet. The plan is stored if this attempt made it.
    async fn read(&mut self, plan: Vec<FilePlan>) -> Result<Flow, Stop> {
        let planned_before = matches!(self.step, Step::Preparing);
        let (results, failed) =
            if planned_before { self.ended(&plan).await? } else { (PageResults::new(), PageFailures::new()) };
        let reading = Reading::new(plan, results, failed);
        self.ledger = Ledger::of(reading.left());
        let now = self.reading_now(&reading);
        let row = if planned_before {
            self.context.store.progress(&self.lease, &now).await?
        } else {
            self.context.store.set_plan(&self.lease, &reading.plan, &now).await?
        };
        self.step = Step::Reading(reading);
        self.publish(row, None);
        if self.ledger.is_done() {
            return self.conclude();
        }
        self.feed();
        Ok(Flow::On)
    }

    /// The pages that earlier attempts have done, and those that they gave up.
    async fn ended(&self, plan: &[FilePlan]) -> Result<(PageResults, PageFailures), Stop> {
        let unit = |id, page| Some(Unit { file: plan.iter().position(|file| file.file == id)?, page });
        let done = self.context.store.finished_pages(self.id).await?;
        let done = done.into_iter().filter_map(|page| Some((unit(page.file, page.page)?, page.blob)));
        let failed = self.context.store.failed_pages(self.id).await?.into_iter().filter_map(|page| {
            let FailedPage { file, page, code, detail, tries } = page;
            let unit = unit(file, page)?;
            let file = self.files.get(unit.file)?.name.clone();
            Some((unit, PageError { code, detail, file, page, tries }))
        });
        Ok((done.collect(), failed.collect()))
    }

    pub(super) async fn converted(&mut self, unit: Unit, page: PageResult) -> Result<Flow, Stop> {
        (self.unavailable, self.lost_pages) = (0, 0);
        if !self.ledger.finish(unit) {
            return Ok(Flow::On);
        }
        let Step::Reading(reading) = &mut self.step else { return Ok(Flow::On) };
        reading.results.insert(unit, page.blob.clone());
        let Step::Reading(reading) = &self.step else { return Ok(Flow::On) };
        let (now, eta) = (self.reading_now(reading), reading.eta_seconds());
        let row = self.context.store.checkpoint(&self.lease, &page, &now).await?;
        self.publish(row, eta);
        if self.ledger.is_done() { self.conclude() } else { Ok(Flow::On) }
    }

    /// All pages were tried: the results are written, unless pages failed that the task can't do without.
    pub(super) fn conclude(&mut self) -> Result<Flow, Stop> {
        let Step::Reading(reading) = &self.step else { return Ok(Flow::On) };
        match reading.failure(self.partial) {
            Some(error) => Err(error.into()),
            None => Ok(self.check()),
        }
    }

    /// Has the results written, unless the node goes down.
    pub(super) async fn assemble(&mut self) -> Result<Flow, Stop> {
        if self.draining {
            return self.release().await;
        }
        let out_dir = assemble::scratch_dir(self.context.scratch.clone(), format!("{}-", self.id)).await?;
        self.ledger = Ledger::of([Unit { file: 0, page: 0 }]);
        self.step = match std::mem::replace(&mut self.step, Step::Preparing) {
            Step::Reading(read) => Step::Assembling { read, out_dir },
            other => other,
        };
        self.feed();
        Ok(Flow::On)
    }

    pub(super) async fn assembled(&mut self, artifacts: Vec<ArtifactFile>) -> Result<Flow, Stop> {
        let Step::Assembling { read, out_dir } = std::mem::replace(&mut self.step, Step::Preparing) else {
            return Ok(Flow::On);
        };
        self.ledger = Ledger::default();
        self.step = Step::Storing { pages: read.pages() };
        self.report().await?;
        let (me, store) = (self.me.clone(), self.context.store.clone());
        self.hands.spawn(async move {
            let result = assemble::import(artifacts, out_dir, store).await;
            let _ = me.cast(TaskMsg::Imported(result));
        });
        Ok(Flow::On)
    }

    /// Commits the results: the one moment at which the task becomes a success.
    pub(in crate::task) async fn imported(&mut self, result: Result<Imported, Stop>) -> Result<Flow, Stop> {
        let Imported { artifacts, blobs } = result?;
        let message = progress::finished(self.pages(), self.files.len());
        let row = self.context.store.succeed(&self.lease, &artifacts, &message).await?;
        drop(blobs);
        tracing::info!(task.id = %self.id, artifacts = artifacts.len(), "task done: {message}");
        self.publish(row, None);
        Ok(Flow::End)
    }
}

/// Gets what the service misses, unless another task did just now.
async fn prepare(context: &TaskContext, params: Arc<Value>) -> Result<(), TaskError> {
    let _alone = context.pool.preparing.lock().await;
    let service = Arc::clone(&context.service);
    let got = tokio::task::spawn_blocking(move || match service.missing(&params) {
        Some(_) => service.prepare(&params),
        None => Ok(()),
    });
    got.await.unwrap_or_else(|_| {
        Err(whole_task(ProblemCode::Internal, "what the service needs could not be fetched; its log says more"))
    })
}

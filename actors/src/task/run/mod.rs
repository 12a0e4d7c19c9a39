//! The run of a task: what it holds, and how the pool is fed.

mod ending;
mod mending;
mod reading;
mod report;
mod stages;
mod trouble;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use d2d_api::{InputFile, PageCount, ProblemCode, TaskId};
use d2d_store::{Lease, PageResult, TaskRow};
use d2d_worker::Inspection;
use ractor::ActorRef;
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::actor::{Flow, TaskContext, TaskMsg};
use super::assemble;
use super::failure::{Stop, whole_task};
use super::hand::{Fate, fate_of};
use super::ledger::{Ledger, Unit};
use crate::pool::Work;

pub(super) use reading::{PageResults, Reading};
pub(super) use report::QUIET;

/// How many pages one page time limit is given for when the results are written.
const PAGES_PER_LIMIT: u32 = 50;

/// The state of a task actor.
pub(crate) struct Run {
    me: ActorRef<TaskMsg>,
    context: Arc<TaskContext>,
    lease: Lease,
    /// Which attempt it is for.
    tries: u32,
    /// When it began.
    begun: Instant,
    renewed: Instant,
    owner: Arc<str>,
    id: TaskId,
    files: Vec<InputFile>,
    params: Arc<Value>,
    /// Whether it does with the pages that can be converted.
    partial: bool,
    /// Whether an earlier attempt has counted its pages.
    was_planned: bool,
    step: Step,
    /// What is in hand in this step.
    ledger: Ledger,
    /// What runs beside: dropped, it is given up.
    hands: JoinSet<()>,
    /// Held while the jobs in the pool are wanted: dropped, they are given up.
    wanted: DropGuard,
    /// How often in a row no worker could be had.
    unavailable: u32,
    /// How many pages in a row failed by losing their workers.
    lost_pages: u32,
    /// How often pages were made again because their results were damaged on the disk.
    mended: u32,
    draining: bool,
}

/// Where a run is, with what it has gathered.
enum Step {
    Preparing,
    Inspecting { found: BTreeMap<usize, Inspection> },
    Reading(Reading),
    Assembling { read: Reading, out_dir: TempDir },
    Storing { pages: PageCount },
}

impl Run {
    pub(in crate::task) fn new(me: ActorRef<TaskMsg>, context: TaskContext, row: TaskRow, lease: Lease) -> Self {
        let params = Arc::new(row.all_params());
        let tries = row.tries();
        Self {
            me,
            context: Arc::new(context),
            lease,
            tries,
            begun: Instant::now(),
            renewed: Instant::now(),
            owner: Arc::from(row.owner),
            id: row.task.id,
            files: row.task.files,
            params,
            partial: row.task.partial,
            was_planned: row.task.pages.total > 0,
            step: Step::Preparing,
            ledger: Ledger::default(),
            hands: JoinSet::new(),
            wanted: CancellationToken::new().drop_guard(),
            unavailable: 0,
            lost_pages: 0,
            mended: 0,
            draining: false,
        }
    }

    /// What became of something in hand: whatever it was, there is room for the next.
    pub(in crate::task) async fn worked(&mut self, unit: Unit, fate: Fate) -> Result<Flow, Stop> {
        while self.hands.try_join_next().is_some() {}
        let flow = match fate {
            Fate::Inspected(inspection) => self.inspected(unit, inspection).await?,
            Fate::Converted(blob) => {
                let page = PageResult { file: self.file(unit)?.id, page: unit.page, blob: blob.sha256.clone() };
                // The blob is held until its page refers to it.
                let flow = self.converted(unit, page).await?;
                drop(blob);
                flow
            }
            Fate::Assembled(artifacts) => self.assembled(artifacts).await?,
            trouble => self.trouble(unit, trouble).await?,
        };
        if flow == Flow::End {
            return Ok(flow);
        }
        if self.draining && self.ledger.rests() && self.may_leave() {
            return self.release().await;
        }
        self.feed();
        Ok(flow)
    }

    /// Gives the pool as much as may be in hand: a page more than it has workers, so that none waits for a checkpoint.
    fn feed(&mut self) {
        if self.draining && self.may_leave() {
            return;
        }
        while let Some(unit) = self.ledger.take(self.context.pool.workers() + 1) {
            let Some((work, limit)) = self.work(unit) else { return };
            let outcome = self.context.pool.submit(&self.owner, self.id, work, limit, self.wanted.token().clone());
            let (me, store) = (self.me.clone(), self.context.store.clone());
            self.hands.spawn(async move {
                let fate = fate_of(outcome, store).await;
                let _ = me.cast(TaskMsg::Worked(unit, fate));
            });
        }
    }

    /// What is to be done of a unit in this step, and how long it may take.
    fn work(&self, unit: Unit) -> Option<(Work, Duration)> {
        let limit = self.context.pool.page_timeout();
        let params = Arc::clone(&self.params);
        let input = || Some(assemble::input(self.files.get(unit.file)?, &self.context.store));
        match &self.step {
            Step::Inspecting { .. } => Some((Work::Inspect { input: input()?, params }, limit)),
            Step::Reading(_) => Some((Work::Convert { input: input()?, page: unit.page, params }, limit)),
            Step::Assembling { read, out_dir } => {
                let store = &self.context.store;
                let job = assemble::job(&self.files, read, &params, store, out_dir.path());
                let factor = 1 + read.pages().total / PAGES_PER_LIMIT;
                Some((Work::Assemble(Box::new(job)), limit.saturating_mul(factor)))
            }
            Step::Preparing | Step::Storing { .. } => None,
        }
    }

    fn file(&self, unit: Unit) -> Result<&InputFile, Stop> {
        let missing = || whole_task(ProblemCode::UploadNoFiles, "the task has no file").into();
        self.files.get(unit.file).ok_or_else(missing)
    }
}

fn to_u32(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

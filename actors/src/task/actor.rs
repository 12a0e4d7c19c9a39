//! A `TaskActor`: works on one task that this node claimed, until it ends or is given back.
//!
//! It gets what the conversion service misses, sees that the files are whole, has them inspected, stores the plan, feeds the
//! pages to the pool with a bounded number in hand, stores each result as a checkpoint, sees that these are whole, too, has
//! the results assembled and commits them. Each step leaves a row in the store, which it publishes. It goes on where an
//! earlier attempt stopped.
//!
//! Receives what became of the work in hand, ticks to renew its lease, and orders to drain or to stop. Sends jobs to the
//! pool and rows to the publisher. What takes long runs beside it (in `hands`), so that it always listens; when it stops,
//! its hands are dropped, and the pool kills the processes that work for them.
//!
//! It has no child actors. A job that is lost with its worker is given to the pool again; a page that takes its worker
//! down twice is given up and named, and the others go on. If the lease is lost the actor stops silently. When no worker can be
//! had for long, or the store fails it, it gives the task back, to be tried again after a while from its last checkpoint; when the actor
//! itself dies, or the store does not even take that, the dispatcher does.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use d2d_store::{Lease, Store, TaskRow};
use ractor::{Actor, ActorProcessingErr, ActorRef, SupervisionEvent};

use super::assemble::Imported;
use super::failure::Stop;
use super::hand::Fate;
use super::ledger::Unit;
use super::run::{QUIET, Run};
use crate::ConversionService;
use crate::eta::Etas;
use crate::pool::PoolHandle;
use crate::publisher::Publisher;
use crate::retries::Retries;

pub(crate) struct TaskActor;

/// What a task actor is told. All of it is bounded: by what it has in hand, by its timer, by single orders.
#[derive(Debug)]
pub(crate) enum TaskMsg {
    /// Begin: sent by itself.
    Begin,
    /// What the service missed is here, and the files are whole; or not.
    Prepared(Result<(), Stop>),
    /// What became of something in hand.
    Worked(Unit, Fate),
    /// Which results of pages are damaged, before the results of the task are made of them.
    Checked(Result<Vec<Unit>, Stop>),
    /// What became of the result files.
    Imported(Result<Imported, Stop>),
    /// Tell how far it is, if that was not told yet.
    Tell,
    /// Renew the lease.
    Renew,
    /// The node goes down: finish what is in hand, then give the task back.
    Drain,
    /// The node goes down now: give the task back.
    Release,
    /// The task was cancelled or removed: stop.
    Halt,
}

/// What task actors need of their neighbourhood.
pub(crate) struct TaskContext {
    pub(crate) store: Store,
    pub(crate) publisher: Publisher,
    pub(crate) etas: Etas,
    pub(crate) service: Arc<dyn ConversionService>,
    pub(crate) pool: PoolHandle,
    /// How long the lease is held without being renewed.
    pub(crate) lease: Duration,
    /// What becomes of the task if this attempt comes to nothing.
    pub(crate) retries: Retries,
    /// Where results are made.
    pub(crate) scratch: PathBuf,
}

pub(crate) struct TaskArgs {
    pub(crate) context: TaskContext,
    pub(crate) row: TaskRow,
    pub(crate) lease: Lease,
}

/// Whether there is more to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// There is.
    On,
    /// The task has ended or was given back.
    End,
}

impl Actor for TaskActor {
    type Msg = TaskMsg;
    type State = Run;
    type Arguments = TaskArgs;

    async fn pre_start(
        &self,
        myself: ActorRef<Self::Msg>,
        TaskArgs { context, row, lease }: Self::Arguments,
    ) -> Result<Self::State, ActorProcessingErr> {
        drop(myself.send_interval(context.lease / 3, || TaskMsg::Renew));
        drop(myself.send_after(QUIET, || TaskMsg::Tell));
        myself.cast(TaskMsg::Begin)?;
        Ok(Run::new(myself, context, row, lease))
    }

    async fn handle(
        &self,
        myself: ActorRef<Self::Msg>,
        message: Self::Msg,
        run: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        let done = match message {
            TaskMsg::Begin => run.begin().await,
            TaskMsg::Prepared(result) => run.prepared(result).await,
            TaskMsg::Worked(unit, fate) => run.worked(unit, fate).await,
            TaskMsg::Checked(damaged) => run.checked(damaged).await,
            TaskMsg::Imported(result) => run.imported(result).await,
            TaskMsg::Tell => run.tell_late().await,
            TaskMsg::Renew => run.renew().await,
            TaskMsg::Drain => run.drain().await,
            TaskMsg::Release => run.release().await,
            TaskMsg::Halt => Err(Stop::Superseded),
        };
        let flow = match done {
            Ok(flow) => flow,
            Err(stop) => run.stop(stop).await?,
        };
        if flow == Flow::End {
            run.drop_hands();
            myself.stop(None);
        }
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        _: ActorRef<Self::Msg>,
        _: SupervisionEvent,
        _: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        Ok(())
    }
}

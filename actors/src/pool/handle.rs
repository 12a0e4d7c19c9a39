//! A pool as its users see it: submit a job, await its outcome.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use d2d_api::{Pool, TaskId};
use d2d_worker::Request;
use ractor::factory::routing::QueuerRouting;
use ractor::factory::{Factory, FactoryArguments, FactoryMessage, worker_builder};
use ractor::{Actor, ActorCell, ActorRef, SpawnErr};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::board::Board;
use super::fair_queue::FairQueue;
use super::job::{Job, JobKey, Outcome, Work};
use super::outstanding::{Outstanding, Ticket};
use super::worker::{PoolWorker, WorkerArgs};
use crate::address::Address;
use crate::{PoolSettings, WorkerCommand};

/// What the factory of a pool receives.
pub(crate) type PoolMsg = FactoryMessage<JobKey, Job>;

type PoolFactory = Factory<JobKey, Job, Arc<WorkerArgs>, PoolWorker, QueuerRouting<JobKey, Job>, FairQueue>;

/// The pools of all conversion services, by name.
pub(crate) type Pools = Arc<BTreeMap<String, PoolHandle>>;

/// The pool of one conversion service. Cheap to clone.
#[derive(Clone)]
pub(crate) struct PoolHandle {
    address: Address<PoolMsg>,
    shared: Arc<WorkerArgs>,
    workers: usize,
    page_timeout: Duration,
    outstanding: Arc<Outstanding>,
    numbers: Arc<AtomicU64>,
    /// Held by the one task that gets what the service misses.
    pub(crate) preparing: Arc<tokio::sync::Mutex<()>>,
}

impl PoolHandle {
    /// The pool of a service whose processes may read `blobs` and write into `scratch`. It has no factory yet.
    pub(crate) fn new(
        service: &str,
        settings: PoolSettings,
        command: WorkerCommand,
        blobs: PathBuf,
        scratch: PathBuf,
    ) -> Self {
        let workers = settings.workers.max(1);
        let outstanding = Arc::new(Outstanding::default());
        let start = Request::Start {
            settings: settings.settings,
            readable: settings.readable.into_iter().chain([blobs]).collect(),
            writable: vec![scratch],
            programs: settings.programs,
            memory_bytes: settings.memory_bytes,
        };
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let busy = Arc::clone(&outstanding);
        let shared = WorkerArgs {
            service: service.to_owned(),
            command,
            start,
            idle: settings.idle,
            board: Board::new(workers),
            outstanding: Arc::clone(&outstanding),
            threads: Box::new(move || threads_per_page(cores, workers, busy.total())),
        };
        Self {
            address: Address::vacant(),
            shared: Arc::new(shared),
            workers,
            page_timeout: settings.page_timeout,
            outstanding,
            numbers: Arc::default(),
            preparing: Arc::default(),
        }
    }

    /// The service it works for.
    pub(crate) fn service(&self) -> &str {
        &self.shared.service
    }

    /// Where its factory can be reached.
    pub(crate) fn address(&self) -> &Address<PoolMsg> {
        &self.address
    }

    /// How many workers it has at most.
    pub(crate) fn workers(&self) -> usize {
        self.workers
    }

    /// How long one page may take.
    pub(crate) fn page_timeout(&self) -> Duration {
        self.page_timeout
    }

    /// Starts the factory under `supervisor`.
    pub(crate) async fn spawn(&self, supervisor: ActorCell) -> Result<ActorRef<PoolMsg>, SpawnErr> {
        let shared = Arc::clone(&self.shared);
        let arguments = FactoryArguments::builder()
            .worker_builder(Box::new(worker_builder(move |_| (PoolWorker, Arc::clone(&shared)))))
            .num_initial_workers(self.workers)
            .router(QueuerRouting::default())
            .queue(FairQueue::new(Arc::clone(&self.outstanding)))
            .build();
        let (actor, _) = Actor::spawn_linked(None, PoolFactory::default(), arguments, supervisor).await?;
        Ok(actor)
    }

    /// Gives a job to the pool, until `halt` is cancelled. The receiver fails if the job was lost with its worker.
    pub(crate) fn submit(
        &self,
        owner: &Arc<str>,
        task: TaskId,
        work: Work,
        limit: Duration,
        halt: CancellationToken,
    ) -> oneshot::Receiver<Outcome> {
        let (reply, outcome) = oneshot::channel();
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let key = JobKey { owner: Arc::clone(owner), task, number };
        let job = Job { task, work, limit, halt, reply, ticket: Ticket::draw(&self.outstanding, owner, task) };
        if let Some(factory) = self.address.actor() {
            // A factory that is just going down drops the job: the receiver sees that.
            let _ = factory.dispatch(key, job);
        }
        // After that, so that the factory knows of the job before it hears from a worker that waited for it.
        self.outstanding.submitted();
        outcome
    }

    /// How it stands.
    pub(crate) async fn view(&self) -> Pool {
        self.shared.board.view(self.service(), self.outstanding.total()).await
    }

    /// The pages converted since the system was started.
    pub(crate) fn pages(&self) -> u64 {
        self.shared.board.pages()
    }
}

/// How many threads a page may use: all cores if it is alone, one if every worker is busy.
fn threads_per_page(cores: usize, workers: usize, outstanding: usize) -> u32 {
    let busy = outstanding.clamp(1, workers.max(1));
    u32::try_from((cores / busy).max(1)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_page_gets_all_cores_and_busy_workers_share_them() {
        assert_eq!(threads_per_page(8, 8, 1), 8);
        assert_eq!(threads_per_page(8, 8, 3), 2);
        assert_eq!(threads_per_page(8, 8, 8), 1);
        assert_eq!(threads_per_page(8, 8, 100), 1);
        assert_eq!(threads_per_page(8, 2, 100), 4);
        assert_eq!(threads_per_page(1, 4, 4), 1);
        assert_eq!(threads_per_page(0, 0, 0), 1);
    }
}

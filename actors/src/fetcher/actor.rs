//! The Fetcher: claims tasks in `fetching` and starts a `Download` for each of their files.
//!
//! Receives pokes (a task has files to fetch), ticks of its timers (other nodes leave tasks behind; progress is to be
//! told), what came of downloads, and orders to halt single tasks and to drain. Claims tasks under a lease of this node,
//! with [`crate::fair`] as the judge of whose file is next: so a task with a thousand files keeps nobody else waiting. Each
//! file that comes is written to the task in one transaction, the last one with what the task becomes then; a task of which
//! nothing is in hand any more is given back. Sends rows to the publisher, and wakes the dispatcher for what was queued.
//!
//! Its children are the downloads: one that panics counts as a file that can't be fetched. When the store fails it, or a
//! lease is lost, it lets go of the task: whoever sees that the lease is not renewed any more (it watches those of all nodes,
//! as the dispatcher does) lets another go on with what is not here yet. When it dies
//! itself, its children are killed with it and Root restarts it; it begins by giving back what this node held.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use d2d_api::{ProblemCode, TaskId, TaskStatus};
use d2d_store::{Lease, Store, StoreError, TaskRow};
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, SupervisionEvent};

use super::claim::{Claim, Hand};
use super::download::{Download, DownloadArgs, DownloadContext, Fetched};
use super::fault::told;
use crate::Refused;
use crate::dispatcher::QueueNews;
use crate::fair::{Running, Waiting};
use crate::intake::Bounds;
use crate::lease_watch::LeaseWatch;
use crate::outbound::Outbound;
use crate::publisher::Publisher;
use crate::waker::Waker;

/// How often to tell how far the downloads are.
const BEAT: Duration = Duration::from_secs(1);

pub(crate) struct Fetcher;

/// What the fetcher is told.
#[derive(Debug)]
pub(crate) enum FetcherMsg {
    /// A task has files to fetch: have a look. Send it through [`Waker`].
    Poke,
    /// Time to have a look anyway.
    Tick,
    /// Time to tell progress and to renew leases.
    Beat,
    /// What came of the download of a URL of a task.
    Ended(TaskId, usize, Box<Fetched>),
    /// The task was cancelled, which made its `seq` what it is: stop fetching its files.
    Halt(TaskId, u64),
    /// Claim nothing more, give back what is in hand, and answer then.
    Drain(RpcReplyPort<()>),
    /// Answer, to show that messages are handled.
    Ping(RpcReplyPort<()>),
}

#[derive(Clone)]
pub(crate) struct FetcherArgs {
    pub(crate) bounds: Bounds,
    pub(crate) outbound: Outbound,
    pub(crate) publisher: Publisher,
    pub(crate) waker: Waker<FetcherMsg>,
    pub(crate) queue: QueueNews,
}

pub(crate) struct FetcherState {
    args: FetcherArgs,
    context: Arc<DownloadContext>,
    claims: HashMap<TaskId, Claim>,
    /// The leases of tasks whose files others fetch.
    watch: LeaseWatch,
    /// Whether nothing is claimed any more.
    draining: bool,
}

impl Actor for Fetcher {
    type Msg = FetcherMsg;
    type State = FetcherState;
    type Arguments = FetcherArgs;

    async fn pre_start(
        &self,
        myself: ActorRef<Self::Msg>,
        args: Self::Arguments,
    ) -> Result<Self::State, ActorProcessingErr> {
        let (store, config) = (&args.bounds.store, &args.bounds.config);
        let left = store.leases(TaskStatus::Fetching).await?;
        for seen in left.into_iter().filter(|seen| seen.lease.node == config.ops.node) {
            match store.release_fetching(&seen.lease).await {
                Ok(row) => drop(args.publisher.publish(row)),
                Err(StoreError::LeaseLost | StoreError::NotFound) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let watch = LeaseWatch::new(config.tasks.lease);
        args.waker.answered();
        drop(myself.send_interval(LeaseWatch::interval(config.tasks.lease), || FetcherMsg::Tick));
        drop(myself.send_interval(BEAT, || FetcherMsg::Beat));
        myself.cast(FetcherMsg::Tick)?;
        let context = DownloadContext {
            outbound: args.outbound.clone(),
            bounds: args.bounds.clone(),
            limit: args.bounds.config.uploads.fetch_timeout,
            stall: args.bounds.config.uploads.fetch_stall,
        };
        Ok(FetcherState { args, context: Arc::new(context), claims: HashMap::new(), watch, draining: false })
    }

    async fn handle(
        &self,
        myself: ActorRef<Self::Msg>,
        message: Self::Msg,
        state: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            FetcherMsg::Poke => {
                state.args.waker.answered();
                state.fill(&myself).await;
            }
            FetcherMsg::Tick => {
                state.take_over().await;
                state.fill(&myself).await;
            }
            FetcherMsg::Beat => state.beat().await,
            FetcherMsg::Ended(task, index, fetched) => {
                state.ended(task, index, *fetched).await;
                state.fill(&myself).await;
            }
            FetcherMsg::Halt(task, seq) => {
                state.halt(task, seq);
                state.fill(&myself).await;
            }
            FetcherMsg::Drain(reply) => {
                state.drain().await;
                drop(reply.send(()));
            }
            FetcherMsg::Ping(reply) => drop(reply.send(())),
        }
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<Self::Msg>,
        event: SupervisionEvent,
        state: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        // One that stops has sent what came of it before.
        let SupervisionEvent::ActorFailed(who, error) = event else { return Ok(()) };
        let lost = state.claims.iter().find_map(|(task, claim)| Some((*task, claim.index_of(who.get_id())?)));
        if let Some((task, index)) = lost {
            tracing::error!(task.id = %task, url = index, %error, "a download failed by a fault of the service");
            let refused = Refused::new(ProblemCode::Internal, "fetching it failed by a fault of the service");
            state.ended(task, index, Err(refused)).await;
            state.fill(&myself).await;
        }
        Ok(())
    }
}

impl FetcherState {
    fn store(&self) -> &Store {
        &self.args.bounds.store
    }

    /// Starts what may be fetched now, and gives back tasks of which nothing is.
    async fn fill(&mut self, myself: &ActorRef<FetcherMsg>) {
        if self.draining {
            return;
        }
        if let Err(error) = self.start_picks(myself).await {
            tracing::warn!(%error, "the tasks with files to fetch could not be read; will try again");
        }
        let idle = self.claims.iter().filter(|(_, claim)| claim.hands.is_empty()).map(|(task, _)| *task);
        for task in idle.collect::<Vec<_>>() {
            self.give_back(task).await;
        }
    }

    /// Takes the tasks away from those who did not renew their leases for long.
    async fn take_over(&mut self) {
        let began = Instant::now();
        let leases = match self.store().leases(TaskStatus::Fetching).await {
            Ok(leases) => leases,
            Err(error) => return tracing::warn!(%error, "leases could not be looked at; will try again"),
        };
        // What is fetched here is known to be alive.
        let here = |lease: &Lease| self.claims.get(&lease.task).is_some_and(|claim| claim.lease == *lease);
        let leases = leases.into_iter().filter(|seen| !here(&seen.lease)).collect();
        for void in self.watch.look(began, Instant::now(), leases) {
            tracing::warn!(task.id = %void.lease.task, node = void.lease.node, "a lease was not renewed any more");
            match self.store().release_fetching_unrenewed(&void.lease, Some(void.beat)).await {
                Ok(row) => drop(self.args.publisher.publish(row)),
                Err(StoreError::LeaseLost | StoreError::NotFound) => {}
                Err(error) => tracing::warn!(%error, "a void lease could not be taken away; will try again"),
            }
        }
    }

    /// Each pick gets one download; a task may be picked again in the next round.
    async fn start_picks(&mut self, myself: &ActorRef<FetcherMsg>) -> Result<(), StoreError> {
        if self.load().is_full() {
            return Ok(());
        }
        let mut unclaimed = self.store().candidates_to_fetch(self.limit()).await?;
        loop {
            let claimed =
                self.claims.values().filter(|claim| claim.next().is_some()).map(|claim| claim.row.candidate());
            let candidates = claimed.chain(unclaimed.iter().cloned());
            let picked = Waiting::of(candidates, usize::MAX).take(&mut self.load());
            if picked.is_empty() {
                return Ok(());
            }
            unclaimed.retain(|task| !picked.contains(&task.id));
            for task in picked {
                if self.claims.contains_key(&task) || self.claim(task).await? {
                    self.start(myself, task).await;
                }
            }
        }
    }

    /// Takes a task for this node; `false` if another was faster.
    async fn claim(&mut self, task: TaskId) -> Result<bool, StoreError> {
        let config = &self.args.bounds.config;
        let claimed = self.store().claim_to_fetch(task, &config.ops.node).await?;
        let Some((row, lease)) = claimed else { return Ok(false) };
        tracing::info!(task.id = %task, urls = row.task.urls.len(), "fetching the files of a task");
        self.claims.insert(task, Claim::new(row, lease));
        Ok(true)
    }

    /// Starts the next download of a claimed task.
    async fn start(&mut self, myself: &ActorRef<FetcherMsg>, task: TaskId) {
        let Some(claim) = self.claims.get_mut(&task) else { return };
        let Some(index) = claim.next() else { return };
        let bytes = Arc::new(AtomicU64::new(0));
        let args = DownloadArgs {
            context: Arc::clone(&self.context),
            fetcher: myself.clone(),
            owner: claim.row.owner.clone(),
            task: claim.row.task.clone(),
            index,
            bytes: Arc::clone(&bytes),
        };
        match Actor::spawn_linked(None, Download, args, myself.get_cell()).await {
            Ok((actor, _)) => drop(claim.hands.insert(index, Hand::new(actor, bytes))),
            Err(error) => {
                tracing::error!(task.id = %task, %error, "a download did not start; the task is given back");
                self.give_back(task).await;
            }
        }
    }

    fn limit(&self) -> usize {
        self.args.bounds.config.uploads.fetch_parallel
    }

    fn load(&self) -> Running {
        let mut load = Running::within(self.limit(), None);
        for claim in self.claims.values().filter(|claim| !claim.hands.is_empty()) {
            load.add(&claim.row.owner, claim.hands.len());
        }
        load
    }

    /// A download came to its end.
    async fn ended(&mut self, task: TaskId, index: usize, fetched: Fetched) {
        let Some((lease, url)) = self.claims.get_mut(&task).and_then(|claim| claim.take(index)) else {
            return self.discard(fetched).await;
        };
        let kept = match fetched {
            Ok(received) => self.keep(&lease, index, received).await,
            Err(refused) => Ok(Err(refused)),
        };
        let settled = match kept {
            Ok(Ok(row)) => Ok(row),
            Ok(Err(refused)) => {
                tracing::info!(task.id = %task, url = index, code = %refused.code, "a file could not be fetched");
                self.store().not_fetched(&lease, index, told(&url, &refused)).await
            }
            Err(error) => Err(error),
        };
        self.go_on(task, settled);
    }

    /// Writes a file to its task; the inner error is for its owner.
    async fn keep(
        &self,
        lease: &Lease,
        index: usize,
        received: crate::intake::Received,
    ) -> Result<Result<TaskRow, Refused>, StoreError> {
        let most = self.args.bounds.config.uploads.bytes_per_user();
        let (bytes, sha256) = (received.file.bytes, received.file.sha256.clone());
        let kept = self.store().fetched(lease, index, received.file, most).await;
        // Held until the task refers to it.
        drop(received.blob);
        if kept.is_ok() {
            tracing::info!(task.id = %lease.task, url = index, bytes, "file fetched");
        } else {
            self.remove(sha256).await;
        }
        match kept {
            Err(StoreError::TooManyBytes) => Ok(Err(StoreError::TooManyBytes.into())),
            other => other.map(Ok),
        }
    }

    /// Removes what was fetched for a task that does not take it any more.
    async fn discard(&self, fetched: Fetched) {
        if let Ok(received) = fetched {
            drop(received.blob);
            self.remove(received.file.sha256).await;
        }
    }

    async fn remove(&self, sha256: String) {
        if let Err(error) = self.store().remove_unused_blobs(vec![sha256]).await {
            tracing::warn!(%error, "a file that no task takes can't be removed");
        }
    }

    /// A change of a claimed task came to this.
    fn go_on(&mut self, task: TaskId, changed: Result<TaskRow, StoreError>) {
        match changed {
            Ok(row) => {
                let (status, candidate) = (row.task.status, row.candidate());
                match self.claims.get_mut(&task) {
                    Some(claim) if status == TaskStatus::Fetching => claim.row = row.clone(),
                    _ => self.forget(task),
                }
                self.args.publisher.publish(row);
                if status == TaskStatus::Queued {
                    tracing::info!(task.id = %task, "task queued");
                    self.args.queue.queued(candidate);
                }
            }
            Err(StoreError::LeaseLost | StoreError::NotFound) => self.forget(task),
            Err(error) => {
                tracing::warn!(task.id = %task, %error, "a task can't be changed; its files are fetched when its lease runs out");
                self.forget(task);
            }
        }
    }

    /// Tells how far the downloads are, and keeps the leases.
    async fn beat(&mut self) {
        let ttl = self.args.bounds.config.tasks.lease;
        for task in self.claims.keys().copied().collect::<Vec<_>>() {
            let Some(claim) = self.claims.get_mut(&task) else { continue };
            let news = claim.news();
            if !news.is_empty() {
                let (lease, message) = (claim.lease.clone(), claim.message());
                let told = self.store().tell_fetching(&lease, &news, &message).await;
                self.go_on(task, told);
            }
            let Some(claim) = self.claims.get_mut(&task).filter(|claim| claim.is_due(ttl)) else { continue };
            let lease = claim.lease.clone();
            let asked = Instant::now();
            match (self.store().renew_fetching(&lease).await, self.claims.get_mut(&task)) {
                (Ok(()), Some(claim)) => claim.renewed = asked,
                (Err(error @ StoreError::Database { .. }), Some(claim)) if claim.renewed.elapsed() < ttl => {
                    tracing::warn!(task.id = %task, %error, "a lease could not be renewed; will try again");
                }
                (renewed, _) => drop(renewed.map_err(|error| self.go_on(task, Err(error)))),
            }
        }
    }

    /// Lets go of a task that was cancelled; not of one that was claimed since, after it was tried again.
    fn halt(&mut self, task: TaskId, seq: u64) {
        if self.claims.get(&task).is_some_and(|claim| claim.row.task.seq < seq) {
            self.forget(task);
        }
    }

    /// Lets go of a task: its downloads end at once.
    fn forget(&mut self, task: TaskId) {
        if let Some(mut claim) = self.claims.remove(&task) {
            claim.drop_hands();
        }
    }

    /// Lets go of a task, and lets others have it.
    async fn give_back(&mut self, task: TaskId) {
        let Some(mut claim) = self.claims.remove(&task) else { return };
        claim.drop_hands();
        match self.store().release_fetching(&claim.lease).await {
            Ok(row) => drop(self.args.publisher.publish(row)),
            Err(StoreError::LeaseLost | StoreError::NotFound) => {}
            Err(error) => tracing::warn!(task.id = %task, %error, "a task can't be given back; its lease runs out"),
        }
    }

    async fn drain(&mut self) {
        self.draining = true;
        for task in self.claims.keys().copied().collect::<Vec<_>>() {
            self.give_back(task).await;
        }
    }
}

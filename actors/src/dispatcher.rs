//! The Dispatcher: claims what may run next and starts a `TaskActor` for each.
//!
//! Receives pokes (something was queued), ticks of its timer (other nodes queue things too, and leases run out), orders to
//! halt single tasks and to drain. Asks the store for candidates, lets [`crate::fair`] pick, claims each pick under a
//! lease of this node. Sends orders to its task actors.
//!
//! Its children are the task actors: when one ends, its place is free for the next. One that dies is let go: its lease
//! runs out, and whoever sees that first queues the task again, the attempt counted. When the dispatcher itself dies, its
//! children are killed with it and Root restarts it; it begins by giving back what this node held, so nothing waits for
//! leases to run out. A store that does not answer is waited for: the next tick tries again.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use d2d_api::{ProblemCode, TaskError, TaskId};
use d2d_store::{Lease, Store, StoreError, TaskRow};
use ractor::{Actor, ActorId, ActorProcessingErr, ActorRef, RpcReplyPort, SupervisionEvent};

use crate::Registry;
use crate::eta::Etas;
use crate::fair::{self, Running};
use crate::pool::Pools;
use crate::publisher::Publisher;
use crate::task::{TaskActor, TaskArgs, TaskContext, TaskMsg};
use crate::waker::Waker;

/// How often to look for work that nobody poked about.
const TICK: Duration = Duration::from_secs(2);

pub(crate) struct Dispatcher;

/// What the dispatcher is told.
#[derive(Debug)]
pub(crate) enum DispatcherMsg {
    /// Something was queued: have a look. Send it through [`Waker`].
    Poke,
    /// Time to have a look anyway.
    Tick,
    /// The task was cancelled, which made its `seq` what it is: stop working on it, unless it was claimed anew since.
    Halt(TaskId, u64),
    /// Claim nothing more, and give back what runs, at once after the deadline; answer when nothing runs any more.
    Drain(Duration, RpcReplyPort<()>),
    /// The deadline of the drain has passed.
    DrainDeadline,
    /// Answer, to show that messages are handled.
    Ping(RpcReplyPort<()>),
}

#[derive(Clone)]
pub(crate) struct DispatcherArgs {
    pub(crate) store: Store,
    pub(crate) registry: Registry,
    pub(crate) pools: Pools,
    pub(crate) publisher: Publisher,
    pub(crate) etas: Etas,
    pub(crate) waker: Waker<DispatcherMsg>,
    /// The name of this node.
    pub(crate) node: String,
    /// How many tasks run at once.
    pub(crate) limit: usize,
    /// How long a lease is held without being renewed.
    pub(crate) lease: Duration,
    /// How often a task is started before it fails.
    pub(crate) attempts: u32,
    /// Where results are made.
    pub(crate) scratch: PathBuf,
}

pub(crate) struct DispatcherState {
    args: DispatcherArgs,
    running: HashMap<ActorId, RunningTask>,
    /// Whether nothing is claimed any more.
    draining: bool,
    /// Who waits for the drain to end.
    drained: Option<RpcReplyPort<()>>,
}

struct RunningTask {
    id: TaskId,
    /// That of the claim.
    seq: u64,
    owner: String,
    actor: ActorRef<TaskMsg>,
}

impl Actor for Dispatcher {
    type Msg = DispatcherMsg;
    type State = DispatcherState;
    type Arguments = DispatcherArgs;

    async fn pre_start(
        &self,
        myself: ActorRef<Self::Msg>,
        args: Self::Arguments,
    ) -> Result<Self::State, ActorProcessingErr> {
        let released = args.store.release_node(&args.node).await?;
        if !released.is_empty() {
            tracing::info!(tasks = released.len(), "tasks that were left unfinished are queued again");
        }
        for row in released {
            args.publisher.publish(row);
        }
        args.waker.answered();
        drop(myself.send_interval(TICK, || DispatcherMsg::Tick));
        myself.cast(DispatcherMsg::Tick)?;
        Ok(DispatcherState { args, running: HashMap::new(), draining: false, drained: None })
    }

    async fn handle(
        &self,
        myself: ActorRef<Self::Msg>,
        message: Self::Msg,
        state: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            DispatcherMsg::Poke => {
                state.args.waker.answered();
                state.dispatch(&myself).await;
            }
            DispatcherMsg::Tick => {
                state.take_over().await;
                state.dispatch(&myself).await;
            }
            DispatcherMsg::Halt(id, seq) => state.halt(id, seq),
            DispatcherMsg::Drain(deadline, reply) => {
                state.drain(reply);
                drop(myself.send_after(deadline, || DispatcherMsg::DrainDeadline));
            }
            DispatcherMsg::DrainDeadline => state.order(|| TaskMsg::Release),
            DispatcherMsg::Ping(reply) => drop(reply.send(())),
        }
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<Self::Msg>,
        event: SupervisionEvent,
        state: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        match event {
            SupervisionEvent::ActorTerminated(who, ..) => state.ended(who.get_id()),
            SupervisionEvent::ActorFailed(who, error) => {
                let task = state.running.get(&who.get_id()).map(|running| running.id);
                tracing::error!(task.id = ?task, %error, "a task actor failed; its task is tried again when its lease runs out");
                state.ended(who.get_id());
            }
            _ => return Ok(()),
        }
        state.dispatch(&myself).await;
        Ok(())
    }
}

impl DispatcherState {
    /// Starts what may run now.
    async fn dispatch(&mut self, myself: &ActorRef<DispatcherMsg>) {
        if self.draining {
            return;
        }
        if let Err(error) = self.claim_picks(myself).await {
            tracing::warn!(%error, "the queue could not be read; will try again");
        }
    }

    async fn claim_picks(&mut self, myself: &ActorRef<DispatcherMsg>) -> Result<(), StoreError> {
        let candidates = self.args.store.candidates(self.args.limit).await?;
        for id in fair::pick(&candidates, &self.load()) {
            // Another node may have been faster: then there is nothing to start.
            if let Some((row, lease)) = self.args.store.claim(id, &self.args.node, self.args.lease).await? {
                self.start(myself, row, lease).await?;
            }
        }
        Ok(())
    }

    fn load(&self) -> Running {
        let mut load = Running { limit: self.args.limit, ..Running::default() };
        for task in self.running.values() {
            *load.by_owner.entry(task.owner.clone()).or_default() += 1;
        }
        load
    }

    /// Starts a claimed task, unless it was started too often already or nobody here can do it.
    async fn start(&mut self, myself: &ActorRef<DispatcherMsg>, row: TaskRow, lease: Lease) -> Result<(), StoreError> {
        let (id, seq, owner) = (row.task.id, row.task.seq, row.owner.clone());
        tracing::info!(task.id = %id, attempt = row.task.attempt, "task claimed");
        self.args.publisher.publish(row.clone());
        let context = match self.context(&row) {
            Ok(context) => context,
            Err(error) => {
                let row = self.args.store.fail(&lease, error).await?;
                self.args.publisher.publish(row);
                return Ok(());
            }
        };
        match Actor::spawn_linked(None, TaskActor, TaskArgs { context, row, lease }, myself.get_cell()).await {
            Ok((actor, _)) => {
                self.running.insert(actor.get_id(), RunningTask { id, seq, owner, actor });
            }
            Err(error) => {
                tracing::error!(task.id = %id, %error, "a task actor did not start; its task is tried again when its lease runs out");
            }
        }
        Ok(())
    }

    fn context(&self, row: &TaskRow) -> Result<TaskContext, TaskError> {
        let failure = |code, detail| TaskError { code, detail, file: None, page: None };
        if row.task.attempt.saturating_sub(row.attempts_before) > self.args.attempts {
            let detail = format!(
                "the task was started {} times and never came to its end; the log of the service says why",
                self.args.attempts
            );
            return Err(failure(ProblemCode::Internal, detail));
        }
        let name = &row.task.service;
        let (Some(service), Some(pool)) = (self.args.registry.get(name), self.args.pools.get(name)) else {
            let detail = format!("there is no conversion service `{name}` any more");
            return Err(failure(ProblemCode::ServiceNotFound, detail));
        };
        Ok(TaskContext {
            store: self.args.store.clone(),
            publisher: self.args.publisher.clone(),
            etas: self.args.etas.clone(),
            service: Arc::clone(service),
            pool: pool.clone(),
            lease: self.args.lease,
            scratch: self.args.scratch.clone(),
        })
    }

    /// Queues the tasks again whose leases have run out: their nodes are dead, or the actors that held them are.
    async fn take_over(&self) {
        match self.args.store.release_expired().await {
            Ok(rows) => {
                for row in rows {
                    tracing::warn!(task.id = %row.task.id, "a lease ran out: the task is queued again");
                    self.args.publisher.publish(row);
                }
            }
            Err(error) => tracing::warn!(%error, "leases could not be looked at; will try again"),
        }
    }

    fn halt(&self, id: TaskId, seq: u64) {
        for task in self.running.values().filter(|task| task.id == id && task.seq < seq) {
            let _ = task.actor.cast(TaskMsg::Halt);
        }
    }

    fn drain(&mut self, reply: RpcReplyPort<()>) {
        tracing::info!(running = self.running.len(), "draining: running tasks are given back");
        self.draining = true;
        self.drained = Some(reply);
        self.order(|| TaskMsg::Drain);
        self.answer_drained();
    }

    fn order(&self, order: impl Fn() -> TaskMsg) {
        for task in self.running.values() {
            let _ = task.actor.cast(order());
        }
    }

    fn ended(&mut self, actor: ActorId) {
        if let Some(task) = self.running.remove(&actor) {
            self.args.etas.note(task.id, None);
        }
        self.answer_drained();
    }

    fn answer_drained(&mut self) {
        if self.running.is_empty()
            && let Some(reply) = self.drained.take()
        {
            let _ = reply.send(());
        }
    }
}

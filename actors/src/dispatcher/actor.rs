//! The Dispatcher: claims what may run next and starts a `TaskActor` for each.
//!
//! Receives pokes (something was queued here), ticks of its timer (other nodes queue things too, and die), orders to halt
//! single tasks and to drain. Lets [`crate::fair`] pick among the tasks that it knows to wait, claims each pick under a
//! lease of this node. Sends orders to its task actors.
//!
//! Its children are the task actors: when one ends, its place is free for the next. The task of one that dies is given back
//! to the queue, the attempt counted, to be tried again after a while. It watches the leases of all nodes
//! ([`crate::lease_watch`]): the task of a node that is dead is given back in the same way. When the dispatcher itself dies,
//! its children are killed with it and Root restarts it; it begins by giving back what this node held, so nothing waits for
//! leases to be void. A store that does not answer is waited for: the next tick tries again.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use d2d_api::{TaskId, TaskStatus};
use d2d_store::Store;
use ractor::{Actor, ActorId, ActorProcessingErr, ActorRef, RpcReplyPort, SupervisionEvent};

use super::QueueNews;
use super::leases::end;
use crate::Registry;
use crate::eta::Etas;
use crate::fair::Waiting;
use crate::lease_watch::LeaseWatch;
use crate::pool::Pools;
use crate::publisher::Publisher;
use crate::retries::{Held, Retries, Trouble};
use crate::task::TaskMsg;

pub(crate) struct Dispatcher;

/// What the dispatcher is told.
#[derive(Debug)]
pub(crate) enum DispatcherMsg {
    /// Something was queued here: have a look. Send it through [`QueueNews`].
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
    pub(crate) news: QueueNews,
    /// The name of this node.
    pub(crate) node: String,
    /// How many tasks run at once.
    pub(crate) limit: usize,
    /// How many of those may be of the same account.
    pub(crate) limit_per_owner: Option<usize>,
    /// How long a lease is held without being renewed.
    pub(crate) lease: Duration,
    /// What becomes of tasks whose attempt came to nothing.
    pub(crate) retries: Retries,
    /// Where results are made.
    pub(crate) scratch: PathBuf,
}

pub(crate) struct DispatcherState {
    pub(super) args: DispatcherArgs,
    pub(super) running: HashMap<ActorId, RunningTask>,
    /// The tasks that wait, as far as they are known.
    pub(super) waiting: Waiting,
    /// When to read the queue again.
    pub(super) read_again: Instant,
    /// The leases of all tasks that run, wherever.
    pub(super) watch: LeaseWatch,
    /// What is still to be given back.
    pub(super) given_up: Vec<(Held, Trouble)>,
    /// Whether nothing is claimed any more.
    pub(super) draining: bool,
    /// Who waits for the drain to end.
    drained: Option<RpcReplyPort<()>>,
}

pub(super) struct RunningTask {
    pub(super) id: TaskId,
    /// That of the claim.
    pub(super) seq: u64,
    pub(super) owner: String,
    pub(super) held: Held,
    pub(super) actor: ActorRef<TaskMsg>,
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
        let left = args.store.leases(TaskStatus::Execution).await?;
        for seen in left.into_iter().filter(|seen| seen.lease.node == args.node) {
            let held = Held { lease: seen.lease, beat: None, tries: seen.tries };
            end(&args.retries, &held, &Trouble::Restarted).await?;
        }
        args.news.take();
        drop(myself.send_interval(LeaseWatch::interval(args.lease), || DispatcherMsg::Tick));
        myself.cast(DispatcherMsg::Tick)?;
        Ok(DispatcherState {
            running: HashMap::new(),
            waiting: Waiting::default(),
            read_again: Instant::now(),
            watch: LeaseWatch::new(args.lease),
            given_up: Vec::new(),
            draining: false,
            drained: None,
            args,
        })
    }

    async fn handle(
        &self,
        myself: ActorRef<Self::Msg>,
        message: Self::Msg,
        state: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            DispatcherMsg::Poke => state.dispatch(&myself).await,
            DispatcherMsg::Tick => {
                state.give_up_again().await;
                state.take_over().await;
                state.look_around().await;
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
            SupervisionEvent::ActorTerminated(who, ..) => drop(state.ended(who.get_id())),
            SupervisionEvent::ActorFailed(who, error) => {
                if let Some(task) = state.ended(who.get_id()) {
                    tracing::error!(task.id = %task.id, %error, "a task actor failed");
                    state.give_up(task.held, Trouble::BrokeOff).await;
                }
            }
            _ => return Ok(()),
        }
        state.dispatch(&myself).await;
        Ok(())
    }
}

impl DispatcherState {
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

    fn ended(&mut self, actor: ActorId) -> Option<RunningTask> {
        let task = self.running.remove(&actor)?;
        self.args.etas.note(task.id, None);
        self.answer_drained();
        Some(task)
    }

    fn answer_drained(&mut self) {
        if self.running.is_empty()
            && let Some(reply) = self.drained.take()
        {
            let _ = reply.send(());
        }
    }
}

//! Root: supervises the Broadcaster, the pools and the Dispatcher.
//!
//! Receives pings, and orders of its own to put a child back. Answers a ping by a round trip to every child. Keeps the
//! addresses of the children up to date, through which everybody else reaches them.
//!
//! A child that dies leaves its address vacant and is started again after a delay that doubles with each death of the last
//! minute. A child that dies more than [`MOST_DEATHS`] times in a minute can't be helped by that: Root fails, which ends
//! every actor and makes [`crate::System::failed`] resolve, so that the daemon ends with an error and systemd starts it
//! anew. When Root is stopped, its children end with it, and with them the worker processes.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use ractor::{Actor, ActorCell, ActorId, ActorProcessingErr, ActorRef, RpcReplyPort, SpawnErr, SupervisionEvent};
use tokio::sync::watch;

use crate::address::Address;
use crate::backoff::Backoff;
use crate::broadcaster::{Broadcaster, BroadcasterMsg};
use crate::dispatcher::{Dispatcher, DispatcherArgs, DispatcherMsg};
use crate::pool::{PoolMsg, Pools};

/// A child may die so often in [`DEATHS_REMEMBERED`].
const MOST_DEATHS: usize = 5;
const DEATHS_REMEMBERED: Duration = Duration::from_mins(1);
const BACKOFF: Backoff = Backoff { first: Duration::from_millis(100), longest: Duration::from_secs(5) };

/// How long a child may take to answer a ping.
const PING_LIMIT: Duration = Duration::from_secs(5);

pub(crate) struct Root;

/// What Root is told.
#[derive(Debug)]
pub(crate) enum RootMsg {
    /// Put a child back in its place.
    Restart(Place),
    /// Answer when every child has; else say who did not.
    Ping(RpcReplyPort<Result<(), String>>),
}

/// A place in the tree under Root.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// The broadcaster's.
    Broadcaster,
    /// That of the pool of a conversion service.
    Pool(String),
    /// The dispatcher's.
    Dispatcher,
}

pub(crate) struct RootArgs {
    pub(crate) broadcaster: Address<BroadcasterMsg>,
    pub(crate) dispatcher: Address<DispatcherMsg>,
    pub(crate) pools: Pools,
    pub(crate) dispatcher_args: DispatcherArgs,
    /// Where Root says why it failed.
    pub(crate) failure: watch::Sender<Option<String>>,
}

pub(crate) struct RootState {
    args: RootArgs,
    children: HashMap<ActorId, Place>,
    deaths: HashMap<Place, VecDeque<Instant>>,
}

impl Actor for Root {
    type Msg = RootMsg;
    type State = RootState;
    type Arguments = RootArgs;

    /// The dispatcher comes last: it gives work to the others at once.
    async fn pre_start(
        &self,
        myself: ActorRef<Self::Msg>,
        args: Self::Arguments,
    ) -> Result<Self::State, ActorProcessingErr> {
        let pools = args.pools.keys().cloned().map(Place::Pool);
        let places: Vec<_> = [Place::Broadcaster].into_iter().chain(pools).chain([Place::Dispatcher]).collect();
        let mut state = RootState { args, children: HashMap::new(), deaths: HashMap::new() };
        for place in places {
            state.fill(place, myself.get_cell()).await?;
        }
        Ok(state)
    }

    async fn handle(
        &self,
        myself: ActorRef<Self::Msg>,
        message: Self::Msg,
        state: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            RootMsg::Restart(place) => {
                if let Err(error) = state.fill(place.clone(), myself.get_cell()).await {
                    return state.bury(place, &error.to_string(), &myself);
                }
            }
            RootMsg::Ping(reply) => state.ping(reply),
        }
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<Self::Msg>,
        event: SupervisionEvent,
        state: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        let (who, why) = match event {
            SupervisionEvent::ActorTerminated(who, _, reason) => {
                (who, reason.unwrap_or_else(|| "it stopped".to_owned()))
            }
            SupervisionEvent::ActorFailed(who, error) => (who, error.to_string()),
            _ => return Ok(()),
        };
        match state.children.remove(&who.get_id()) {
            Some(place) => state.bury(place, &why, &myself),
            None => Ok(()),
        }
    }
}

impl RootState {
    /// Starts the actor of a place and lets it live at its address.
    async fn fill(&mut self, place: Place, me: ActorCell) -> Result<(), SpawnErr> {
        let child = match &place {
            Place::Broadcaster => {
                let (actor, _) = Actor::spawn_linked(None, Broadcaster, (), me).await?;
                self.args.broadcaster.occupy(actor.clone());
                actor.get_id()
            }
            Place::Dispatcher => {
                let args = self.args.dispatcher_args.clone();
                let (actor, _) = Actor::spawn_linked(None, Dispatcher, args, me).await?;
                self.args.dispatcher.occupy(actor.clone());
                actor.get_id()
            }
            Place::Pool(service) => {
                let Some(pool) = self.args.pools.get(service) else { return Ok(()) };
                let actor = pool.spawn(me).await?;
                pool.address().occupy(actor.clone());
                actor.get_id()
            }
        };
        self.children.insert(child, place);
        Ok(())
    }

    /// A child is dead: sees to it that it is started again, or gives up.
    fn bury(&mut self, place: Place, why: &str, myself: &ActorRef<RootMsg>) -> Result<(), ActorProcessingErr> {
        self.vacate(&place);
        let deaths = self.deaths.entry(place.clone()).or_default();
        deaths.push_back(Instant::now());
        while deaths.front().is_some_and(|death| death.elapsed() > DEATHS_REMEMBERED) {
            deaths.pop_front();
        }
        let count = deaths.len();
        if count > MOST_DEATHS {
            let reason = format!("{place:?} died {count} times within {} s, last: {why}", DEATHS_REMEMBERED.as_secs());
            tracing::error!(reason, "the supervision tree gives up");
            self.args.failure.send_replace(Some(reason.clone()));
            return Err(reason.into());
        }
        let delay = BACKOFF.after(u32::try_from(count).unwrap_or(u32::MAX));
        tracing::error!(?place, why, restart_in_ms = delay.as_millis(), "an actor died and is restarted");
        drop(myself.send_after(delay, move || RootMsg::Restart(place)));
        Ok(())
    }

    fn vacate(&self, place: &Place) {
        match place {
            Place::Broadcaster => self.args.broadcaster.vacate(),
            Place::Dispatcher => self.args.dispatcher.vacate(),
            Place::Pool(service) => {
                if let Some(pool) = self.args.pools.get(service) {
                    pool.address().vacate();
                }
            }
        }
    }

    /// Asks every child beside, so that a child that does not answer does not keep Root from its work.
    fn ping(&self, reply: RpcReplyPort<Result<(), String>>) {
        let (broadcaster, dispatcher) = (self.args.broadcaster.clone(), self.args.dispatcher.clone());
        let pools = std::sync::Arc::clone(&self.args.pools);
        tokio::spawn(async move {
            let asked_pools = join_all(pools.values().map(|pool| async {
                let answer = pool.address().call(PoolMsg::GetQueueDepth, PING_LIMIT).await;
                answer.map(drop).map_err(|_| format!("the pool of `{}`", pool.service()))
            }));
            let (broadcaster, dispatcher, pools) = tokio::join!(
                broadcaster.call(BroadcasterMsg::Ping, PING_LIMIT),
                dispatcher.call(DispatcherMsg::Ping, PING_LIMIT),
                asked_pools,
            );
            let answers = [
                broadcaster.map_err(|_| "the broadcaster".to_owned()),
                dispatcher.map_err(|_| "the dispatcher".to_owned()),
            ];
            let silent: Vec<_> = answers.into_iter().chain(pools).filter_map(Result::err).collect();
            let _ = reply.send(if silent.is_empty() { Ok(()) } else { Err(silent.join(", ")) });
        });
    }
}

//! Root: supervises the Broadcaster, the pools, the Dispatcher, the Fetcher, the Webhooks and the Janitor.
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
use crate::broadcaster::{Broadcaster, BroadcasterArgs, BroadcasterMsg};
use crate::dispatcher::{Dispatcher, DispatcherArgs, DispatcherMsg};
use crate::fetcher::{Fetcher, FetcherArgs, FetcherMsg};
use crate::janitor::{Janitor, JanitorArgs, JanitorMsg};
use crate::pool::{PoolMsg, Pools};
use crate::webhooks::{Webhooks, WebhooksArgs, WebhooksMsg};

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
    /// The fetcher's.
    Fetcher,
    /// The webhooks'.
    Webhooks,
    /// The janitor's.
    Janitor,
}

/// Where the children can be reached. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Children {
    pub(crate) broadcaster: Address<BroadcasterMsg>,
    pub(crate) dispatcher: Address<DispatcherMsg>,
    pub(crate) fetcher: Address<FetcherMsg>,
    pub(crate) webhooks: Address<WebhooksMsg>,
    pub(crate) janitor: Address<JanitorMsg>,
    pub(crate) pools: Pools,
}

pub(crate) struct RootArgs {
    pub(crate) children: Children,
    pub(crate) broadcaster: BroadcasterArgs,
    pub(crate) dispatcher: DispatcherArgs,
    pub(crate) fetcher: FetcherArgs,
    pub(crate) webhooks: WebhooksArgs,
    pub(crate) janitor: JanitorArgs,
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

    /// The dispatcher and the fetcher come last: they give work to the others at once.
    async fn pre_start(
        &self,
        myself: ActorRef<Self::Msg>,
        args: Self::Arguments,
    ) -> Result<Self::State, ActorProcessingErr> {
        let pools = args.children.pools.keys().cloned().map(Place::Pool);
        let last = [Place::Webhooks, Place::Janitor, Place::Dispatcher, Place::Fetcher];
        let places: Vec<_> = [Place::Broadcaster].into_iter().chain(pools).chain(last).collect();
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
        let (args, at) = (&self.args, &self.args.children);
        let child = match &place {
            Place::Broadcaster => settle(&at.broadcaster, Broadcaster, args.broadcaster.clone(), me).await?,
            Place::Dispatcher => settle(&at.dispatcher, Dispatcher, args.dispatcher.clone(), me).await?,
            Place::Fetcher => settle(&at.fetcher, Fetcher, args.fetcher.clone(), me).await?,
            Place::Webhooks => settle(&at.webhooks, Webhooks, args.webhooks.clone(), me).await?,
            Place::Janitor => settle(&at.janitor, Janitor, args.janitor.clone(), me).await?,
            Place::Pool(service) => {
                let Some(pool) = at.pools.get(service) else { return Ok(()) };
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
        let at = &self.args.children;
        match place {
            Place::Broadcaster => at.broadcaster.vacate(),
            Place::Dispatcher => at.dispatcher.vacate(),
            Place::Fetcher => at.fetcher.vacate(),
            Place::Webhooks => at.webhooks.vacate(),
            Place::Janitor => at.janitor.vacate(),
            Place::Pool(service) => {
                if let Some(pool) = at.pools.get(service) {
                    pool.address().vacate();
                }
            }
        }
    }

    /// Asks every child beside, so that a child that does not answer does not keep Root from its work.
    fn ping(&self, reply: RpcReplyPort<Result<(), String>>) {
        let at = self.args.children.clone();
        tokio::spawn(async move {
            let asked_pools = join_all(at.pools.values().map(|pool| async {
                let answer = pool.address().call(PoolMsg::GetQueueDepth, PING_LIMIT).await;
                answer.map(drop).map_err(|_| format!("the pool of `{}`", pool.service()))
            }));
            let (broadcaster, dispatcher, fetcher, webhooks, janitor, pools) = tokio::join!(
                at.broadcaster.call(BroadcasterMsg::Ping, PING_LIMIT),
                at.dispatcher.call(DispatcherMsg::Ping, PING_LIMIT),
                at.fetcher.call(FetcherMsg::Ping, PING_LIMIT),
                at.webhooks.call(WebhooksMsg::Ping, PING_LIMIT),
                at.janitor.call(JanitorMsg::Ping, PING_LIMIT),
                asked_pools,
            );
            let answers = [
                (broadcaster, "the broadcaster"),
                (dispatcher, "the dispatcher"),
                (fetcher, "the fetcher"),
                (webhooks, "the webhooks"),
                (janitor, "the janitor"),
            ];
            let answers = answers.into_iter().map(|(answer, name)| answer.map_err(|_| name.to_owned()));
            let silent: Vec<_> = answers.chain(pools).filter_map(Result::err).collect();
            let _ = reply.send(if silent.is_empty() { Ok(()) } else { Err(silent.join(", ")) });
        });
    }
}

/// Starts an actor and lets it live at its address.
async fn settle<A: Actor>(
    address: &Address<A::Msg>,
    actor: A,
    args: A::Arguments,
    me: ActorCell,
) -> Result<ActorId, SpawnErr> {
    let (actor, _) = Actor::spawn_linked(None, actor, args, me).await?;
    address.occupy(actor.clone());
    Ok(actor.get_id())
}

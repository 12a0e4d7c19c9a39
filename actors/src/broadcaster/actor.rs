//! The Broadcaster: tells subscribers of every change of a task.
//!
//! Receives [`BroadcasterMsg::Publish`] for every row that a change left in the store, and subscriptions. Sends nothing:
//! it puts changes into the inboxes of the subscribers that watch the task, which never makes it wait. At the ticks of its
//! timer it has somebody look at the queue, if anybody waits for a place in it.
//!
//! It has no children. When it dies, its subscriptions end and their readers subscribe anew, beginning with a snapshot:
//! nothing is lost, because the store has every state. Root restarts it.

use std::sync::Arc;

use d2d_store::Store;
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, SupervisionEvent};
use tokio::task::JoinSet;

use super::inbox::{Change, Inbox, Scope};
use super::order::Order;
use super::places::{LOOK_EVERY, Places};

pub(crate) struct Broadcaster;

/// What the broadcaster is asked for. Its mailbox is bounded by the rate at which the store commits changes.
#[derive(Debug)]
pub(crate) enum BroadcasterMsg {
    /// A task changed.
    Publish(Arc<Change>),
    /// Somebody wants to know.
    Subscribe(Subscriber),
    /// Time to look at the queue.
    Look,
    /// Answer, to show that messages are handled.
    Ping(RpcReplyPort<()>),
}

#[derive(Clone)]
pub(crate) struct BroadcasterArgs {
    pub(crate) store: Store,
    pub(crate) places: Places,
}

pub(crate) struct BroadcasterState {
    args: BroadcasterArgs,
    subscribers: Vec<Subscriber>,
    order: Order,
    /// The look at the queue that is being taken: dropped, it is given up.
    looking: JoinSet<()>,
}

/// Somebody who wants to know of changes. The subscription ends when this is dropped, wherever that is: in the mailbox of
/// a broadcaster that died before it read the message, too.
#[derive(Debug)]
pub(crate) struct Subscriber {
    scope: Scope,
    inbox: Arc<Inbox>,
}

impl Subscriber {
    pub(crate) fn new(scope: Scope, inbox: Arc<Inbox>) -> Self {
        Self { scope, inbox }
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.inbox.end();
    }
}

impl Actor for Broadcaster {
    type Msg = BroadcasterMsg;
    type State = BroadcasterState;
    type Arguments = BroadcasterArgs;

    async fn pre_start(
        &self,
        myself: ActorRef<Self::Msg>,
        args: Self::Arguments,
    ) -> Result<Self::State, ActorProcessingErr> {
        drop(myself.send_interval(LOOK_EVERY, || BroadcasterMsg::Look));
        let (subscribers, order, looking) = (Vec::new(), Order::default(), JoinSet::new());
        Ok(BroadcasterState { args, subscribers, order, looking })
    }

    async fn handle(
        &self,
        _: ActorRef<Self::Msg>,
        message: Self::Msg,
        state: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            BroadcasterMsg::Publish(change) => state.publish(&change),
            BroadcasterMsg::Subscribe(subscriber) => state.subscribers.push(subscriber),
            BroadcasterMsg::Look => state.look(),
            BroadcasterMsg::Ping(reply) => drop(reply.send(())),
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

impl BroadcasterState {
    /// Has the queue looked at beside, if somebody wants to know and nobody looks yet.
    fn look(&mut self) {
        while self.looking.try_join_next().is_some() {}
        if self.looking.is_empty() && self.args.places.wanted() {
            let BroadcasterArgs { store, places } = self.args.clone();
            self.looking.spawn(async move { places.look(&store).await });
        }
    }

    fn publish(&mut self, change: &Arc<Change>) {
        if self.order.advances(&change.task) {
            self.subscribers.retain(|subscriber| !subscriber.scope.covers(change) || subscriber.inbox.put(change));
        }
    }
}

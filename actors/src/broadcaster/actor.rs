//! The Broadcaster: tells subscribers of every change of a task.
//!
//! Receives [`BroadcasterMsg::Publish`] for every row that a change left in the store, and subscriptions. Sends nothing:
//! it puts changes into the inboxes of the subscribers that watch the task, which never makes it wait.
//!
//! It has no children. When it dies, its subscriptions end and their readers subscribe anew, beginning with a snapshot:
//! nothing is lost, because the store has every state. Root restarts it.

use std::sync::Arc;

use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, SupervisionEvent};

use super::inbox::{Change, Inbox, Scope};
use super::order::Order;

pub(crate) struct Broadcaster;

/// What the broadcaster is asked for. Its mailbox is bounded by the rate at which the store commits changes.
#[derive(Debug)]
pub(crate) enum BroadcasterMsg {
    /// A task changed.
    Publish(Arc<Change>),
    /// Somebody wants to know.
    Subscribe(Subscriber),
    /// Answer, to show that messages are handled.
    Ping(RpcReplyPort<()>),
}

#[derive(Default)]
pub(crate) struct BroadcasterState {
    subscribers: Vec<Subscriber>,
    order: Order,
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
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Self::Msg>, (): ()) -> Result<Self::State, ActorProcessingErr> {
        Ok(BroadcasterState::default())
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
    fn publish(&mut self, change: &Arc<Change>) {
        if self.order.advances(&change.task) {
            self.subscribers.retain(|subscriber| !subscriber.scope.covers(change) || subscriber.inbox.put(change));
        }
    }
}

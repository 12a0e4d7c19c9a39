//! The Webhooks: tells those who want to know that a task has ended.

use std::time::Duration;

use d2d_store::Store;
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, SupervisionEvent};

/// How often to look.
const TICK: Duration = Duration::from_secs(2);

pub(crate) struct Webhooks;

/// What it is told.
#[derive(Debug)]
pub(crate) enum WebhooksMsg {
    /// Time to have a look.
    Tick,
    /// Answer, to show that messages are handled.
    Ping(RpcReplyPort<()>),
}

#[derive(Clone)]
pub(crate) struct WebhooksArgs {
    pub(crate) store: Store,
}

pub(crate) struct WebhooksState {
    args: WebhooksArgs,
}

impl Actor for Webhooks {
    type Msg = WebhooksMsg;
    type State = WebhooksState;
    type Arguments = WebhooksArgs;

    async fn pre_start(
        &self,
        myself: ActorRef<Self::Msg>,
        args: Self::Arguments,
    ) -> Result<Self::State, ActorProcessingErr> {
        drop(myself.send_interval(TICK, || WebhooksMsg::Tick));
        Ok(WebhooksState { args })
    }

    async fn handle(
        &self,
        _: ActorRef<Self::Msg>,
        message: Self::Msg,
        state: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            WebhooksMsg::Tick => drop(state.args.store.clone()),
            WebhooksMsg::Ping(reply) => drop(reply.send(())),
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

//! The Fetcher: fetches the files that tasks name by URL.

use std::time::Duration;

use d2d_store::Store;
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, SupervisionEvent};

/// How often to look.
const TICK: Duration = Duration::from_secs(2);

pub(crate) struct Fetcher;

/// What it is told.
#[derive(Debug)]
pub(crate) enum FetcherMsg {
    /// Time to have a look.
    Tick,
    /// Answer, to show that messages are handled.
    Ping(RpcReplyPort<()>),
}

#[derive(Clone)]
pub(crate) struct FetcherArgs {
    pub(crate) store: Store,
}

pub(crate) struct FetcherState {
    args: FetcherArgs,
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
        drop(myself.send_interval(TICK, || FetcherMsg::Tick));
        Ok(FetcherState { args })
    }

    async fn handle(
        &self,
        _: ActorRef<Self::Msg>,
        message: Self::Msg,
        state: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            FetcherMsg::Tick => drop(state.args.store.clone()),
            FetcherMsg::Ping(reply) => drop(reply.send(())),
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

//! The Janitor: removes what has passed its time.

use std::time::Duration;

use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, SupervisionEvent};

use crate::intake::Bounds;
use crate::publisher::Publisher;

/// How often to look.
const TICK: Duration = Duration::from_secs(30);
/// How many resumable uploads to give up at once.
const SWEEP: usize = 1000;

pub(crate) struct Janitor;

/// What it is told.
#[derive(Debug)]
pub(crate) enum JanitorMsg {
    /// Time to have a look.
    Tick,
    /// Answer, to show that messages are handled.
    Ping(RpcReplyPort<()>),
}

#[derive(Clone)]
pub(crate) struct JanitorArgs {
    pub(crate) bounds: Bounds,
    pub(crate) publisher: Publisher,
}

pub(crate) struct JanitorState {
    args: JanitorArgs,
}

impl Actor for Janitor {
    type Msg = JanitorMsg;
    type State = JanitorState;
    type Arguments = JanitorArgs;

    async fn pre_start(
        &self,
        myself: ActorRef<Self::Msg>,
        args: Self::Arguments,
    ) -> Result<Self::State, ActorProcessingErr> {
        drop(myself.send_interval(TICK, || JanitorMsg::Tick));
        Ok(JanitorState { args })
    }

    async fn handle(
        &self,
        _: ActorRef<Self::Msg>,
        message: Self::Msg,
        state: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            JanitorMsg::Tick => {
                crate::intake::sweep(&state.args.bounds, &state.args.publisher).await;
                if let Err(error) = state.args.bounds.store.sweep_tus(SWEEP).await {
                    tracing::warn!(%error, "resumable uploads can't be swept");
                }
            }
            JanitorMsg::Ping(reply) => drop(reply.send(())),
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

//! The Janitor: removes what has passed its time.
//!
//! Receives ticks of its timer. At each it makes its sweeps beside, one after the other, each a bounded batch; a sweep that
//! finds more than its batch has it go on at once. Sends the rows that change to the publisher.
//!
//! Each sweep fails alone: it is logged, and the next tick tries again. Whatever is done is a transaction of its own, so it
//! may end at any point, and several nodes may do the same. It has no child actors; when it dies its sweeps are given up,
//! and Root restarts it.

use std::sync::Arc;
use std::time::Duration;

use d2d_config::Config;
use d2d_store::{BlobPlace, Store, StoreError};
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, SupervisionEvent};
use tokio::task::JoinSet;

use crate::publisher::Publisher;

/// How many tasks are swept at once.
const BATCH: usize = 100;
/// How many blobs are looked at at once.
const BLOBS: usize = 5000;
/// A blob that nothing refers to is left alone for so long: another process may be about to refer to it.
const ORPHAN_AGE: Duration = Duration::from_hours(1);

pub(crate) struct Janitor;

/// What it is told.
#[derive(Debug)]
pub(crate) enum JanitorMsg {
    /// Time to have a look.
    Tick,
    /// The sweeps are made.
    Swept {
        /// Whether there is more to do at once.
        more: bool,
        /// Which blobs to look at next.
        next: BlobPlace,
    },
    /// Answer, to show that messages are handled.
    Ping(RpcReplyPort<()>),
}

#[derive(Clone)]
pub(crate) struct JanitorArgs {
    pub(crate) store: Store,
    pub(crate) publisher: Publisher,
    /// How long to keep what, and how often to look.
    pub(crate) config: Arc<Config>,
}

pub(crate) struct JanitorState {
    args: JanitorArgs,
    /// The sweeps under way: dropped, they are given up.
    sweeping: JoinSet<()>,
    /// Which blobs to look at next.
    place: BlobPlace,
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
        drop(myself.send_interval(args.config.tasks.janitor_interval, || JanitorMsg::Tick));
        myself.cast(JanitorMsg::Tick)?;
        // Anywhere: who is restarted often would else see the first folders only.
        Ok(JanitorState { args, sweeping: JoinSet::new(), place: BlobPlace::start_of(fastrand::u8(..)) })
    }

    async fn handle(
        &self,
        myself: ActorRef<Self::Msg>,
        message: Self::Msg,
        state: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            JanitorMsg::Tick => state.sweep(&myself),
            JanitorMsg::Swept { more, next } => {
                state.sweeping.detach_all();
                state.place = next;
                if more {
                    state.sweep(&myself);
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

impl JanitorState {
    /// Makes the sweeps beside, unless they are under way.
    fn sweep(&mut self, myself: &ActorRef<JanitorMsg>) {
        while self.sweeping.try_join_next().is_some() {}
        if !self.sweeping.is_empty() {
            return;
        }
        let (args, myself, place) = (self.args.clone(), myself.clone(), self.place.clone());
        self.sweeping.spawn(async move {
            let (more, next) = sweep(&args, &place).await;
            let _ = myself.cast(JanitorMsg::Swept { more, next });
        });
    }
}

/// All sweeps, one after the other; answers whether one has more to do, and which blobs to look at next.
async fn sweep(args: &JanitorArgs, place: &BlobPlace) -> (bool, BlobPlace) {
    let expired = alone("expired data", expire(args)).await;
    let outdated = alone("outdated records", forget(args)).await;
    let abandoned = alone("abandoned tasks", give_up(args)).await;
    let keys = args.store.sweep_idempotency_keys(args.config.uploads.idempotency_ttl);
    let forgotten = alone("idempotency keys", keys).await;
    let uploads = alone("resumable uploads", args.store.sweep_tus(BATCH)).await;
    let mut next = place.clone();
    let orphans = async {
        let removed;
        (removed, next) = args.store.remove_orphans(place, ORPHAN_AGE, BLOBS).await?;
        Ok(removed)
    };
    alone("orphaned blobs", orphans).await;
    let goes_on = next != *place && !next.is_start();
    (goes_on || [expired, outdated, abandoned, forgotten, uploads].into_iter().any(|swept| swept >= BATCH), next)
}

/// Makes one sweep, whose failure keeps no other from being made; answers how much it swept.
async fn alone(what: &'static str, sweep: impl Future<Output = Result<usize, StoreError>>) -> usize {
    match Box::pin(sweep).await {
        Ok(0) => 0,
        Ok(count) => {
            tracing::info!(what, count, "swept");
            count
        }
        Err(error) => {
            tracing::warn!(what, %error, "could not be swept; will try again");
            0
        }
    }
}

/// Removes the data of ended tasks that has passed its time.
async fn expire(args: &JanitorArgs) -> Result<usize, StoreError> {
    let keep = args.config.tasks.kept();
    let mut expired = 0;
    for id in args.store.overdue(keep, BATCH).await? {
        if let Some(row) = args.store.expire(id, keep).await? {
            args.publisher.publish(row);
            expired += 1;
        }
    }
    Ok(expired)
}

/// Gives up tasks whose files did not come.
async fn give_up(args: &JanitorArgs) -> Result<usize, StoreError> {
    let given_up = args.store.expire_awaiting(BATCH).await?;
    let count = given_up.len();
    for row in given_up {
        args.publisher.publish(row);
    }
    Ok(count)
}

/// Removes the records of tasks whose data is gone for long.
async fn forget(args: &JanitorArgs) -> Result<usize, StoreError> {
    let Some(keep) = args.config.tasks.records_kept() else { return Ok(0) };
    let outdated = args.store.outdated_records(keep, BATCH).await?;
    for id in &outdated {
        match args.store.remove_task(*id).await {
            Ok(_) | Err(StoreError::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(outdated.len())
}

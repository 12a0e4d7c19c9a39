//! Watching the whole service over a websocket: what the console shows.

use std::cmp::Reverse;
use std::time::Duration;

use d2d_actors::{Access, Change, Refused, Scope, Subscription, System};
use d2d_api::{OpsFrame, OpsTask};
use d2d_store::TaskFilter;
use futures_util::FutureExt;
use poem::web::Data;
use poem::web::websocket::WebSocket;
use poem_openapi::OpenApi;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::http::AppState;
use crate::http::caller::{MaybeTicketed, demand_operator};
use crate::http::docs::Tag;
use crate::http::fails::{Fails, problems};
use crate::http::request_id::RequestId;
use crate::http::socket::{self, End, Opened, Socket};
use crate::http::tasks::live_tasks;

/// How often an overview is sent.
const OVERVIEW_EVERY: Duration = Duration::from_secs(1);
/// Changes are gathered for so long, so that a busy service sends some frames a second and not thousands.
const GATHER_FOR: Duration = Duration::from_millis(100);
/// How many of the newest ended tasks are sent at first.
const ENDED_AT_FIRST: usize = 200;
/// The most changes of one frame.
const MOST_CHANGES: usize = 500;
/// How often in a row the subscription may end before the socket is closed.
const MOST_RESTARTS: u32 = 3;

pub(super) struct WatchApi(pub(super) AppState);

problems! {
    WatchProblems: RequestNeedsWebsocket, AuthForbidden;
}

#[allow(clippy::unused_async)] // poem wants async handlers
#[OpenApi(tag = "Tag::Operation")]
impl WatchApi {
    /// Watch the service
    ///
    /// A websocket, with the token of an operator in the header `Authorization` or in the first message
    /// `{"token": "<access_token>"}` within 5 seconds, or with a ticket in the address, `?ticket=...`; on the local Unix
    /// socket operators need none. It ends with the token that it was opened with.
    ///
    /// The service sends text frames with JSON, as the schema of the answer describes: `overview` first and then every
    /// second; `tasks` with the live and the newest ended tasks; then `changes` with the tasks that changed. If the socket
    /// can't go on, `error` says why, as a problem. It closes as the sockets of the tasks service do.
    #[oai(path = "/ops/ws", method = "get", operation_id = "watch_service")]
    async fn watch(
        &self,
        caller: MaybeTicketed,
        request_id: Data<&RequestId>,
        websocket: WebSocket,
    ) -> Result<Opened<OpsFrame>, Fails<WatchProblems>> {
        let (AppState { system, auth, closing }, MaybeTicketed(caller)) = (self.0.clone(), caller);
        if let Some(caller) = &caller {
            demand_operator(caller)?;
        }
        Ok(socket::open(websocket, &request_id, &closing, move |mut socket| async move {
            let ended = async {
                demand_operator(&socket.caller(caller, &auth).await?)?;
                serve(&mut socket, &system).await
            };
            let ended = ended.await;
            socket.close(ended).await;
        }))
    }
}

/// Sends the service and its changes until the client leaves.
async fn serve(socket: &mut Socket<OpsFrame>, system: &System) -> Result<(), End> {
    for _ in 0..MOST_RESTARTS {
        let mut changes = system.subscribe(Scope::All);
        socket.send(&OpsFrame::overview(system.overview().await?)).await?;
        socket.send(&OpsFrame::tasks(worth_showing(system).await?)).await?;
        follow(socket, system, &mut changes).await?;
    }
    Err(End::Restart)
}

/// Sends overviews and changes until the subscription ends.
async fn follow(socket: &mut Socket<OpsFrame>, system: &System, changes: &mut Subscription) -> Result<(), End> {
    let mut overviews = interval(OVERVIEW_EVERY);
    overviews.set_missed_tick_behavior(MissedTickBehavior::Skip);
    overviews.reset();
    loop {
        let event = async {
            tokio::select! {
                _ = overviews.tick() => None,
                change = changes.next() => Some(change),
            }
        };
        match socket.wait(event).await? {
            None => socket.send(&OpsFrame::overview(system.overview().await?)).await?,
            Some(Some(first)) => {
                socket.wait(sleep(GATHER_FOR)).await?;
                socket.send(&OpsFrame::changes(gather(&first, changes))).await?;
            }
            Some(None) => return Ok(()),
        }
    }
}

/// The tasks of the first change and of those that came since.
fn gather(first: &Change, changes: &mut Subscription) -> Vec<OpsTask> {
    let shown = |change: &Change| OpsTask::new(change.owner.clone(), change.task.clone());
    let mut tasks = vec![shown(first)];
    while tasks.len() < MOST_CHANGES
        && let Some(Some(change)) = changes.next().now_or_never()
    {
        // Only the first can come a second time: of each task the latest change waits.
        if change.task.id == first.task.id {
            tasks[0] = shown(&change);
        } else {
            tasks.push(shown(&change));
        }
    }
    tasks
}

/// The live tasks of all accounts and the newest ended ones, newest first.
async fn worth_showing(system: &System) -> Result<Vec<OpsTask>, Refused> {
    let live = live_tasks(system, &Access::Operator).await?;
    let newest = system.tasks(&Access::Operator, TaskFilter::default(), None, ENDED_AT_FIRST).await?.rows;
    let ended = newest.into_iter().filter(|row| row.task.status.is_terminal());
    let mut shown: Vec<_> = live.into_iter().chain(ended).map(|row| OpsTask::new(row.owner, row.task)).collect();
    shown.sort_by_key(|task| Reverse(task.id));
    Ok(shown)
}

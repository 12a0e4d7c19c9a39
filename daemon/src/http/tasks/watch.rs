//! Watching tasks over a websocket: the snapshot first, then every change, the last one as `done`.

use std::collections::HashMap;

use d2d_actors::{Access, Change, Scope, System};
use d2d_api::{Frame, Task, TaskId, TaskStatus};
use poem::web::Data;
use poem::web::websocket::WebSocket;
use poem_openapi::OpenApi;

use crate::http::AppState;
use crate::http::caller::MaybeTicketed;
use crate::http::docs::Tag;
use crate::http::fails::{Fails, problems};
use crate::http::path::Path;
use crate::http::request_id::RequestId;
use crate::http::socket::{self, End, Opened, Socket};
use crate::http::tasks::live_tasks;

/// How often in a row a subscription may end at once before the socket is closed.
const MOST_RESTARTS: u32 = 3;

pub(super) struct WatchApi(pub(super) AppState);

problems! {
    WatchProblems: TaskNotFound, RequestNeedsWebsocket;
    WatchAllProblems: RequestNeedsWebsocket;
}

#[allow(clippy::unused_async)] // poem wants async handlers
#[OpenApi(tag = "Tag::Live")]
impl WatchApi {
    /// Watch a task
    ///
    /// A websocket. Authenticate by the header `Authorization`, or, where headers can't be set (in browsers), by a ticket in
    /// the address, `?ticket=...`, or by the first message `{"token": "<access_token>"}` within 5 seconds; never put a token
    /// in the address. The socket ends with the token that it was opened with.
    ///
    /// The service sends text frames with JSON, as the schema of the answer describes: first `snapshot`, the task as it
    /// stands; then `update` for each change, and `done` for the last one, after which the socket closes. `seq` grows, so
    /// that nothing is seen twice; a reader that is too slow loses intermediate updates, never the last one. `ping` comes
    /// when nothing happened for 15 seconds. If the socket can't go on, `error` says why, as a problem.
    #[oai(path = "/tasks/:id/ws", method = "get", operation_id = "watch_task")]
    async fn one(
        &self,
        caller: MaybeTicketed,
        /// The task.
        id: Path<TaskId>,
        request_id: Data<&RequestId>,
        websocket: WebSocket,
    ) -> Result<Opened<Frame>, Fails<WatchProblems>> {
        let (AppState { system, auth }, MaybeTicketed(caller), Path(id)) = (self.0.clone(), caller, id);
        if let Some(caller) = &caller {
            system.task(&caller.access(), id).await?;
        }
        Ok(socket::open(websocket, &request_id, move |mut socket| async move {
            let ended = async {
                let access = socket.caller(caller, &auth).await?.access();
                watch_one(&mut socket, &system, &access, id).await
            };
            let ended = ended.await;
            socket.close(ended).await;
        }))
    }

    /// Watch all my tasks
    ///
    /// A websocket as that of a single task: first one `snapshot` for each task that has not ended, then the changes of
    /// all, also of those registered later. It stays open.
    #[oai(path = "/tasks/ws", method = "get", operation_id = "watch_tasks")]
    async fn all(
        &self,
        caller: MaybeTicketed,
        request_id: Data<&RequestId>,
        websocket: WebSocket,
    ) -> Result<Opened<Frame>, Fails<WatchAllProblems>> {
        let (AppState { system, auth }, MaybeTicketed(caller)) = (self.0.clone(), caller);
        Ok(socket::open(websocket, &request_id, move |mut socket| async move {
            let ended = async {
                let caller = socket.caller(caller, &auth).await?;
                watch_all(&mut socket, &system, &caller.name).await
            };
            let ended = ended.await;
            socket.close(ended).await;
        }))
    }
}

/// Sends the task and its changes until it has ended.
async fn watch_one(socket: &mut Socket, system: &System, access: &Access, id: TaskId) -> Result<(), End> {
    for _ in 0..MOST_RESTARTS {
        // Subscribed before the task is read, so that no change falls between.
        let mut changes = system.subscribe(Scope::Task(id));
        let task = system.task(access, id).await?;
        socket.send(&Frame::snapshot(&task)).await?;
        let (mut seq, mut ended) = (task.seq, task.status.is_terminal());
        if ended {
            socket.send(&Frame::change(&task)).await?;
        }
        while !ended && let Some(change) = socket.wait(changes.next()).await? {
            if change.task.seq > seq {
                let task = placed(system, access, &change).await;
                socket.send(&Frame::change(&task)).await?;
                (seq, ended) = (task.seq, task.status.is_terminal());
            }
        }
        if ended {
            return Ok(());
        }
    }
    Err(End::Restart)
}

/// Sends all live tasks of the account and their changes, until the client leaves.
async fn watch_all(socket: &mut Socket, system: &System, owner: &str) -> Result<(), End> {
    let access = Access::Owner(owner.to_owned());
    for _ in 0..MOST_RESTARTS {
        let mut changes = system.subscribe(Scope::Owner(owner.to_owned()));
        let mut sent = HashMap::new();
        for row in live_tasks(system, &access).await? {
            socket.send(&Frame::snapshot(&row.task)).await?;
            sent.insert(row.task.id, row.task.seq);
        }
        while let Some(change) = socket.wait(changes.next()).await? {
            if sent.get(&change.task.id).is_some_and(|seq| change.task.seq <= *seq) {
                continue;
            }
            let task = placed(system, &access, &change).await;
            socket.send(&Frame::change(&task)).await?;
            if task.status.is_terminal() {
                sent.remove(&task.id);
            } else {
                sent.insert(task.id, task.seq);
            }
        }
    }
    Err(End::Restart)
}

/// The task of a change, with its place in the queue if it waits there. It may be gone by now: then the change is the
/// last that can be told of it.
async fn placed(system: &System, access: &Access, change: &Change) -> Task {
    let task = change.task.clone();
    if task.status == TaskStatus::Queued { system.task(access, task.id).await.unwrap_or(task) } else { task }
}

//! Watching tasks over a websocket: the snapshot first, then every change, the last one as `done`.

use std::collections::HashMap;
use std::pin::pin;

use d2d_actors::Access;
use d2d_api::{FieldError, Frame, TaskId};
use futures_util::{Stream, StreamExt};
use poem::web::Data;
use poem::web::websocket::WebSocket;
use poem_openapi::OpenApi;
use poem_openapi::param::Query;

use super::follow::{Follow, follow};
use crate::http::AppState;
use crate::http::caller::MaybeTicketed;
use crate::http::docs::Tag;
use crate::http::fails::{Fails, problems};
use crate::http::path::Path;
use crate::http::problem::Failure;
use crate::http::request_id::RequestId;
use crate::http::socket::{self, End, Opened, Socket};

/// Of how many tasks a client can say how far it has seen them: addresses have their limits.
const MOST_SEEN: usize = 100;

pub(super) struct WatchApi(pub(super) AppState);

problems! {
    WatchProblems: TaskNotFound, RequestNeedsWebsocket;
    WatchAllProblems: RequestNeedsWebsocket, RequestInvalid;
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
    /// stands; then `update` for each change of it or of its place in the queue, and `done` when it has ended, after which
    /// the socket closes. `seq` never goes back; frames that differ in nothing but `queue_position` and `eta_seconds` have
    /// the same. A reader that is too slow loses intermediate updates, never the last one. `ping` comes when nothing
    /// happened for 15 seconds. If the socket can't go on, `error` says why, as a problem. What the client sends is not
    /// read, but for its first message.
    ///
    /// With `since` there is no `snapshot` if the `seq` of the task is not above it; of a task that has ended `done` comes
    /// in any case.
    ///
    /// It closes with 1000 after `done`, with 1008 after a problem of the client's, with 1011 after a fault of the service,
    /// and with 1012 when the service goes down: come again then.
    #[oai(path = "/tasks/:id/ws", method = "get", operation_id = "watch_task")]
    async fn one(
        &self,
        caller: MaybeTicketed,
        /// The task.
        id: Path<TaskId>,
        /// The `seq` that the client has seen of the task.
        since: Query<Option<u64>>,
        request_id: Data<&RequestId>,
        websocket: WebSocket,
    ) -> Result<Opened<Frame>, Fails<WatchProblems>> {
        let (AppState { system, auth, closing }, MaybeTicketed(caller), Path(id)) = (self.0.clone(), caller, id);
        if let Some(caller) = &caller {
            system.task(&caller.access(), id).await?;
        }
        let seen = since.0.map(|seq| (id, seq)).into_iter().collect();
        Ok(socket::open(websocket, &request_id, &closing, move |mut socket| async move {
            let ended = async {
                let access = socket.caller(caller, &auth).await?.access();
                let frames = follow(system, Follow::One(id), seen, access).await?;
                serve(&mut socket, frames).await
            };
            let ended = ended.await;
            socket.close(ended).await;
        }))
    }

    /// Watch all my tasks
    ///
    /// A websocket as that of a single task: first one `snapshot` for each task that has not ended, then the changes of
    /// all, also of those registered later. It stays open.
    ///
    /// `since` is given for each task that the client knows, as `since=<task>:<seq>&since=...`. Of these there is no
    /// `snapshot` unless their `seq` is above, and `done` if they have ended with a higher one.
    #[oai(path = "/tasks/ws", method = "get", operation_id = "watch_tasks")]
    async fn all(
        &self,
        caller: MaybeTicketed,
        /// What the client has seen of a task: `<task>:<seq>`; may be given for 100 tasks.
        #[oai(default)]
        since: Query<Vec<String>>,
        request_id: Data<&RequestId>,
        websocket: WebSocket,
    ) -> Result<Opened<Frame>, Fails<WatchAllProblems>> {
        let (AppState { system, auth, closing }, MaybeTicketed(caller)) = (self.0.clone(), caller);
        let seen = read_seen(&since.0)?;
        Ok(socket::open(websocket, &request_id, &closing, move |mut socket| async move {
            let ended = async {
                let caller = socket.caller(caller, &auth).await?;
                let access = Access::Owner(caller.name.clone());
                let frames = follow(system, Follow::AllOf(caller.name), seen, access).await?;
                serve(&mut socket, frames).await
            };
            let ended = ended.await;
            socket.close(ended).await;
        }))
    }
}

/// Sends the frames until there are no more.
async fn serve(socket: &mut Socket<Frame>, frames: impl Stream<Item = Result<Frame, End>>) -> Result<(), End> {
    let mut frames = pin!(frames);
    while let Some(frame) = socket.wait(frames.next()).await? {
        socket.send(&frame?).await?;
    }
    Ok(())
}

/// What a client has seen of its tasks: each as `<task>:<seq>`.
fn read_seen(texts: &[String]) -> Result<HashMap<TaskId, u64>, Failure> {
    let read = |text: &String| {
        let (id, seq) = text.split_once(':')?;
        Some((id.parse().ok()?, seq.parse().ok()?))
    };
    let wrong = |detail: String| Failure::fields(vec![FieldError::new("/query/since", detail)]);
    if texts.len() > MOST_SEEN {
        return Err(wrong(format!("can be given for {MOST_SEEN} tasks at most")));
    }
    texts.iter().map(|text| read(text).ok_or_else(|| wrong(format!("`{text}` is not `<task>:<seq>`")))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_is_told_by_task() {
        let id = TaskId::generate();
        let read = |texts: &[&str]| read_seen(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        assert_eq!(read(&[]), Ok(HashMap::new()));
        assert_eq!(read(&[&format!("{id}:17")]), Ok(HashMap::from([(id, 17)])));
        let many = vec![format!("{id}:1"); MOST_SEEN + 1];
        assert!(read(&many.iter().map(String::as_str).collect::<Vec<_>>()).is_err());
        for bad in ["17", "", ":", &format!("{id}"), &format!("{id}:"), &format!("{id}:-1"), "x:1"] {
            let failure = read(&[bad]).unwrap_err();
            assert_eq!(failure.errors[0].pointer, "/query/since", "{bad}");
        }
    }
}

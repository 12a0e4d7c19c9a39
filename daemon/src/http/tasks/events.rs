//! Watching a task by server-sent events: the frames of the websocket for clients that speak plain HTTP.

use std::time::Duration;

use d2d_api::{Frame, LiveFrame, ProblemCode, TaskId};
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt};
use poem::web::Data;
use poem::web::sse::Event;
use poem_openapi::param::{Header, Query};
use poem_openapi::payload::EventStream;
use poem_openapi::{ApiResponse, OpenApi};
use tokio::time::timeout;

use super::follow::{Follow, follow};
use crate::http::AppState;
use crate::http::caller::Ticketed;
use crate::http::docs::Tag;
use crate::http::fails::{Fails, problems};
use crate::http::identity::Standing;
use crate::http::path::Path;
use crate::http::problem::Failure;
use crate::http::request_id::RequestId;
use crate::http::socket::End;

/// An event is sent at least this often.
const PING_AFTER: Duration = Duration::from_secs(15);

pub(super) struct EventsApi(pub(super) AppState);

problems! {
    EventsProblems: TaskNotFound, RequestInvalid, ServiceUnavailable;
}

#[derive(ApiResponse)]
enum EventsAnswer {
    /// The events.
    #[oai(status = 200)]
    Open(EventStream<BoxStream<'static, Frame>>),
    /// The task has ended, and the client has seen that: don't come again.
    #[oai(status = 204)]
    Ended,
}

#[OpenApi(tag = "Tag::Live")]
impl EventsApi {
    /// Watch a task by server-sent events
    ///
    /// The frames of `GET /tasks/{id}/ws` as a `text/event-stream`: the type of a frame is the type of its event, its
    /// `seq` the `id`, the frame itself the `data`. `ping` has no `id`. The stream ends after `done`.
    ///
    /// A client that comes again says what it has seen, by `Last-Event-ID` (as `EventSource` does by itself) or by `since`:
    /// then there is no `snapshot` unless the `seq` of the task is above that. If the task has ended and the client has seen
    /// it, the answer is 204, on which `EventSource` stops.
    #[oai(path = "/tasks/:id/events", method = "get", operation_id = "stream_task_events")]
    async fn events(
        &self,
        caller: Ticketed,
        /// The task.
        id: Path<TaskId>,
        /// The `seq` that the client has seen of the task.
        since: Query<Option<u64>>,
        /// The `id` of the last event that the client has seen.
        #[oai(name = "Last-Event-ID")]
        last_event_id: Header<Option<String>>,
        request_id: Data<&RequestId>,
    ) -> Result<EventsAnswer, Fails<EventsProblems>> {
        let (AppState { system, auth, closing }, Ticketed(caller)) = (self.0.clone(), caller);
        let access = caller.access();
        let task = system.task(&access, id.0).await?;
        // What is no `seq` comes from elsewhere and tells nothing. Of both the later: a client that comes again repeats the
        // address that it first came with.
        let last = last_event_id.0.and_then(|id| id.parse::<u64>().ok());
        let seen = last.into_iter().chain(since.0).max();
        if task.status.is_terminal() && seen.is_some_and(|seen| seen >= task.seq) {
            return Ok(EventsAnswer::Ended);
        }
        let seen = seen.map(|seq| (id.0, seq)).into_iter().collect();
        let frames = follow(system, Follow::One(id.0), seen, access).await.map_err(refused)?;
        let frames = while_open(frames, Standing::new(&auth, &caller), closing.ending());
        let frames = alive(told(frames, request_id.clone()), PING_AFTER).boxed();
        Ok(EventsAnswer::Open(EventStream::new(frames).to_event(|frame| event(&frame))))
    }
}

fn refused(end: End) -> Failure {
    match end {
        End::Failed(failure) => failure,
        End::Gone | End::Restart => {
            Failure::new(ProblemCode::ServiceUnavailable, "the service goes down: try again soon")
        }
    }
}

/// The frames, until what the client came in with does not hold any more, or the service goes down. What has happened until
/// then is told first.
fn while_open(
    frames: impl Stream<Item = Result<Frame, End>> + Send + 'static,
    standing: Standing,
    ending: impl Future<Output = ()> + Send + 'static,
) -> impl Stream<Item = Result<Frame, End>> + Send + 'static {
    let open = (frames.boxed(), standing, Box::pin(ending));
    stream::unfold(Some(open), |open| async move {
        let (mut frames, mut standing, mut ending) = open?;
        tokio::select! {
            biased;
            failure = standing.over() => Some((Err(End::Failed(failure)), None)),
            frame = frames.next() => Some((frame?, Some((frames, standing, ending)))),
            () = &mut ending => None,
        }
    })
}

/// The frames, with an `error` for what keeps them from going on. When the service goes down they just end, and the client
/// comes again.
fn told(frames: impl Stream<Item = Result<Frame, End>>, request_id: RequestId) -> impl Stream<Item = Frame> {
    frames.filter_map(move |frame| {
        let frame = match frame {
            Ok(frame) => Some(frame),
            Err(End::Failed(failure)) => Some(Frame::error(failure.problem(request_id.as_str()))),
            Err(End::Gone | End::Restart) => None,
        };
        std::future::ready(frame)
    })
}

/// The frames, with a `ping` whenever none comes for so long.
fn alive(
    frames: impl Stream<Item = Frame> + Send + 'static,
    silence: Duration,
) -> impl Stream<Item = Frame> + Send + 'static {
    stream::unfold(frames.boxed(), move |mut frames| async move {
        let frame = match timeout(silence, frames.next()).await {
            Ok(frame) => frame?,
            Err(_) => Frame::ping(),
        };
        Some((frame, frames))
    })
}

fn event(frame: &Frame) -> Event {
    let json = serde_json::to_string(frame).unwrap_or_default();
    let event = Event::message(json).event_type(frame.kind.as_str());
    if frame.task.is_some() { event.id(frame.seq.to_string()) } else { event }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn silence_is_broken_by_pings() {
        let mut alive = Box::pin(alive(stream::pending(), Duration::from_millis(1)));
        for _ in 0..3 {
            let frame = alive.next().await.unwrap();
            assert_eq!(event(&frame).to_string().lines().next(), Some("event: ping"));
        }
    }
}

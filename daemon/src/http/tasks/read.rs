//! Reading tasks.

use std::time::Duration;

use chrono::{DateTime, Utc};
use d2d_actors::{Access, QueuePlaces, Refused, Scope, Subscription, System};
use d2d_api::{FieldError, Task, TaskId, TaskList, TaskLog, TaskStatus};
use d2d_store::TaskFilter;
use poem::Request;
use poem::web::headers::{ETag, HeaderMapExt, IfNoneMatch};
use poem_openapi::param::Query;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi};
use tokio::time::{Instant, timeout_at};

use crate::http::caller::Signed;
use crate::http::closing::Closing;
use crate::http::docs::Tag;
use crate::http::fails::{Fails, problems};
use crate::http::path::Path;
use crate::http::problem::Failure;

/// The tasks of a page if no limit is given.
pub(in crate::http) const DEFAULT_LIMIT: u32 = 50;

pub(super) struct ReadApi(pub(super) System, pub(super) Closing);

problems! {
    ListProblems: RequestInvalid;
    OneProblems: TaskNotFound;
}

#[derive(ApiResponse)]
enum ListAnswer {
    /// A page of tasks, newest first.
    #[oai(status = 200)]
    Ok(Json<TaskList>),
}

#[derive(ApiResponse)]
#[allow(clippy::large_enum_variant)] // one is made for each answer, and goes at once
enum TaskAnswer {
    /// The task.
    #[oai(status = 200)]
    Ok(
        Json<Task>,
        /// Names this state of the task: give it as `If-None-Match` to get news only.
        #[oai(header = "ETag")]
        String,
    ),
    /// The task is still as `If-None-Match` names it.
    #[oai(status = 304)]
    NotModified(
        /// Names this state of the task.
        #[oai(header = "ETag")]
        String,
    ),
}

#[derive(ApiResponse)]
enum LogAnswer {
    /// The changes of state and what happened to pages, oldest first.
    #[oai(status = 200)]
    Ok(Json<TaskLog>),
}

#[allow(clippy::too_many_arguments)] // each is a parameter of a query
#[OpenApi(tag = "Tag::Tasks")]
impl ReadApi {
    /// List my tasks
    ///
    /// Newest first, a page at a time: give `next_cursor` of a page as `cursor` to get the next one. Tasks that are
    /// registered or removed meanwhile move no other from its page: none comes twice, and none is left out.
    #[oai(path = "/tasks", method = "get", operation_id = "list_tasks")]
    async fn list(
        &self,
        caller: Signed,
        /// Only tasks in this state; may be given several times.
        #[oai(default)]
        status: Query<Vec<TaskStatus>>,
        /// Only tasks for this conversion service.
        service: Query<Option<String>>,
        /// Only tasks with exactly this label.
        label: Query<Option<String>>,
        /// Only tasks registered at this time (RFC 3339) or later.
        created_after: Query<Option<DateTime<Utc>>>,
        /// Only tasks registered before this time.
        created_before: Query<Option<DateTime<Utc>>>,
        /// Where to go on: the `next_cursor` of the page before.
        cursor: Query<Option<String>>,
        /// The most tasks of a page.
        #[oai(default = "default_limit", validator(minimum(value = "1"), maximum(value = "200")))]
        limit: Query<u32>,
    ) -> Result<ListAnswer, Fails<ListProblems>> {
        let filter = TaskFilter {
            owner: None,
            status: status.0,
            service: service.0,
            label: label.0,
            code: None,
            created_after: created_after.0,
            created_before: created_before.0,
        };
        let cursor = read_cursor(cursor.0.as_deref())?;
        let page = self.0.tasks(&caller.0.access(), filter, cursor, limit.0 as usize).await?;
        let items = page.rows.into_iter().map(|row| row.task).collect();
        Ok(ListAnswer::Ok(Json(TaskList { items, next_cursor: page.next_cursor.map(|id| id.to_string()) })))
    }

    /// Read a task
    ///
    /// With `wait` the answer is held back: until the task differs from what `If-None-Match` names, or without that
    /// header until it has ended; but no longer than that many seconds. An ended task is answered
    /// at once, and any when the service goes down.
    #[oai(path = "/tasks/:id", method = "get", operation_id = "get_task")]
    async fn one(
        &self,
        caller: Signed,
        /// The task.
        id: Path<TaskId>,
        /// The most seconds to wait.
        #[oai(default, validator(minimum(value = "0"), maximum(value = "60")))]
        wait: Query<u32>,
        request: &Request,
    ) -> Result<TaskAnswer, Fails<OneProblems>> {
        let known = request.headers().typed_get::<IfNoneMatch>();
        let until = Instant::now() + Duration::from_secs(wait.0.into());
        let task = self.settled(&caller.0.access(), id.0, known.as_ref(), until).await?;
        let tag = tag(&task);
        Ok(if is_news(&task, known.as_ref()) { TaskAnswer::Ok(Json(task), tag) } else { TaskAnswer::NotModified(tag) })
    }

    /// Read the log of a task
    ///
    /// Every change of its state, with the time and what happened, and the pages that were tried again or given up, as far
    /// as the log has room for them (200).
    #[oai(path = "/tasks/:id/log", method = "get", operation_id = "get_task_log")]
    async fn log(
        &self,
        caller: Signed,
        /// The task.
        id: Path<TaskId>,
    ) -> Result<LogAnswer, Fails<OneProblems>> {
        let items = self.0.log(&caller.0.access(), id.0).await?;
        Ok(LogAnswer::Ok(Json(TaskLog { items })))
    }
}

impl ReadApi {
    /// The task once it is what the client waits for, or as it is at `until`.
    async fn settled(
        &self,
        access: &Access,
        id: TaskId,
        known: Option<&IfNoneMatch>,
        until: Instant,
    ) -> Result<Task, Refused> {
        // Subscribed before the task is read, so that no change falls between.
        let mut changes = self.0.subscribe(Scope::Task(id));
        loop {
            let task = self.0.task(access, id).await?;
            let awaited = known.is_some() && is_news(&task, known);
            if awaited || task.status.is_terminal() {
                return Ok(task);
            }
            if known.is_none() {
                // What comes between is of no interest: it is not read.
                let end = async {
                    tokio::select! {
                        end = ended(&mut changes) => end,
                        () = self.1.ending() => None,
                    }
                };
                return match timeout_at(until, end).await {
                    Ok(Some(task)) => Ok(task),
                    _ => self.0.task(access, id).await,
                };
            }
            // Its place in the queue is news only to a client that knows one.
            let places = (known.is_some() && task.status == TaskStatus::Queued).then(|| self.0.places());
            let change = async {
                tokio::select! {
                    change = changes.next() => change.is_some(),
                    () = moves(places, &task) => true,
                    () = self.1.ending() => false,
                }
            };
            if !timeout_at(until, change).await.unwrap_or(false) {
                return Ok(task);
            }
        }
    }
}

/// The task once it has ended; `None` if nobody tells of changes any more.
async fn ended(changes: &mut Subscription) -> Option<Task> {
    loop {
        let change = changes.next().await?;
        if change.task.status.is_terminal() {
            return Some(change.task.clone());
        }
    }
}

/// Until the place of the task in the queue is another; for ever without places.
async fn moves(places: Option<QueuePlaces>, task: &Task) {
    if let Some(mut places) = places {
        while let Some(now) = places.next().await {
            let place = now.get(&task.id).copied();
            if place.is_some() && place != task.queue_position {
                return;
            }
        }
    }
    std::future::pending::<()>().await;
}

/// The entity tag of a task: weak, since `eta_seconds` may differ between two answers that have the same.
fn tag(task: &Task) -> String {
    match task.queue_position {
        Some(position) => format!("W/\"{}-{position}\"", task.seq),
        None => format!("W/\"{}\"", task.seq),
    }
}

/// Whether the task differs from what the client knows.
fn is_news(task: &Task, known: Option<&IfNoneMatch>) -> bool {
    match (known, tag(task).parse::<ETag>()) {
        (Some(known), Ok(tag)) => known.precondition_passes(&tag),
        _ => true,
    }
}

fn default_limit() -> u32 {
    DEFAULT_LIMIT
}

/// The cursor that a client gave.
pub(in crate::http) fn read_cursor(text: Option<&str>) -> Result<Option<TaskId>, Failure> {
    text.map(str::parse).transpose().map_err(|_| {
        Failure::fields(vec![FieldError::new("/query/cursor", "is not a `next_cursor` of a page of this list")])
    })
}

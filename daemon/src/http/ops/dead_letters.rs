//! Dead letters: tasks that failed, and queueing them again.

use d2d_actors::System;
use d2d_api::{DeadLetterFilter, FieldError, OpsTask, OpsTasks, ProblemCode, Replay, Replayed, TaskId};
use poem_openapi::param::Query;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi};

use crate::http::caller::Operator;
use crate::http::docs::Tag;
use crate::http::fails::{Fails, problems};
use crate::http::payload::JsonBody;
use crate::http::problem::Failure;
use crate::http::tasks::{DEFAULT_LIMIT, read_cursor};

/// The most tasks that are queued again by one request.
const MOST_REPLAYED: u32 = 100;

pub(super) struct DeadLettersApi(pub(super) System);

problems! {
    ListProblems: AuthForbidden, RequestInvalid;
    ReplayProblems: AuthForbidden, RequestInvalid, QueueFull;
}

#[derive(ApiResponse)]
enum ListAnswer {
    /// A page of failed tasks, newest first.
    #[oai(status = 200)]
    Ok(Json<OpsTasks>),
}

#[derive(ApiResponse)]
enum ReplayAnswer {
    /// What became of each task.
    #[oai(status = 200)]
    Ok(Json<Replayed>),
}

#[OpenApi(tag = "Tag::Operation")]
impl DeadLettersApi {
    /// List dead letters
    ///
    /// The tasks of all accounts that ended in `failure`, newest first, a page at a time. They can be had until they expire.
    #[oai(path = "/ops/dead-letters", method = "get", operation_id = "list_dead_letters")]
    async fn list(
        &self,
        _operator: Operator,
        /// Only tasks of this account.
        owner: Query<Option<String>>,
        /// Only tasks for this conversion service.
        service: Query<Option<String>>,
        /// Only tasks that failed with this code.
        code: Query<Option<ProblemCode>>,
        /// Where to go on: the `next_cursor` of the page before.
        cursor: Query<Option<String>>,
        /// The most tasks of a page.
        #[oai(default = "default_limit", validator(minimum(value = "1"), maximum(value = "200")))]
        limit: Query<u32>,
    ) -> Result<ListAnswer, Fails<ListProblems>> {
        let filter = DeadLetterFilter { owner: owner.0, service: service.0, code: code.0 };
        let page = self.0.dead_letters(filter, read_cursor(cursor.0.as_deref())?, limit.0 as usize).await?;
        let items = page.rows.into_iter().map(|row| OpsTask::new(row.owner, row.task)).collect();
        Ok(ListAnswer::Ok(Json(OpsTasks { items, next_cursor: page.next_cursor.map(|id| id.to_string()) })))
    }

    /// Queue dead letters again
    ///
    /// Those named by `ids`, or those that pass a `filter`: at most 100 by one request. Each is tried again as
    /// `POST /tasks/{id}/retry` does it, so pages that are done are not done again. What can't be queued is told with the
    /// reason. When the queue is full it stops: `stopped` names the first task that is left; if not even one could be
    /// queued the answer is 429. With a filter `next_cursor` is where to go on.
    #[oai(path = "/ops/dead-letters/replay", method = "post", operation_id = "replay_dead_letters")]
    async fn replay(
        &self,
        operator: Operator,
        replay: JsonBody<Replay>,
    ) -> Result<ReplayAnswer, Fails<ReplayProblems>> {
        let Replay { ids, filter, cursor, limit } = replay.0;
        let replayed = match (ids, filter) {
            (Some(ids), _) => self.0.replay(&ids).await?,
            (None, filter) => {
                let cursor = cursor.as_deref().map(str::parse::<TaskId>).transpose().map_err(|_| wrong_cursor())?;
                let limit = limit.unwrap_or(MOST_REPLAYED) as usize;
                self.0.replay_all(filter.unwrap_or_default(), cursor, limit).await?
            }
        };
        tracing::info!(operator = operator.0.name, queued = replayed.queued.len(), "an operator replayed dead letters");
        Ok(ReplayAnswer::Ok(Json(replayed)))
    }
}

fn wrong_cursor() -> Failure {
    Failure::fields(vec![FieldError::new("/cursor", "is not a `next_cursor` of an earlier answer")])
}

fn default_limit() -> u32 {
    DEFAULT_LIMIT
}

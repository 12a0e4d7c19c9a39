//! Cancelling, retrying and removing tasks.

use d2d_actors::System;
use d2d_api::{Task, TaskId};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi};

use crate::http::caller::Signed;
use crate::http::docs::Tag;
use crate::http::fails::{Fails, problems};
use crate::http::path::Path;

pub(super) struct ChangeApi(pub(super) System);

problems! {
    CancelProblems: TaskNotFound, TaskWrongState;
    RetryProblems: TaskNotFound, TaskWrongState, QueueFull, ServiceUnavailable;
    RemoveProblems: TaskNotFound;
}

#[derive(ApiResponse)]
enum CancelAnswer {
    /// The task is cancelled: what is being processed for it stops within a second.
    #[oai(status = 202)]
    Accepted(Json<Task>),
}

#[derive(ApiResponse)]
enum RetryAnswer {
    /// The task is queued again.
    #[oai(status = 202)]
    Accepted(Json<Task>),
}

#[derive(ApiResponse)]
enum RemoveAnswer {
    /// The task, its files and its results are gone.
    #[oai(status = 204)]
    Removed,
}

#[OpenApi(tag = "Tag::Tasks")]
impl ChangeApi {
    /// Cancel a task
    ///
    /// From any state but those in which it has ended.
    #[oai(path = "/tasks/:id/cancel", method = "post", operation_id = "cancel_task")]
    async fn cancel(
        &self,
        caller: Signed,
        /// The task.
        id: Path<TaskId>,
    ) -> Result<CancelAnswer, Fails<CancelProblems>> {
        Ok(CancelAnswer::Accepted(Json(self.0.cancel(&caller.0.access(), id.0).await?)))
    }

    /// Try a task again
    ///
    /// Only what failed or was cancelled, after its files were complete. It is queued with the same files and parameters,
    /// behind what waits already; pages that are done are not done again, those that failed are. `attempt`, `seq` and the
    /// log go on, `error` and `page_errors` are gone. Who watched it was told `done` and has to watch it anew.
    #[oai(path = "/tasks/:id/retry", method = "post", operation_id = "retry_task")]
    async fn retry(
        &self,
        caller: Signed,
        /// The task.
        id: Path<TaskId>,
    ) -> Result<RetryAnswer, Fails<RetryProblems>> {
        Ok(RetryAnswer::Accepted(Json(self.0.retry(&caller.0.access(), id.0).await?)))
    }

    /// Remove a task
    ///
    /// With its files and results, now and for good. A task that has not ended is cancelled first.
    #[oai(path = "/tasks/:id", method = "delete", operation_id = "remove_task")]
    async fn remove(
        &self,
        caller: Signed,
        /// The task.
        id: Path<TaskId>,
    ) -> Result<RemoveAnswer, Fails<RemoveProblems>> {
        self.0.remove(&caller.0.access(), id.0).await?;
        Ok(RemoveAnswer::Removed)
    }
}

//! The tasks of all accounts.

use d2d_actors::{Access, System};
use d2d_api::{OpsTask, OpsTasks, TaskId, TaskStatus};
use d2d_store::TaskFilter;
use poem_openapi::param::Query;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi};

use crate::http::caller::Operator;
use crate::http::docs::Tag;
use crate::http::fails::{Fails, problems};
use crate::http::path::Path;
use crate::http::tasks::{DEFAULT_LIMIT, read_cursor};

pub(super) struct TasksApi(pub(super) System);

problems! {
    ListProblems: AuthForbidden, RequestInvalid;
    CancelProblems: AuthForbidden, TaskNotFound, TaskWrongState;
}

#[derive(ApiResponse)]
enum ListAnswer {
    /// A page of tasks, newest first.
    #[oai(status = 200)]
    Ok(Json<OpsTasks>),
}

#[derive(ApiResponse)]
enum CancelAnswer {
    /// The task is cancelled: what is being processed for it stops within a second.
    #[oai(status = 202)]
    Accepted(Json<OpsTask>),
}

#[OpenApi(tag = "Tag::Operation")]
impl TasksApi {
    /// List all tasks
    ///
    /// Of all accounts, newest first, a page at a time.
    #[oai(path = "/ops/tasks", method = "get", operation_id = "list_all_tasks")]
    async fn list(
        &self,
        _operator: Operator,
        /// Only tasks in this state; may be given several times.
        #[oai(default)]
        status: Query<Vec<TaskStatus>>,
        /// Only tasks of this account.
        owner: Query<Option<String>>,
        /// Where to go on: the `next_cursor` of the page before.
        cursor: Query<Option<String>>,
        /// The most tasks of a page.
        #[oai(default = "default_limit", validator(minimum(value = "1"), maximum(value = "200")))]
        limit: Query<u32>,
    ) -> Result<ListAnswer, Fails<ListProblems>> {
        let filter = TaskFilter { owner: owner.0, status: status.0, ..TaskFilter::default() };
        let cursor = read_cursor(cursor.0.as_deref())?;
        let page = self.0.tasks(&Access::Operator, filter, cursor, limit.0 as usize).await?;
        let items = page.rows.into_iter().map(|row| OpsTask::new(row.owner, row.task)).collect();
        Ok(ListAnswer::Ok(Json(OpsTasks { items, next_cursor: page.next_cursor.map(|id| id.to_string()) })))
    }

    /// Cancel any task
    ///
    /// From any state but those in which it has ended.
    #[oai(path = "/ops/tasks/:id/cancel", method = "post", operation_id = "cancel_any_task")]
    async fn cancel(
        &self,
        operator: Operator,
        /// The task.
        id: Path<TaskId>,
    ) -> Result<CancelAnswer, Fails<CancelProblems>> {
        let task = self.0.cancel(&Access::Operator, id.0).await?;
        tracing::info!(task.id = %id.0, operator = operator.0.name, "an operator cancelled a task");
        let owner = self.0.task_row(&Access::Operator, id.0).await?.owner;
        Ok(CancelAnswer::Accepted(Json(OpsTask::new(owner, task))))
    }
}

fn default_limit() -> u32 {
    DEFAULT_LIMIT
}

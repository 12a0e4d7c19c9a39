//! Registering tasks and submitting them.

use d2d_actors::System;
use d2d_api::{NewTask, Task, TaskId};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi};

use crate::http::app::PREFIX;
use crate::http::caller::Signed;
use crate::http::docs::Tag;
use crate::http::fails::{Fails, problems};
use crate::http::path::Path;
use crate::http::payload::JsonBody;

pub(super) struct TasksApi(pub(super) System);

problems! {
    RegisterProblems: ServiceNotFound, ServiceBadParams, FetchBadUrl, FetchForbidden, QueueFull, ServiceUnavailable;
    SubmitProblems: TaskNotFound, TaskWrongState, UploadNoFiles;
}

#[derive(ApiResponse)]
enum RegisterAnswer {
    /// The task is registered and awaits its files.
    #[oai(status = 201)]
    Created(
        Json<Task>,
        /// Where the task is.
        #[oai(header = "Location")]
        String,
    ),
}

#[derive(ApiResponse)]
enum SubmitAnswer {
    /// The task is queued.
    #[oai(status = 202)]
    Accepted(Json<Task>),
}

#[OpenApi(tag = "Tag::Tasks")]
impl TasksApi {
    /// Register a task
    ///
    /// The parameters are checked against the JSON Schema of the conversion service, and their defaults filled in.
    #[oai(path = "/uploads/tasks", method = "post", operation_id = "register_task")]
    async fn register(
        &self,
        caller: Signed,
        new: JsonBody<NewTask>,
    ) -> Result<RegisterAnswer, Fails<RegisterProblems>> {
        let task = self.0.register(&caller.0.name, new.0).await?;
        let location = format!("{PREFIX}/tasks/{}", task.id);
        Ok(RegisterAnswer::Created(Json(task), location))
    }

    /// Submit a task
    ///
    /// Its files are complete: it waits for its conversion service from now on. A task that said how many files will come
    /// submits itself with the last of them.
    #[oai(path = "/uploads/tasks/:id/submit", method = "post", operation_id = "submit_task")]
    async fn submit(
        &self,
        caller: Signed,
        /// The task.
        id: Path<TaskId>,
    ) -> Result<SubmitAnswer, Fails<SubmitProblems>> {
        Ok(SubmitAnswer::Accepted(Json(self.0.submit(&caller.0.name, id.0).await?)))
    }
}

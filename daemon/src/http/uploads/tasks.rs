//! Registering tasks and submitting them.

use d2d_actors::System;
use d2d_api::{NewTask, NewUrls, Task, TaskId};
use poem_openapi::param::Header;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi};

use super::idempotency::{key, replayed};
use crate::http::app::PREFIX;
use crate::http::caller::Signed;
use crate::http::docs::Tag;
use crate::http::fails::{Fails, problems};
use crate::http::path::Path;
use crate::http::payload::JsonBody;

pub(super) struct TasksApi(pub(super) System);

problems! {
    RegisterProblems: ServiceNotFound, ServiceBadParams, FetchBadUrl, FetchForbidden, RequestKeyReused, QueueFull,
        QuotaExceeded, ServiceUnavailable;
    UrlsProblems: TaskNotFound, TaskWrongState, FetchBadUrl, FetchForbidden, UploadTooManyFiles, RequestKeyReused,
        ServiceUnavailable;
    SubmitProblems: TaskNotFound, TaskWrongState, UploadNoFiles, RequestKeyReused, RequestInvalid, ServiceUnavailable;
}

#[derive(ApiResponse)]
enum RegisterAnswer {
    /// The task is registered and awaits its files, or has them fetched.
    #[oai(status = 201)]
    Created(
        Json<Task>,
        /// Where the task is.
        #[oai(header = "Location")]
        String,
        /// `true` if this is the answer of an earlier request with the same `Idempotency-Key`; nothing was done this time.
        #[oai(header = "Idempotency-Replayed")]
        Option<String>,
    ),
}

#[derive(ApiResponse)]
enum UrlsAnswer {
    /// The task with the files that are to be fetched.
    #[oai(status = 202)]
    Accepted(
        Json<Task>,
        /// `true` if this is the answer of an earlier request with the same `Idempotency-Key`; nothing was done this time.
        #[oai(header = "Idempotency-Replayed")]
        Option<String>,
    ),
}

#[derive(ApiResponse)]
enum SubmitAnswer {
    /// The task is queued, or has its files fetched first.
    #[oai(status = 202)]
    Accepted(
        Json<Task>,
        /// `true` if this is the answer of an earlier request with the same `Idempotency-Key`; nothing was done this time.
        #[oai(header = "Idempotency-Replayed")]
        Option<String>,
    ),
}

#[OpenApi(tag = "Tag::Tasks")]
impl TasksApi {
    /// Register a task
    ///
    /// The parameters are checked against the JSON Schema of the conversion service, and their defaults filled in. With
    /// `urls` and without `files` nothing is uploaded: the files are fetched at once. With `files.expected` they are fetched
    /// when so many were uploaded, and with an empty `files` when the task is submitted.
    #[oai(path = "/uploads/tasks", method = "post", operation_id = "register_task")]
    async fn register(
        &self,
        caller: Signed,
        /// A name for this request, so that it can be sent again without being done twice: 1 to 255 visible ASCII
        /// characters, in quotes or without, best a UUID. It is kept for a day.
        #[oai(name = "Idempotency-Key")]
        idempotency_key: Header<Option<String>>,
        new: JsonBody<NewTask>,
    ) -> Result<RegisterAnswer, Fails<RegisterProblems>> {
        let answered = self.0.register_once(&caller.0.name, new.0, key(idempotency_key.0)?).await?;
        let location = format!("{PREFIX}/tasks/{}", answered.task.id);
        Ok(RegisterAnswer::Created(Json(answered.task), location, replayed(answered.replayed)))
    }

    /// Give files by URL
    ///
    /// As long as the task awaits files. They are fetched once those that are uploaded are here, and come after them, in
    /// their order. Only public addresses are asked, unless the operator allows others. `urls` of the task tells how far
    /// each is; if one can't be fetched the task fails after the others were tried.
    #[oai(path = "/uploads/tasks/:id/urls", method = "post", operation_id = "add_urls")]
    async fn add_urls(
        &self,
        caller: Signed,
        /// The task.
        id: Path<TaskId>,
        /// A name for this request, so that it can be sent again without being done twice.
        #[oai(name = "Idempotency-Key")]
        idempotency_key: Header<Option<String>>,
        new: JsonBody<NewUrls>,
    ) -> Result<UrlsAnswer, Fails<UrlsProblems>> {
        let answered = self.0.add_urls(&caller.0.name, id.0, new.0.urls, key(idempotency_key.0)?).await?;
        Ok(UrlsAnswer::Accepted(Json(answered.task), replayed(answered.replayed)))
    }

    /// Submit a task
    ///
    /// Its files are complete: those given by URL are fetched now, and then it waits for its conversion service. A task that
    /// said how many files will come submits itself with the last of them.
    #[oai(path = "/uploads/tasks/:id/submit", method = "post", operation_id = "submit_task")]
    async fn submit(
        &self,
        caller: Signed,
        /// The task.
        id: Path<TaskId>,
        /// A name for this request, so that it can be sent again without being done twice.
        #[oai(name = "Idempotency-Key")]
        idempotency_key: Header<Option<String>>,
    ) -> Result<SubmitAnswer, Fails<SubmitProblems>> {
        let answered = self.0.submit_once(&caller.0.name, id.0, key(idempotency_key.0)?).await?;
        Ok(SubmitAnswer::Accepted(Json(answered.task), replayed(answered.replayed)))
    }
}

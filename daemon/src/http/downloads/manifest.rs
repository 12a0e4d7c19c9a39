//! The list of a task's results.

use d2d_actors::System;
use d2d_api::{Manifest, TaskId};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi};

use crate::http::caller::Signed;
use crate::http::docs::Tag;
use crate::http::fails::{Fails, problems};
use crate::http::path::Path;

pub(super) struct ManifestApi(pub(super) System);

problems! {
    ManifestProblems: TaskNotFound, DownloadNotReady, DownloadExpired;
}

#[derive(ApiResponse)]
enum ManifestAnswer {
    /// The result files of the task.
    #[oai(status = 200)]
    Ok(Json<Manifest>),
}

#[OpenApi(tag = "Tag::Results")]
impl ManifestApi {
    /// List the results of a task
    ///
    /// Its result files, with their formats, sizes, SHA-256 and the time at which they are removed.
    #[oai(path = "/downloads/tasks/:id", method = "get", operation_id = "list_results")]
    async fn manifest(
        &self,
        caller: Signed,
        /// The task.
        id: Path<TaskId>,
    ) -> Result<ManifestAnswer, Fails<ManifestProblems>> {
        Ok(ManifestAnswer::Ok(Json(self.0.artifacts(&caller.0.access(), id.0).await?)))
    }
}

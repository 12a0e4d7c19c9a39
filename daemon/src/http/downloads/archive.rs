//! Fetching all results of a task at once, as a ZIP archive.

use std::sync::Arc;

use chrono::Utc;
use d2d_api::{Manifest, ProblemCode, Task, TaskId, clean_file_name};
use futures_util::stream;
use poem::http::Method;
use poem::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use poem::{Body, IntoResponse, Request, Response};
use poem_openapi::param::Query;
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::{ApiResponse, OpenApi};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use super::disposition::attachment;
use super::door::Visitor;
use super::file::value;
use super::{condition, content, zip};
use crate::http::AppState;
use crate::http::caller::MaybeSigned;
use crate::http::closing::counted;
use crate::http::docs::Tag;
use crate::http::fails::{Fails, header, problems};
use crate::http::identity::Target;
use crate::http::path::Path;
use crate::http::problem::Failure;

/// How many archives are made at once: each takes a thread for as long as its client reads.
const MOST_AT_ONCE: usize = 64;
const MEDIA_TYPE: &str = "application/zip";

pub(super) struct ArchiveApi {
    state: AppState,
    turns: Arc<Semaphore>,
}

problems! {
    ArchiveProblems: AuthMissingToken, DownloadBadLink, TaskNotFound, DownloadNotReady, DownloadExpired,
        RequestPreconditionFailed, ServiceUnavailable, StorageDamaged;
}

impl ArchiveApi {
    pub(super) fn new(state: AppState) -> Self {
        Self { state, turns: Arc::new(Semaphore::new(MOST_AT_ONCE)) }
    }
}

#[OpenApi(tag = "Tag::Results")]
impl ArchiveApi {
    /// Fetch all results
    ///
    /// As one ZIP archive, made while it is sent: its size is not known before, and there are no parts of it. Its files have
    /// the names of the list, numbered where two would be the same, and the time at which the task ended.
    #[oai(path = "/downloads/tasks/:id/archive", method = "get", operation_id = "get_archive")]
    async fn archive(
        &self,
        caller: MaybeSigned,
        /// The task.
        id: Path<TaskId>,
        /// The token of a link (see `POST .../link`), instead of one in `Authorization`.
        token: Query<Option<String>>,
        request: &Request,
    ) -> Result<Archive, Fails<ArchiveProblems>> {
        Ok(self.answer(caller, id.0, token.0.as_deref(), request).await?)
    }

    /// Look at the archive of all results
    ///
    /// The headers that fetching it would answer.
    #[oai(path = "/downloads/tasks/:id/archive", method = "head", operation_id = "head_archive")]
    async fn head(
        &self,
        caller: MaybeSigned,
        /// The task.
        id: Path<TaskId>,
        /// The token of a link (see `POST .../link`), instead of one in `Authorization`.
        token: Query<Option<String>>,
        request: &Request,
    ) -> Result<Archive, Fails<ArchiveProblems>> {
        Ok(self.answer(caller, id.0, token.0.as_deref(), request).await?)
    }
}

impl ArchiveApi {
    async fn answer(
        &self,
        caller: MaybeSigned,
        id: TaskId,
        token: Option<&str>,
        request: &Request,
    ) -> Result<Archive, Failure> {
        let AppState { system, auth, .. } = &self.state;
        let visitor = Visitor::of(caller, token, Target { task: id, file: None }, auth).await?;
        let task = visitor.told(system.task(&visitor.access, id).await)?;
        let manifest = visitor.told(system.artifacts(&visitor.access, id).await)?;
        let tag = tag(&manifest);
        if let Some(response) = condition::judge(request.headers(), &tag)? {
            return Ok(Archive(response));
        }
        let blobs = system.store().blobs();
        for artifact in &manifest.items {
            content::open(blobs, artifact).await?;
        }
        let body = if *request.method() == Method::HEAD {
            Body::empty()
        } else {
            let turn = Arc::clone(&self.turns).try_acquire_owned().map_err(|_| {
                let detail = "too many archives are being made: try again in a moment, or fetch the files one by one";
                Failure::new(ProblemCode::ServiceUnavailable, detail)
            })?;
            let entries = zip::entries(manifest.items, |sha256| blobs.path(sha256));
            let mut chunks = zip::write(entries, task.finished_at.unwrap_or_else(Utc::now), turn);
            Body::from_bytes_stream(counted(request, stream::poll_fn(move |context| chunks.poll_recv(context))))
        };
        let response = Response::builder()
            .header(CONTENT_TYPE, MEDIA_TYPE)
            .header(CONTENT_DISPOSITION, value(&attachment(&name(&task)))?)
            .header(ETAG, value(&tag)?)
            .header(ACCEPT_RANGES, HeaderValue::from_static("none"))
            .header(CACHE_CONTROL, HeaderValue::from_static(condition::CACHING))
            .header(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        Ok(Archive(response.body(body)))
    }
}

/// Named after the label of the task, if it has one.
fn name(task: &Task) -> String {
    let nameless = format!("task-{}", task.id);
    let stem = task.label.as_deref().map_or_else(|| nameless.clone(), |label| clean_file_name(label, &nameless));
    format!("{stem}.zip")
}

/// Names the files in the archive, weakly: another version of the service may compress them otherwise.
fn tag(manifest: &Manifest) -> String {
    let mut hasher = Sha256::new();
    for item in &manifest.items {
        hasher.update(item.name.as_bytes());
        hasher.update([0]);
        hasher.update(item.sha256.as_bytes());
    }
    format!("W/\"{}\"", hex::encode(hasher.finalize()))
}

/// An archive.
struct Archive(Response);

impl IntoResponse for Archive {
    fn into_response(self) -> Response {
        self.0
    }
}

impl ApiResponse for Archive {
    fn meta() -> MetaResponses {
        let tag = || header("ETag", "Names the files in the archive.");
        let schema = MetaSchema::new_with_format("string", "binary");
        let archive = MetaResponse {
            description: "The archive.",
            status: Some(200),
            status_range: None,
            content: vec![MetaMediaType { content_type: MEDIA_TYPE, schema: MetaSchemaRef::Inline(Box::new(schema)) }],
            headers: vec![tag(), header("Content-Disposition", "The name of the archive (RFC 6266).")],
        };
        let unchanged = MetaResponse {
            description: "The files are still those that `If-None-Match` names.",
            status: Some(304),
            status_range: None,
            content: Vec::new(),
            headers: vec![tag()],
        };
        MetaResponses { responses: vec![archive, unchanged] }
    }

    fn register(_registry: &mut Registry) {}
}

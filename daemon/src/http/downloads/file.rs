//! Fetching a result file, whole or in parts.

use std::io::SeekFrom;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use d2d_actors::{Access, System};
use d2d_api::{Artifact, ArtifactId, ProblemCode, TaskId};
use poem::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderName,
    HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use poem::http::{HeaderMap, Method, StatusCode};
use poem::web::headers::{ETag, HeaderMapExt, IfNoneMatch};
use poem::{Body, IntoResponse, Request, Response};
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::{ApiResponse, OpenApi};
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use super::disposition::attachment;
use super::range::{Part, asked_for};
use crate::http::caller::Signed;
use crate::http::docs::Tag;
use crate::http::fails::{Fails, header, problems};
use crate::http::path::Path;
use crate::http::problem::Failure;

const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");

pub(super) struct FileApi(pub(super) System);

problems! {
    FileProblems: TaskNotFound, DownloadNotReady, DownloadExpired, DownloadNotFound, DownloadBadRange;
}

#[OpenApi(tag = "Tag::Results")]
impl FileApi {
    /// Fetch a result
    ///
    /// The whole file, or with `Range` one part of it; with `If-Range` only if it is still the same, and with
    /// `If-None-Match` only if it is another. `Repr-Digest` (RFC 9530) is of the whole file.
    #[oai(path = "/downloads/tasks/:id/files/:file", method = "get", operation_id = "get_result")]
    async fn file(
        &self,
        caller: Signed,
        /// The task.
        id: Path<TaskId>,
        /// The result file.
        file: Path<ArtifactId>,
        request: &Request,
    ) -> Result<Content, Fails<FileProblems>> {
        Ok(self.answer(&caller.0.access(), id.0, file.0, request).await?)
    }

    /// Look at a result
    ///
    /// The headers that fetching it would answer, without the file.
    #[oai(path = "/downloads/tasks/:id/files/:file", method = "head", operation_id = "head_result")]
    async fn head(
        &self,
        caller: Signed,
        /// The task.
        id: Path<TaskId>,
        /// The result file.
        file: Path<ArtifactId>,
        request: &Request,
    ) -> Result<Content, Fails<FileProblems>> {
        Ok(self.answer(&caller.0.access(), id.0, file.0, request).await?)
    }
}

impl FileApi {
    async fn answer(
        &self,
        access: &Access,
        task: TaskId,
        file: ArtifactId,
        request: &Request,
    ) -> Result<Content, Failure> {
        let artifact = self.0.artifact(access, task, file).await?;
        let tag = format!("\"{}\"", artifact.sha256);
        let parsed: ETag = tag.parse().map_err(|_| Failure::internal(&"a stored hash is no entity tag"))?;
        let known = request.headers().typed_get::<IfNoneMatch>();
        if known.is_some_and(|known| !known.precondition_passes(&parsed)) {
            return Ok(Content(Response::builder().status(StatusCode::NOT_MODIFIED).header(ETAG, tag).finish()));
        }
        let mut response = match asked_for(request.headers(), artifact.bytes, &parsed) {
            Part::Whole => self.send(&artifact, 0..artifact.bytes, request.method()).await?,
            Part::Bytes(range) => {
                let content_range = format!("bytes {}-{}/{}", range.start, range.end - 1, artifact.bytes);
                let mut part = self.send(&artifact, range, request.method()).await?;
                part.set_status(StatusCode::PARTIAL_CONTENT);
                part.headers_mut().insert(CONTENT_RANGE, value(&content_range)?);
                part
            }
            Part::Unsatisfiable => {
                let detail = format!("the file has {} bytes", artifact.bytes);
                let failure = Failure::new(ProblemCode::DownloadBadRange, detail);
                return Err(failure.with_header(CONTENT_RANGE, value(&format!("bytes */{}", artifact.bytes))?));
            }
        };
        response.headers_mut().extend(describe(&artifact, &tag)?);
        Ok(Content(response))
    }

    /// The bytes of the range, streamed from the disk; for HEAD only how many they are.
    async fn send(
        &self,
        artifact: &Artifact,
        range: std::ops::Range<u64>,
        method: &Method,
    ) -> Result<Response, Failure> {
        let length = range.end - range.start;
        let body = if *method == Method::HEAD {
            Body::empty()
        } else {
            let mut file = self.0.store().blobs().open(&artifact.sha256).await?;
            file.seek(SeekFrom::Start(range.start)).await.map_err(|error| Failure::internal(&error))?;
            Body::from_async_read(file.take(length))
        };
        Ok(Response::builder().header(CONTENT_LENGTH, length).body(body))
    }
}

/// What is said of a file whichever part of it is sent.
fn describe(artifact: &Artifact, tag: &str) -> Result<HeaderMap, Failure> {
    let digest = hex::decode(&artifact.sha256).map_err(|error| Failure::internal(&error))?;
    let digest = format!("sha-256=:{}:", BASE64_STANDARD.encode(digest));
    let headers = [
        (CONTENT_TYPE, value(&artifact.media_type)?),
        (CONTENT_DISPOSITION, value(&attachment(&artifact.name))?),
        (ETAG, value(tag)?),
        (REPR_DIGEST, value(&digest)?),
        (ACCEPT_RANGES, HeaderValue::from_static("bytes")),
        (CACHE_CONTROL, HeaderValue::from_static("private, no-cache")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    Ok(HeaderMap::from_iter(headers))
}

fn value(text: &str) -> Result<HeaderValue, Failure> {
    HeaderValue::from_str(text).map_err(|error| Failure::internal(&error))
}

/// A file, or a part of it.
struct Content(Response);

impl IntoResponse for Content {
    fn into_response(self) -> Response {
        self.0
    }
}

impl ApiResponse for Content {
    fn meta() -> MetaResponses {
        let tag = || header("ETag", "Names this content.");
        let file = |status, description, more: Option<(&str, &str)>| {
            let headers = [
                ("Content-Disposition", "The name of the file (RFC 6266)."),
                ("Repr-Digest", "The SHA-256 of the whole file (RFC 9530)."),
                ("Accept-Ranges", "Always `bytes`."),
            ];
            let schema = MetaSchema::new_with_format("string", "binary");
            MetaResponse {
                description,
                status: Some(status),
                status_range: None,
                content: vec![MetaMediaType { content_type: "*/*", schema: MetaSchemaRef::Inline(Box::new(schema)) }],
                headers: [tag()]
                    .into_iter()
                    .chain(headers.into_iter().chain(more).map(|(name, description)| header(name, description)))
                    .collect(),
            }
        };
        MetaResponses {
            responses: vec![
                file(200, "The file, of the type that the list of results says.", None),
                file(206, "The part of the file that `Range` asks for.", Some(("Content-Range", "Which part it is."))),
                MetaResponse {
                    description: "The file is still the one that `If-None-Match` names.",
                    status: Some(304),
                    status_range: None,
                    content: Vec::new(),
                    headers: vec![tag()],
                },
            ],
        }
    }

    fn register(_registry: &mut Registry) {}
}

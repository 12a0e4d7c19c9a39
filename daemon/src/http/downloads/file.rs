//! Fetching a result file, whole or in parts.

use std::io::SeekFrom;
use std::ops::Range;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use d2d_api::{Artifact, ArtifactId, ProblemCode, TaskId};
use poem::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderName,
    HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use poem::http::{HeaderMap, Method, StatusCode};
use poem::{Body, IntoResponse, Request, Response};
use poem_openapi::param::Query;
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::{ApiResponse, OpenApi};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use super::disposition::attachment;
use super::door::Visitor;
use super::range::{Part, asked_for};
use super::{condition, content};
use crate::http::AppState;
use crate::http::caller::MaybeSigned;
use crate::http::closing::counted;
use crate::http::docs::Tag;
use crate::http::fails::{Fails, header, problems};
use crate::http::identity::Target;
use crate::http::path::Path;
use crate::http::problem::Failure;

/// How much of a file is read at once.
const CHUNK_BYTES: usize = 64 << 10;
const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");

pub(super) struct FileApi(pub(super) AppState);

problems! {
    FileProblems: AuthMissingToken, DownloadBadLink, TaskNotFound, DownloadNotReady, DownloadExpired, DownloadNotFound,
        DownloadBadRange, RequestPreconditionFailed, StorageDamaged;
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
        caller: MaybeSigned,
        /// The task.
        id: Path<TaskId>,
        /// The result file.
        file: Path<ArtifactId>,
        /// The token of a link (see `POST .../link`), instead of one in `Authorization`.
        token: Query<Option<String>>,
        request: &Request,
    ) -> Result<Content, Fails<FileProblems>> {
        Ok(self.answer(caller, (id.0, file.0), token.0.as_deref(), request).await?)
    }

    /// Look at a result
    ///
    /// The headers that fetching the whole of it would answer, without the file.
    #[oai(path = "/downloads/tasks/:id/files/:file", method = "head", operation_id = "head_result")]
    async fn head(
        &self,
        caller: MaybeSigned,
        /// The task.
        id: Path<TaskId>,
        /// The result file.
        file: Path<ArtifactId>,
        /// The token of a link (see `POST .../link`), instead of one in `Authorization`.
        token: Query<Option<String>>,
        request: &Request,
    ) -> Result<Content, Fails<FileProblems>> {
        Ok(self.answer(caller, (id.0, file.0), token.0.as_deref(), request).await?)
    }
}

impl FileApi {
    async fn answer(
        &self,
        caller: MaybeSigned,
        (task, file): (TaskId, ArtifactId),
        token: Option<&str>,
        request: &Request,
    ) -> Result<Content, Failure> {
        let AppState { system, auth, .. } = &self.0;
        let visitor = Visitor::of(caller, token, Target { task, file: Some(file) }, auth).await?;
        let artifact = visitor.told(system.artifact(&visitor.access, task, file).await)?;
        let tag = format!("\"{}\"", artifact.sha256);
        if let Some(response) = condition::judge(request.headers(), &tag)? {
            return Ok(Content(response));
        }
        let blob = content::open(system.store().blobs(), &artifact).await?;
        // Ranges are defined for GET only: others ignore them (RFC 9110 section 14.2).
        let part = match *request.method() {
            Method::GET => asked_for(request.headers(), artifact.bytes, &condition::parse(&tag)?),
            _ => Part::Whole,
        };
        let body = (*request.method() != Method::HEAD).then_some(blob);
        let mut response = match part {
            Part::Whole => send(request, body, 0..artifact.bytes).await?,
            Part::Bytes(range) => {
                let content_range = format!("bytes {}-{}/{}", range.start, range.end - 1, artifact.bytes);
                let mut part = send(request, body, range).await?;
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
}

/// The bytes of the range, streamed from the disk; without a file only how many they are.
async fn send(request: &Request, blob: Option<File>, range: Range<u64>) -> Result<Response, Failure> {
    let length = range.end - range.start;
    let body = match blob {
        None => Body::empty(),
        Some(mut blob) => {
            blob.seek(SeekFrom::Start(range.start)).await.map_err(|error| Failure::internal(&error))?;
            Body::from_bytes_stream(counted(request, ReaderStream::with_capacity(blob.take(length), CHUNK_BYTES)))
        }
    };
    Ok(Response::builder().header(CONTENT_LENGTH, length).body(body))
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
        (CACHE_CONTROL, HeaderValue::from_static(condition::CACHING)),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    Ok(HeaderMap::from_iter(headers))
}

pub(super) fn value(text: &str) -> Result<HeaderValue, Failure> {
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
            let bytes = || MetaSchemaRef::Inline(Box::new(MetaSchema::new_with_format("string", "binary")));
            MetaResponse {
                description,
                status: Some(status),
                status_range: None,
                // Generated clients know what to do with bytes, not with whatever they may be.
                content: ["application/octet-stream", "*/*"]
                    .map(|content_type| MetaMediaType { content_type, schema: bytes() })
                    .into(),
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

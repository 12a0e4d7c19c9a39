//! What `d2d backup` copies: the database as it is at one moment, and the bytes of files. On the local socket only.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use d2d_actors::System;
use d2d_api::{DumpLine, ProblemCode, UploadId};
use d2d_store::{Snapshot, StoreError};
use futures_util::stream;
use poem::http::header::CONTENT_LENGTH;
use poem::{Body, IntoResponse, Response};
use poem_openapi::param::Query;
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::{ApiResponse, OpenApi};
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::timeout;
use tokio_util::io::ReaderStream;

use crate::http::caller::{Caller, Credential, Operator};
use crate::http::docs::Tag;
use crate::http::fails::{Fails, problems};
use crate::http::path::Path;
use crate::http::problem::Failure;

/// How many lines wait for a client that reads slowly.
const LINES_AHEAD: usize = 4;
/// How often a line is sent when the dump is complete, so that it is noticed when the client has gone.
const WAITING_EVERY: Duration = Duration::from_secs(1);
/// How long a backup waits for its turn: until it is noticed that the client of the one before has gone.
const TURN_WITHIN: Duration = Duration::from_secs(10);
/// A client that takes no line for so long has gone: what is removed should be gone some time.
const PATIENCE: Duration = Duration::from_secs(300);
/// How much of a file is read at once.
const CHUNK_BYTES: usize = 256 * 1024;

const NDJSON: &str = "application/x-ndjson";

pub(super) struct BackupApi {
    system: System,
    turn: Arc<Semaphore>,
}

problems! {
    DumpProblems: AuthForbidden, BackupServerDatabase, ServiceUnavailable;
    FileProblems: AuthForbidden, RequestNotFound;
}

impl BackupApi {
    pub(super) fn new(system: System) -> Self {
        Self { system, turn: Arc::new(Semaphore::new(1)) }
    }
}

#[OpenApi(tag = "Tag::Operation")]
impl BackupApi {
    /// Read the whole database
    ///
    /// For `d2d backup`, on the local socket of the daemon only: password hashes and the keys that sign tokens are in it.
    ///
    /// JSON, one object a line: `start` (format, versions, time); `records` of the tables, as they were at that moment,
    /// `blobs` and `upload` with what they refer to; `end` (how much there was). A dump without `end` is cut off. After it
    /// comes `waiting` every second until the client hangs up; until then no blob is removed.
    #[oai(path = "/ops/backup", method = "get", operation_id = "read_backup")]
    async fn dump(&self, operator: Operator) -> Result<Dump, Fails<DumpProblems>> {
        check_local(&operator.0)?;
        let turn = timeout(TURN_WITHIN, Arc::clone(&self.turn).acquire_owned()).await.ok().and_then(Result::ok);
        let turn = turn.ok_or_else(|| {
            Failure::new(ProblemCode::ServiceUnavailable, "another backup is being made: wait until it has ended")
        })?;
        let snapshot = self.system.store().snapshot().await.map_err(|error| match error {
            StoreError::ServerDatabase => Failure::new(ProblemCode::BackupServerDatabase, error.to_string()),
            error => error.into(),
        })?;
        tracing::info!(operator = operator.0.name, "a backup begins");
        let (lines, mut taken) = mpsc::channel(LINES_AHEAD);
        tokio::spawn(tell(snapshot, lines, turn));
        let body = Body::from_bytes_stream(stream::poll_fn(move |context| taken.poll_recv(context)));
        Ok(Dump(Response::builder().content_type(NDJSON).body(body)))
    }

    /// Read a blob
    ///
    /// For `d2d backup`, on the local socket of the daemon only: the bytes of a file, page or result.
    #[oai(path = "/ops/backup/blobs/:sha256", method = "get", operation_id = "read_blob")]
    async fn blob(
        &self,
        operator: Operator,
        /// The SHA-256 of its content, in lower-case hexadecimal.
        sha256: Path<String>,
    ) -> Result<Content, Fails<FileProblems>> {
        check_local(&operator.0)?;
        let file = self.system.store().blobs().open(&sha256.0).await.map_err(missing)?;
        Ok(Content(send(file, None).await?))
    }

    /// Read what has come of a resumable upload
    ///
    /// For `d2d backup`, on the local socket of the daemon only.
    #[oai(path = "/ops/backup/uploads/:id", method = "get", operation_id = "read_partial_upload")]
    async fn upload(
        &self,
        operator: Operator,
        /// The upload.
        id: Path<UploadId>,
        /// How many bytes of it, from its beginning.
        bytes: Query<u64>,
    ) -> Result<Content, Fails<FileProblems>> {
        check_local(&operator.0)?;
        let file = self.system.store().blobs().open_partial(id.0.0).await.map_err(missing)?;
        Ok(Content(send(file, Some(bytes.0)).await?))
    }
}

/// An operator's token is not enough for what has everybody's secrets in it.
fn check_local(operator: &Caller) -> Result<(), Failure> {
    if operator.credential == Credential::Local {
        return Ok(());
    }
    let detail = "backups have everybody's secrets in them: they are made by `d2d backup` on the daemon's own machine";
    Err(Failure::new(ProblemCode::AuthForbidden, detail))
}

fn missing(error: StoreError) -> Failure {
    match error {
        StoreError::NotFound => Failure::new(ProblemCode::RequestNotFound, "there is no such file"),
        error => error.into(),
    }
}

/// Sends the lines of a snapshot, and holds it until the client hangs up.
async fn tell(mut snapshot: Snapshot, lines: mpsc::Sender<Result<Bytes, std::io::Error>>, turn: OwnedSemaphorePermit) {
    let told = tell_all(&mut snapshot, &lines).await;
    let goes_on = match told {
        Ok(goes_on) => goes_on,
        Err(error) => {
            tracing::error!(%error, "a backup failed");
            let _ = lines.send(Err(std::io::Error::other("the database failed"))).await;
            false
        }
    };
    while goes_on && send_line(&lines, &DumpLine::Waiting).await {
        tokio::select! {
            () = tokio::time::sleep(WAITING_EVERY) => {}
            () = lines.closed() => break,
        }
    }
    if let Err(error) = snapshot.release().await {
        tracing::warn!(%error, "what was kept for a backup could not be removed; will try again");
    }
    tracing::info!("a backup has ended");
    drop(turn);
}

/// Sends the lines of a snapshot; answers whether the client took them all.
async fn tell_all(
    snapshot: &mut Snapshot,
    lines: &mpsc::Sender<Result<Bytes, std::io::Error>>,
) -> Result<bool, StoreError> {
    while let Some(line) = snapshot.next().await? {
        if !send_line(lines, &line).await {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Sends a line; answers whether the client is there to take it.
async fn send_line(lines: &mpsc::Sender<Result<Bytes, std::io::Error>>, line: &DumpLine) -> bool {
    let Ok(mut json) = serde_json::to_vec(line) else { return false };
    json.push(b'\n');
    matches!(timeout(PATIENCE, lines.send(Ok(json.into()))).await, Ok(Ok(())))
}

/// The bytes of a file, or its first ones.
async fn send(file: File, first: Option<u64>) -> Result<Response, Failure> {
    let failed = |error: std::io::Error| Failure::internal(&error);
    let there = file.metadata().await.map_err(failed)?.len();
    let length = first.unwrap_or(there).min(there);
    let body = if length <= CHUNK_BYTES as u64 {
        let mut all = Vec::new();
        file.take(length).read_to_end(&mut all).await.map_err(failed)?;
        Body::from_vec(all)
    } else {
        Body::from_bytes_stream(ReaderStream::with_capacity(file.take(length), CHUNK_BYTES))
    };
    Ok(Response::builder().header(CONTENT_LENGTH, length).body(body))
}

/// A dump.
struct Dump(Response);

/// The bytes of a file.
struct Content(Response);

impl IntoResponse for Dump {
    fn into_response(self) -> Response {
        self.0
    }
}

impl IntoResponse for Content {
    fn into_response(self) -> Response {
        self.0
    }
}

fn answers(description: &'static str, content_type: &'static str) -> MetaResponses {
    let schema = MetaSchemaRef::Inline(Box::new(MetaSchema::new_with_format("string", "binary")));
    let content = vec![MetaMediaType { content_type, schema }];
    let headers = Vec::new();
    MetaResponses {
        responses: vec![MetaResponse { description, status: Some(200), status_range: None, content, headers }],
    }
}

impl ApiResponse for Dump {
    fn meta() -> MetaResponses {
        answers("The lines of the dump.", NDJSON)
    }

    fn register(_registry: &mut Registry) {}
}

impl ApiResponse for Content {
    fn meta() -> MetaResponses {
        answers("The bytes.", "application/octet-stream")
    }

    fn register(_registry: &mut Registry) {}
}

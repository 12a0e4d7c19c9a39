//! Beginning a resumable upload, and what can be known of the protocol before.

use d2d_actors::System;
use d2d_api::{ProblemCode, TaskId, UploadId};
use d2d_store::{NewTusUpload, TusUpload};
use poem_openapi::{ApiResponse, OpenApi};

use super::checksum::{ALGORITHMS, Checksum};
use super::chunk::ChunkBody;
use super::header::{Deferred, Sent, Version, http_date, malformed};
use super::metadata::Metadata;
use super::protocol::VERSION;
use super::receive::{Delivery, take_in, to_the_end};
use crate::http::app::PREFIX;
use crate::http::caller::Signed;
use crate::http::docs::Tag;
use crate::http::fails::{Fails, NoProblems, problems};
use crate::http::path::Path;
use crate::http::problem::Failure;

const EXTENSIONS: &str = "creation,creation-with-upload,creation-defer-length,expiration,checksum,termination";

pub(super) struct CreateApi(pub(super) System);

problems! {
    CreateProblems: TaskNotFound, TaskWrongState, RequestMalformed, RequestUnsupportedMediaType, UploadTooLarge,
        UploadEmpty, UploadTooManyFiles, UploadUnsupportedType, UploadInterrupted, UploadChecksumMismatch,
        UploadUnsupportedVersion, StorageFull, ServiceUnavailable;
}

/// What the protocol can do here.
#[derive(ApiResponse)]
pub(super) enum OptionsAnswer {
    /// What the protocol can do here.
    #[oai(status = 204)]
    Known(
        /// The versions that are spoken.
        #[oai(header = "Tus-Version")]
        String,
        /// The extensions.
        #[oai(header = "Tus-Extension")]
        String,
        /// The largest file; the conversion service of a task may take less.
        #[oai(header = "Tus-Max-Size")]
        u64,
        /// The algorithms for `Upload-Checksum`.
        #[oai(header = "Tus-Checksum-Algorithm")]
        String,
        /// The methods of this address.
        #[oai(header = "Allow")]
        String,
    ),
}

impl OptionsAnswer {
    /// The answer at an address with these methods.
    pub(super) fn new(system: &System, allow: &'static str) -> Self {
        let largest = system.config().uploads.max_file.bytes();
        Self::Known(VERSION.to_owned(), EXTENSIONS.to_owned(), largest, ALGORITHMS.to_owned(), allow.to_owned())
    }
}

#[derive(ApiResponse)]
enum CreateAnswer {
    /// The upload has begun.
    #[oai(status = 201)]
    Created(
        /// Where it goes on.
        #[oai(header = "Location")]
        String,
        /// When it is given up, unless more comes.
        #[oai(header = "Upload-Expires")]
        String,
        /// How many bytes are durably here, if the request brought any.
        #[oai(header = "Upload-Offset")]
        Option<u64>,
    ),
}

#[allow(clippy::unused_async)] // poem wants async handlers
#[OpenApi(
    tag = "Tag::Resumable",
    response_header(name = "Tus-Resumable", ty = "String", description = "The version of the protocol: `1.0.0`.")
)]
impl CreateApi {
    /// Ask what tus can do here
    ///
    /// Versions, extensions, the largest file and the checksums of the tus protocol. Needs no token.
    #[oai(path = "/uploads/tasks/:id/tus", method = "options", operation_id = "tus_options")]
    async fn options(
        &self,
        /// The task; it need not exist.
        id: Path<String>,
    ) -> Result<OptionsAnswer, Fails<NoProblems>> {
        drop(id);
        Ok(OptionsAnswer::new(&self.0, "POST, OPTIONS"))
    }

    /// Begin a resumable upload
    ///
    /// One file of the task, by the tus protocol: any tus client that is given this address, and the token as a header,
    /// does the rest. `Upload-Length` is how many bytes the file has, or else `Upload-Defer-Length` is `1` and the length
    /// comes with a later `PATCH`. The name of the file is `filename` or `name` in `Upload-Metadata`. The body may bring the
    /// first bytes; if they do not arrive whole, nothing of the upload stays. A task has as many uploads under way as it
    /// takes files; past that, a new one takes the place of one that got no bytes or was silent for a minute.
    #[oai(path = "/uploads/tasks/:id/tus", method = "post", operation_id = "create_resumable_upload")]
    #[allow(clippy::too_many_arguments)] // the headers of the protocol
    async fn create(
        &self,
        caller: Signed,
        /// The task.
        id: Path<TaskId>,
        /// The version of the protocol.
        #[oai(name = "Tus-Resumable")]
        _version: Sent<Version>,
        /// The bytes of the file.
        #[oai(name = "Upload-Length")]
        length: Sent<Option<u64>>,
        /// `1` if the length comes later.
        #[oai(name = "Upload-Defer-Length")]
        deferred: Sent<Option<Deferred>>,
        /// What is to be known of the file: keys, each with a value in Base64, parted by commas.
        #[oai(name = "Upload-Metadata")]
        metadata: Sent<Option<Metadata>>,
        /// The checksum of the body: `sha1` or `sha256`, a space, and the value in Base64.
        #[oai(name = "Upload-Checksum")]
        checksum: Sent<Option<Checksum>>,
        body: ChunkBody<false>,
    ) -> Result<CreateAnswer, Fails<CreateProblems>> {
        let (Signed(caller), stream) = (caller, body.stream.clone());
        let begun = async {
            if length.0.is_some() == deferred.0.is_some() {
                self.0.check_upload(&caller.name, id.0).await?;
                return Err(malformed("send either `Upload-Length` or `Upload-Defer-Length: 1`"));
            }
            let brings = body.is_chunk()?;
            let (text, name) = metadata.0.map(|metadata| (metadata.text, metadata.name)).unzip();
            let owner = caller.name.clone();
            let new = NewTusUpload { task: id.0, owner, length: length.0, name: name.flatten(), metadata: text };
            Ok((self.0.create_tus(new).await?, brings))
        };
        let (upload, brings) = match begun.await {
            Ok(begun) => begun,
            Err(failure) => {
                stream.drain().await;
                return Err(failure.into());
            }
        };
        if !brings {
            return Ok(created(&upload, None));
        }
        let delivery = Delivery {
            offset: 0,
            length: None,
            checksum: checksum.0,
            declared_bytes: body.declared_bytes,
            body: stream,
        };
        let taken = to_the_end(take_first(self.0.clone(), caller.name, upload.id, delivery)).await?;
        Ok(created(&taken, Some(taken.offset)))
    }
}

/// Takes in what came with the request. If it does not arrive, the client never knows the upload: it is removed.
async fn take_first(system: System, owner: String, upload: UploadId, delivery: Delivery) -> Result<TusUpload, Failure> {
    let taken = take_in(&system, &owner, upload, delivery).await;
    if taken.is_err()
        && let Err(refused) = system.remove_tus(&owner, upload).await
        && refused.code != ProblemCode::UploadNotFound
    {
        tracing::warn!(upload.id = %upload, %refused, "what is left of an upload can't be removed");
    }
    taken
}

fn created(upload: &TusUpload, offset: Option<u64>) -> CreateAnswer {
    CreateAnswer::Created(format!("{PREFIX}/uploads/tus/{}", upload.id), http_date(upload.expires_at), offset)
}

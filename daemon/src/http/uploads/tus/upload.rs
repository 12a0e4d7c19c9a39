//! Going on with a resumable upload, asking how far it is, and ending it.

use d2d_actors::System;
use d2d_api::UploadId;
use poem_openapi::{ApiResponse, OpenApi};

use super::checksum::Checksum;
use super::chunk::ChunkBody;
use super::create::OptionsAnswer;
use super::header::{Sent, Version, http_date};
use super::receive::{Delivery, finish, take_in, to_the_end};
use crate::http::caller::Signed;
use crate::http::docs::Tag;
use crate::http::fails::{Fails, NoProblems, problems};
use crate::http::path::Path;

pub(super) struct UploadApi(pub(super) System);

problems! {
    HeadProblems: UploadNotFound, UploadExpired, UploadLocked, UploadUnsupportedVersion, UploadUnsupportedType,
        RequestMalformed, TaskNotFound, TaskWrongState, UploadTooManyFiles, StorageFull, ServiceUnavailable;
    PatchProblems: UploadNotFound, UploadExpired, UploadLocked, UploadWrongOffset, UploadUnsupportedVersion,
        UploadUnsupportedType, UploadTooLarge, UploadEmpty, UploadTooManyFiles, UploadInterrupted,
        UploadChecksumMismatch, RequestMalformed, RequestUnsupportedMediaType, TaskNotFound, TaskWrongState, StorageFull,
        ServiceUnavailable;
    EndProblems: UploadNotFound, UploadExpired, UploadLocked, UploadUnsupportedVersion, RequestMalformed;
}

#[derive(ApiResponse)]
enum HeadAnswer {
    /// How far the upload is.
    #[oai(status = 200)]
    Known(
        /// How many bytes are durably here: go on from there. When it is the length, the task has the file.
        #[oai(header = "Upload-Offset")]
        u64,
        /// How many bytes there will be.
        #[oai(header = "Upload-Length")]
        Option<u64>,
        /// `1` if the length was not said yet.
        #[oai(header = "Upload-Defer-Length")]
        Option<u64>,
        /// What was said of the file.
        #[oai(header = "Upload-Metadata")]
        Option<String>,
        /// When it is given up, unless more comes.
        #[oai(header = "Upload-Expires")]
        String,
        /// Always `no-store`.
        #[oai(header = "Cache-Control")]
        String,
    ),
}

#[derive(ApiResponse)]
enum PatchAnswer {
    /// The bytes are durably here.
    #[oai(status = 204)]
    Taken(
        /// How many there are now. When it is the length, the task has the file.
        #[oai(header = "Upload-Offset")]
        u64,
        /// When the upload is given up, unless more comes.
        #[oai(header = "Upload-Expires")]
        String,
    ),
}

#[derive(ApiResponse)]
enum EndAnswer {
    /// The upload has ended.
    #[oai(status = 204)]
    Ended,
}

#[allow(clippy::unused_async)] // poem wants async handlers
#[OpenApi(
    tag = "Tag::Resumable",
    response_header(name = "Tus-Resumable", ty = "String", description = "The version of the protocol: `1.0.0`.")
)]
impl UploadApi {
    /// Ask what tus can do for an upload
    ///
    /// The same as at the address where uploads begin. Needs no token.
    #[oai(path = "/uploads/tus/:upload", method = "options", operation_id = "tus_upload_options")]
    async fn options(
        &self,
        /// The upload; it need not exist.
        upload: Path<String>,
    ) -> Result<OptionsAnswer, Fails<NoProblems>> {
        drop(upload);
        Ok(OptionsAnswer::new(&self.0, "HEAD, PATCH, DELETE, OPTIONS"))
    }

    /// Ask how far an upload is
    ///
    /// The offset counts the bytes that would survive a loss of power. A request that was writing to the upload, and whose
    /// client is silent, ends first.
    #[oai(path = "/uploads/tus/:upload", method = "head", operation_id = "head_resumable_upload")]
    async fn head(
        &self,
        caller: Signed,
        /// The upload.
        upload: Path<UploadId>,
        /// The version of the protocol.
        #[oai(name = "Tus-Resumable")]
        _version: Sent<Version>,
    ) -> Result<HeadAnswer, Fails<HeadProblems>> {
        let owner = caller.0.name;
        let found = self.0.tus(&owner, upload.0).await?;
        let system = self.0.clone();
        let upload = to_the_end(async move { finish(&system, &owner, found).await }).await?;
        let deferred = upload.length.is_none().then_some(1);
        let (expires, caching) = (http_date(upload.expires_at), "no-store".to_owned());
        Ok(HeadAnswer::Known(upload.offset, upload.length, deferred, upload.metadata, expires, caching))
    }

    /// Go on with an upload
    ///
    /// The body is the bytes from `Upload-Offset` on, which has to be where the upload stands. What has arrived counts even
    /// if the connection ends, but for requests with a checksum: their bytes count all or not at all. With the last byte
    /// the task gets the file, whose `id` is that of the upload; the last file that the task expects submits it. Only one
    /// request at a time can write to an upload: a newer one takes over from one whose client is silent.
    #[oai(path = "/uploads/tus/:upload", method = "patch", operation_id = "patch_resumable_upload")]
    #[allow(clippy::too_many_arguments)] // the headers of the protocol
    async fn patch(
        &self,
        caller: Signed,
        /// The upload.
        upload: Path<UploadId>,
        /// The version of the protocol.
        #[oai(name = "Tus-Resumable")]
        _version: Sent<Version>,
        /// Where the bytes belong.
        #[oai(name = "Upload-Offset")]
        offset: Sent<u64>,
        /// The bytes of the file, if that was not said when the upload began.
        #[oai(name = "Upload-Length")]
        length: Sent<Option<u64>>,
        /// The checksum of the body: `sha1` or `sha256`, a space, and the value in Base64.
        #[oai(name = "Upload-Checksum")]
        checksum: Sent<Option<Checksum>>,
        body: ChunkBody<true>,
    ) -> Result<PatchAnswer, Fails<PatchProblems>> {
        if let Err(failure) = body.is_chunk() {
            body.stream.drain().await;
            return Err(failure.into());
        }
        let delivery = Delivery {
            offset: offset.0,
            length: length.0,
            checksum: checksum.0,
            declared_bytes: body.declared_bytes,
            body: body.stream,
        };
        let (system, owner) = (self.0.clone(), caller.0.name);
        let taken = to_the_end(async move { take_in(&system, &owner, upload.0, delivery).await });
        let upload = taken.await?;
        Ok(PatchAnswer::Taken(upload.offset, http_date(upload.expires_at)))
    }

    /// End an upload
    ///
    /// What has come of it is removed. A file that the task has already stays: take it away with
    /// `DELETE /uploads/tasks/{id}/files/{file}`.
    #[oai(path = "/uploads/tus/:upload", method = "delete", operation_id = "end_resumable_upload")]
    async fn end(
        &self,
        caller: Signed,
        /// The upload.
        upload: Path<UploadId>,
        /// The version of the protocol.
        #[oai(name = "Tus-Resumable")]
        _version: Sent<Version>,
    ) -> Result<EndAnswer, Fails<EndProblems>> {
        self.0.remove_tus(&caller.0.name, upload.0).await?;
        Ok(EndAnswer::Ended)
    }
}

//! The files of a task: sending them, and taking them away again.

use d2d_actors::{Receiver, System, UploadSlot, name_in_disposition};
use d2d_api::{FieldError, FileId, InputFile, ProblemCode, Task, TaskId, UploadedFiles};
use d2d_store::Store;
use multer::Multipart;
use poem::http::header::CONTENT_DISPOSITION;
use poem_openapi::param::{Header, Query};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi};

use super::batch::Batch;
use super::body::{BodyStream, UploadBody};
use super::digest::Digests;
use super::receive::{Source, of_form};
use crate::http::caller::Signed;
use crate::http::docs::Tag;
use crate::http::fails::{Fails, problems};
use crate::http::path::Path;
use crate::http::problem::Failure;

/// What a form needs beside its files, for each of them: generously.
const FORM_OVERHEAD: u64 = 64 << 10;
/// The fields of a form that hold files, for clients that send no file name with them.
const FIELDS: [&str; 2] = ["file", "files"];

pub(super) struct FilesApi(pub(super) System);

problems! {
    AddProblems: TaskNotFound, TaskWrongState, RequestMalformed, UploadInterrupted, UploadTooLarge, UploadEmpty,
        UploadUnsupportedType, UploadTooManyFiles, UploadNoFiles, UploadDigestMismatch, RequestInvalid, QuotaExceeded,
        StorageFull, ServiceUnavailable;
    RemoveProblems: TaskNotFound, UploadFileNotFound, TaskWrongState;
}

#[derive(ApiResponse)]
enum AddAnswer {
    /// The files are durably stored.
    #[oai(status = 201)]
    Created(Json<UploadedFiles>),
}

#[derive(ApiResponse)]
enum RemoveAnswer {
    /// The task without the file.
    #[oai(status = 200)]
    Removed(Json<Task>),
}

#[OpenApi(tag = "Tag::Files")]
impl FilesApi {
    /// Send files
    ///
    /// Either a form (`multipart/form-data`) with one or several files, or a single file as the body, with its name in
    /// `Content-Disposition` or as `?name=`. The content decides what a file is, not its name or the type that is said.
    /// All files of a request are taken, or none. When the answer comes they survive a loss of power. The last file that
    /// the task expects submits it.
    ///
    /// With `Repr-Digest` or `Content-Digest` (RFC 9530; `sha-256` and `sha-512`), of the request or of a part of a form,
    /// what came is compared with it.
    #[oai(path = "/uploads/tasks/:id/files", method = "post", operation_id = "add_files")]
    async fn add(
        &self,
        caller: Signed,
        /// The task.
        id: Path<TaskId>,
        /// The name of the file, if it is the body itself.
        name: Query<Option<String>>,
        /// What the body shall be, as `sha-256=:BASE64:`.
        #[oai(name = "Repr-Digest")]
        _repr_digest: Header<Option<String>>,
        /// The same.
        #[oai(name = "Content-Digest")]
        _content_digest: Header<Option<String>>,
        body: UploadBody,
    ) -> Result<AddAnswer, Fails<AddProblems>> {
        let (Signed(caller), stream) = (caller, body.stream.clone());
        let added = async {
            let slot = self.0.check_upload(&caller.name, id.0).await?;
            check_declared(self.0.store(), &body, &slot).await?;
            let receiver = Receiver::new(self.0.store(), &slot);
            let mut batch = Batch::new(self.0.store());
            if let Some(boundary) = body.boundary {
                form(&receiver, boundary, body.stream, slot.files_left, &mut batch).await?;
            } else {
                let name = name.0.or(body.disposition);
                batch.push(receiver.receive(name.as_deref(), Source::Body(body.stream)).await?);
            }
            self.keep(&caller.name, id.0, batch).await
        };
        match added.await {
            Ok(uploaded) => Ok(AddAnswer::Created(Json(uploaded))),
            Err(failure) => {
                stream.drain().await;
                Err(failure.into())
            }
        }
    }

    /// Take a file away
    ///
    /// As long as the task awaits files.
    #[oai(path = "/uploads/tasks/:id/files/:file", method = "delete", operation_id = "remove_file")]
    async fn remove(
        &self,
        caller: Signed,
        /// The task.
        id: Path<TaskId>,
        /// The file.
        file: Path<FileId>,
    ) -> Result<RemoveAnswer, Fails<RemoveProblems>> {
        Ok(RemoveAnswer::Removed(Json(self.0.remove_file(&caller.0.name, id.0, file.0).await?)))
    }
}

impl FilesApi {
    /// Gives the task its new files: all, or none.
    async fn keep(&self, owner: &str, id: TaskId, mut batch: Batch) -> Result<UploadedFiles, Failure> {
        let mut files = Vec::new();
        let mut task = None;
        while let Some(received) = batch.first() {
            match self.0.add_file(owner, id, received.file.clone()).await {
                Ok(after) => task = Some(after),
                Err(refused) => {
                    self.take_back(owner, id, &files).await;
                    return Err(refused.into());
                }
            }
            // From here on the task keeps the content.
            files.extend(batch.pop_first());
        }
        let task = task.ok_or_else(no_files)?;
        Ok(UploadedFiles { files, task })
    }

    /// Takes files away that came with one that the task does not take any more: another request was faster.
    async fn take_back(&self, owner: &str, id: TaskId, files: &[InputFile]) {
        for file in files {
            if let Err(refused) = self.0.remove_file(owner, id, file.id).await {
                tracing::debug!(task.id = %id, file.id = %file.id, %refused, "a file can't be taken back");
            }
        }
    }
}

/// Takes in all files of a form, in its order.
async fn form(
    receiver: &Receiver<'_>,
    boundary: String,
    body: BodyStream,
    files_left: u32,
    batch: &mut Batch,
) -> Result<(), Failure> {
    let mut form = Multipart::new(body.clone(), boundary);
    while let Some(part) = form.next_field().await.map_err(|error| of_form(&error))? {
        body.handed_on();
        let name = part.headers().get(CONTENT_DISPOSITION).and_then(|value| name_in_disposition(value.as_bytes()));
        let field = part.name().unwrap_or_default();
        if name.is_none() && !FIELDS.contains(&field) {
            let detail = "is no file: give it a file name; there are no other fields";
            return Err(Failure::fields(vec![FieldError::new(format!("/{field}"), detail)]));
        }
        if batch.len() >= files_left as usize {
            let detail = format!("the task takes only {files_left} more; none of these was taken");
            return Err(Failure::new(ProblemCode::UploadTooManyFiles, detail));
        }
        let digests = Digests::of(part.headers())?;
        batch.push(receiver.receive(name.as_deref(), Source::Part(Box::new((part, digests)), body.clone())).await?);
    }
    body.finish().await
}

/// Refuses early what says itself to be too large. What says nothing, or lies, is counted as it comes.
pub(super) async fn check_declared(store: &Store, body: &UploadBody, slot: &UploadSlot) -> Result<(), Failure> {
    let Some(declared) = body.declared_bytes else { return Ok(()) };
    let overhead = body.boundary.is_some().then_some(FORM_OVERHEAD);
    Ok(slot.check_announced(store, declared, overhead).await?)
}

fn no_files() -> Failure {
    Failure::new(ProblemCode::UploadNoFiles, "the form has no file: send one as the field `file`")
}

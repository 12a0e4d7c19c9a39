//! Taking a file in: its type told by its first bytes, its bytes counted, and made durable before it is acknowledged.

use std::io::ErrorKind;

use bytes::{Bytes, BytesMut};
use d2d_actors::{System, UploadSlot};
use d2d_api::{FileId, InputFile, ProblemCode, clean_file_name};
use d2d_store::{BlobRef, BlobWriter};
use multer::Field;

use super::body::{BodyStream, interrupted};
use super::media_type::{LONGEST_HEAD, USUAL_HEAD, extension, media_type};
use crate::http::problem::Failure;

/// The disk is looked at again after so many bytes.
const DISK_CHECK_EVERY: u64 = 64 << 20;

/// Where the bytes of one file come from.
pub(super) enum Source<'a> {
    /// The whole body.
    Body(BodyStream),
    /// A part of a form, with the body that it is read from.
    Part(Box<Field<'a>>, BodyStream),
}

impl Source<'_> {
    async fn chunk(&mut self) -> Result<Option<Bytes>, Failure> {
        match self {
            Self::Body(body) => body.chunk().await,
            Self::Part(part, body) => {
                let chunk = part.chunk().await.map_err(|error| of_form(&error))?;
                body.handed_on();
                Ok(chunk)
            }
        }
    }

    /// The first bytes: [`USUAL_HEAD`] of them, up to [`LONGEST_HEAD`] as long as they don't tell the type, more if they
    /// came at once, fewer if there are no more.
    async fn head(&mut self) -> Result<Bytes, Failure> {
        let mut head = BytesMut::new();
        while (head.len() < USUAL_HEAD || head.len() < LONGEST_HEAD && media_type(&head).is_none())
            && let Some(chunk) = self.chunk().await?
        {
            head.extend_from_slice(&chunk);
        }
        Ok(head.freeze())
    }
}

/// What is wrong with a form.
pub(super) fn of_form(error: &multer::Error) -> Failure {
    match error {
        multer::Error::IncompleteFieldData { .. }
        | multer::Error::IncompleteStream
        | multer::Error::IncompleteHeaders => interrupted(),
        multer::Error::StreamReadFailed(cause) if !is_bad_data(&**cause) => interrupted(),
        other => Failure::new(ProblemCode::RequestMalformed, format!("the form can't be read: {other}")),
    }
}

/// Whether the body itself was refused, and not merely cut off.
fn is_bad_data(cause: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    cause.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::InvalidData)
}

/// A file that is durably stored, but belongs to no task yet.
pub(super) struct Received {
    /// The file.
    pub(super) file: InputFile,
    /// Keeps its content until a task refers to it.
    _blob: BlobRef,
}

/// Takes files in for one task.
pub(super) struct Receiver<'a> {
    system: &'a System,
    slot: &'a UploadSlot,
}

impl<'a> Receiver<'a> {
    /// For a task that still takes what `slot` says.
    pub(super) fn new(system: &'a System, slot: &'a UploadSlot) -> Self {
        Self { system, slot }
    }

    /// Takes one file in. If this fails or is dropped, nothing of the file stays.
    pub(super) async fn receive(&self, name: Option<&str>, mut source: Source<'_>) -> Result<Received, Failure> {
        let head = source.head().await?;
        let media_type = self.accepted_type(name, &head)?;
        let name = clean_file_name(name.unwrap_or_default(), &format!("file.{}", extension(media_type)));
        let mut writer = self.system.store().blobs().writer().await?;
        self.write(&mut writer, &head, &name).await?;
        while let Some(chunk) = source.chunk().await? {
            self.write(&mut writer, &chunk, &name).await?;
        }
        let blob = writer.finish().await?;
        let file = InputFile {
            id: FileId::generate(),
            name,
            media_type: media_type.to_owned(),
            bytes: blob.bytes,
            sha256: blob.sha256.clone(),
        };
        Ok(Received { file, _blob: blob })
    }

    /// The type of a file that begins so, if the task takes it.
    pub(super) fn accepted_type(&self, name: Option<&str>, head: &[u8]) -> Result<&'static str, Failure> {
        let shown = shown(name);
        if head.is_empty() {
            return Err(Failure::new(ProblemCode::UploadEmpty, format!("{shown} is empty")));
        }
        let known = media_type(head);
        known.filter(|kind| self.slot.takes(kind)).ok_or_else(|| {
            let is = known.map_or_else(|| "of no type that is known here".to_owned(), |kind| format!("`{kind}`"));
            let info = self.slot.service.info();
            let detail =
                format!("{shown} is, by its content, {is}; `{}` takes {}", info.name, info.media_types.join(", "));
            Failure::new(ProblemCode::UploadUnsupportedType, detail)
        })
    }

    async fn write(&self, writer: &mut BlobWriter, chunk: &[u8], name: &str) -> Result<(), Failure> {
        let (before, after) = (writer.bytes(), writer.bytes() + chunk.len() as u64);
        if after > self.slot.max_file_bytes {
            return Err(too_large(Some(name), self.slot));
        }
        if before / DISK_CHECK_EVERY != after / DISK_CHECK_EVERY {
            self.check_disk().await?;
        }
        Ok(writer.write(chunk).await?)
    }

    async fn check_disk(&self) -> Result<(), Failure> {
        let least = self.system.config().uploads.min_free_disk.bytes();
        if self.system.store().blobs().free_bytes().await? >= least {
            return Ok(());
        }
        Err(Failure::new(ProblemCode::StorageFull, "the disk of the service is nearly full: try again later"))
    }
}

/// The refusal of a file that is too large.
pub(super) fn too_large(name: Option<&str>, slot: &UploadSlot) -> Failure {
    let detail = format!("{} has more than the {} bytes that are taken", shown(name), slot.max_file_bytes);
    Failure::new(ProblemCode::UploadTooLarge, detail)
}

fn shown(name: Option<&str>) -> String {
    name.map_or_else(|| "the file".to_owned(), |name| format!("`{}`", clean_file_name(name, "file")))
}

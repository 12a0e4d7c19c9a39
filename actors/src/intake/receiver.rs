//! Taking one file in: its type told by its first bytes, its bytes counted, and made durable before it is acknowledged.

use bytes::{Bytes, BytesMut};
use d2d_api::{FileId, InputFile, ProblemCode, clean_file_name};
use d2d_store::{BlobRef, BlobWriter, Store};

use super::media_type::{LONGEST_HEAD, USUAL_HEAD, extension, media_type};
use super::slot::{UploadSlot, shown};
use crate::Refused;

/// The disk is looked at again after so many bytes.
const DISK_CHECK_EVERY: u64 = 64 << 20;

/// Where the bytes of a file come from.
pub trait FileSource: Send {
    /// Why no more of them come.
    type Error: From<Refused> + Send;

    /// The next bytes; `None` at the end of the file.
    fn chunk(&mut self) -> impl Future<Output = Result<Option<Bytes>, Self::Error>> + Send;
}

/// A file that is durably stored, but belongs to no task yet.
#[derive(Debug)]
pub struct Received {
    /// The file.
    pub file: InputFile,
    /// Keeps its content until a task refers to it.
    pub blob: BlobRef,
}

/// Takes files in for one task.
#[derive(Debug)]
pub struct Receiver<'a> {
    store: &'a Store,
    slot: &'a UploadSlot,
}

impl<'a> Receiver<'a> {
    /// For a task that still takes what `slot` says.
    #[must_use]
    pub fn new(store: &'a Store, slot: &'a UploadSlot) -> Self {
        Self { store, slot }
    }

    /// Takes one file in. If this fails or is dropped, nothing of the file stays.
    ///
    /// # Errors
    /// `upload.empty`, `upload.unsupported_type`, `upload.too_large`, `quota.exceeded`, `storage.full`, and those of the
    /// source.
    pub async fn receive<S: FileSource>(&self, name: Option<&str>, mut source: S) -> Result<Received, S::Error> {
        let head = head(&mut source).await?;
        let media_type = self.accepted_type(name, &head)?;
        let name = clean_file_name(name.unwrap_or_default(), &format!("file.{}", extension(media_type)));
        let mut writer = self.store.blobs().writer().await.map_err(Refused::from)?;
        self.write(&mut writer, &head, &name).await?;
        while let Some(chunk) = source.chunk().await? {
            self.write(&mut writer, &chunk, &name).await?;
        }
        let blob = writer.finish().await.map_err(Refused::from)?;
        let file = InputFile {
            id: FileId::generate(),
            name,
            media_type: media_type.to_owned(),
            bytes: blob.bytes,
            sha256: blob.sha256.clone(),
        };
        Ok(Received { file, blob })
    }

    /// The type of a file that begins so, if the task takes it.
    ///
    /// # Errors
    /// `upload.empty`, `upload.unsupported_type`.
    pub fn accepted_type(&self, name: Option<&str>, head: &[u8]) -> Result<&'static str, Refused> {
        let shown = shown(name);
        if head.is_empty() {
            return Err(Refused::new(ProblemCode::UploadEmpty, format!("{shown} is empty")));
        }
        let known = media_type(head);
        known.filter(|kind| self.slot.takes(kind)).ok_or_else(|| {
            let is = known.map_or_else(|| "of no type that is known here".to_owned(), |kind| format!("`{kind}`"));
            let info = self.slot.service.info();
            let detail =
                format!("{shown} is, by its content, {is}; `{}` takes {}", info.name, info.media_types.join(", "));
            Refused::new(ProblemCode::UploadUnsupportedType, detail)
        })
    }

    async fn write(&self, writer: &mut BlobWriter, chunk: &[u8], name: &str) -> Result<(), Refused> {
        let (before, after) = (writer.bytes(), writer.bytes() + chunk.len() as u64);
        if after > self.slot.max_file_bytes {
            return Err(self.slot.too_large(Some(name)));
        }
        self.slot.check_quota(after)?;
        if before / DISK_CHECK_EVERY != after / DISK_CHECK_EVERY {
            self.slot.check_disk(self.store, 0).await?;
        }
        Ok(writer.write(chunk).await?)
    }
}

/// The first bytes: [`USUAL_HEAD`] of them, up to [`LONGEST_HEAD`] as long as they don't tell the type, more if they came
/// at once, fewer if there are no more.
async fn head<S: FileSource>(source: &mut S) -> Result<Bytes, S::Error> {
    let mut head = BytesMut::new();
    while (head.len() < USUAL_HEAD || head.len() < LONGEST_HEAD && media_type(&head).is_none())
        && let Some(chunk) = source.chunk().await?
    {
        head.extend_from_slice(&chunk);
    }
    Ok(head.freeze())
}

//! Writing to a resumable upload: durable at bounded distances, so that little is lost whenever it ends.

use std::time::{Duration, Instant};

use d2d_api::{FileId, InputFile, ProblemCode, Task};
use d2d_store::{PartialBlob, PartialMark, TusState, TusUpload};

use super::turns::Turn;
use crate::Refused;
use crate::UploadSlot;
use crate::system::System;

/// What came is made durable when it is so much,
const SYNC_BYTES: u64 = 16 << 20;
/// or so old.
const SYNC_AFTER: Duration = Duration::from_secs(5);

/// The one writer of a resumable upload. What was written counts once it is [kept](TusWriter::keep), which happens now and
/// then by itself; what was not when this is dropped, is lost.
#[derive(Debug)]
pub struct TusWriter {
    system: System,
    upload: TusUpload,
    slot: UploadSlot,
    file: PartialBlob,
    /// Set while nothing counts yet: the place to go back to.
    held: Option<PartialMark>,
    kept_at: Instant,
    /// The last of all to be dropped.
    turn: Turn,
}

impl TusWriter {
    pub(super) fn new(system: &System, upload: TusUpload, slot: UploadSlot, file: PartialBlob, turn: Turn) -> Self {
        turn.waits();
        Self { system: system.clone(), upload, slot, file, held: None, kept_at: Instant::now(), turn }
    }

    /// The upload, as far as it is durable.
    #[must_use]
    pub fn upload(&self) -> &TusUpload {
        &self.upload
    }

    /// What the task still takes.
    #[must_use]
    pub fn slot(&self) -> &UploadSlot {
        &self.slot
    }

    /// How many bytes there are, durable or not.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.file.bytes()
    }

    /// How many bytes there may be.
    #[must_use]
    pub fn most(&self) -> u64 {
        self.upload.length.unwrap_or(self.slot.max_file_bytes)
    }

    /// Whether all bytes are there.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.upload.length == Some(self.bytes())
    }

    /// Says how many bytes there will be, if that was not said before.
    ///
    /// # Errors
    /// `request.malformed` if another number was said before, or more is here already; `upload.empty`, `upload.too_large`.
    pub async fn set_length(&mut self, length: u64) -> Result<(), Refused> {
        if self.upload.length == Some(length) {
            return Ok(());
        }
        if length == 0 {
            return Err(Refused::new(ProblemCode::UploadEmpty, "the file is empty"));
        }
        if self.upload.length.is_some() || length < self.bytes() {
            let detail = "the length of the upload is known already, and is another";
            return Err(Refused::new(ProblemCode::RequestMalformed, detail));
        }
        if length > self.slot.max_file_bytes {
            let detail = format!("the file has more than the {} bytes that are taken", self.slot.max_file_bytes);
            return Err(Refused::new(ProblemCode::UploadTooLarge, detail));
        }
        self.upload = self.system.advance(self.upload.id, self.upload.offset, Some(length)).await?;
        Ok(())
    }

    /// Resolves when another writer is to take over.
    pub fn superseded(&self) -> impl Future<Output = ()> + Send + use<> {
        self.turn.over()
    }

    /// Nothing that is written from here on counts before [`TusWriter::keep`].
    ///
    /// # Errors
    /// `internal` if the disk fails.
    pub async fn hold(&mut self) -> Result<(), Refused> {
        self.held = Some(self.file.mark().await?);
        Ok(())
    }

    /// Forgets what was written since [`TusWriter::hold`].
    ///
    /// # Errors
    /// `internal` if the disk fails.
    pub async fn discard(&mut self) -> Result<(), Refused> {
        if let Some(mark) = self.held.take() {
            self.file.go_back(mark).await?;
        }
        Ok(())
    }

    /// Writes what has come.
    ///
    /// # Errors
    /// `upload.too_large` if that is more than there may be, of which nothing is written then; `storage.full`.
    pub async fn write(&mut self, chunk: &[u8]) -> Result<(), Refused> {
        self.turn.works();
        let written = self.take(chunk).await;
        self.turn.waits();
        written
    }

    async fn take(&mut self, chunk: &[u8]) -> Result<(), Refused> {
        if chunk.len() as u64 > self.most().saturating_sub(self.bytes()) {
            let detail = format!("there is more than the {} bytes that the upload has", self.most());
            return Err(Refused::new(ProblemCode::UploadTooLarge, detail));
        }
        self.file.write(chunk).await?;
        let due = self.bytes() - self.upload.offset >= SYNC_BYTES || self.kept_at.elapsed() >= SYNC_AFTER;
        if due && self.held.is_none() {
            self.keep().await?;
            self.slot.check_quota(self.bytes())?;
            self.slot.check_disk(self.system.store(), 0).await?;
        }
        Ok(())
    }

    /// Makes durable what was written. It counts from now on, and the upload is kept for another while.
    ///
    /// # Errors
    /// `upload.not_found` if the upload was given up meanwhile, `storage.full`.
    pub async fn keep(&mut self) -> Result<(), Refused> {
        self.held = None;
        if self.upload.state == TusState::Open {
            self.file.sync().await?;
            self.upload = self.system.advance(self.upload.id, self.file.bytes(), None).await?;
        }
        self.kept_at = Instant::now();
        Ok(())
    }

    /// The first bytes, at most so many.
    ///
    /// # Errors
    /// `internal` if the disk fails.
    pub async fn head(&mut self, most: usize) -> Result<Vec<u8>, Refused> {
        Ok(self.file.head(most).await?)
    }

    /// Gives the upload up: the task does not take it.
    pub async fn give_up(&self) {
        if let Err(error) = self.system.store().remove_tus(self.upload.id).await {
            tracing::warn!(upload.id = %self.upload.id, %error, "a refused upload can't be removed");
        }
    }

    /// All bytes are there: gives the task the file. When this returns that is durable; after a crash in between it can be
    /// done again. The last expected file queues the task.
    ///
    /// # Errors
    /// As [`System::add_file`]; what the task refuses is given up.
    pub async fn finish(&mut self, name: String, media_type: &str) -> Result<Task, Refused> {
        self.turn.works();
        let blob = self.file.complete().await?;
        let file = InputFile {
            id: FileId(self.upload.id.0),
            name,
            media_type: media_type.to_owned(),
            bytes: blob.bytes,
            sha256: blob.sha256.clone(),
        };
        let added = self.system.add_file(&self.upload.owner, self.upload.task, file).await;
        let sha256 = blob.sha256.clone();
        drop(blob);
        match added {
            Ok(task) => {
                self.upload.state = TusState::Done;
                if let Err(error) = self.system.store().remove_partial(self.upload.id).await {
                    tracing::warn!(upload.id = %self.upload.id, %error, "a partial file can't be removed");
                }
                tracing::info!(task.id = %task.id, upload.id = %self.upload.id, "resumable upload complete");
                Ok(task)
            }
            Err(refused) => {
                if refused.code != ProblemCode::Internal && refused.code != ProblemCode::StorageFull {
                    self.give_up().await;
                    self.system.store().remove_unused_blobs(vec![sha256]).await?;
                }
                Err(refused)
            }
        }
    }
}

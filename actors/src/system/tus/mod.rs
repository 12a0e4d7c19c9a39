//! Resumable uploads (tus): files that come in several requests, whatever happens in between.

mod turns;
mod writer;

use std::time::Duration;

use d2d_api::{ProblemCode, UploadId};
use d2d_store::{NewTusUpload, StoreError, TusState, TusUpload};

use super::System;
use crate::Refused;
use turns::Manner;
pub(super) use turns::Turns;
pub use writer::TusWriter;

/// How long a request waits for the one that writes to the same upload,
const PATIENCE: Duration = Duration::from_secs(5);
/// and how long one that only wants to know how far it is.
const SHORT_PATIENCE: Duration = Duration::from_secs(1);

/// What a request that wants to write to an upload gets.
#[derive(Debug)]
pub enum TusAccess {
    /// The right to write.
    Open(Box<TusWriter>),
    /// There is nothing left to write: the task has the file.
    Done(TusUpload),
}

impl System {
    /// Makes a resumable upload for a task. `new.length` is taken as said; what comes is counted.
    ///
    /// # Errors
    /// As [`System::check_upload`], and `upload.empty`, `upload.too_large`, `quota.exceeded`, `storage.full` if so much
    /// would not fit, `upload.too_many_files` if as many uploads of the task are under way as it takes files.
    pub async fn create_tus(&self, new: NewTusUpload) -> Result<TusUpload, Refused> {
        let slot = self.check_upload(&new.owner, new.task).await?;
        match new.length {
            Some(0) => return Err(Refused::new(ProblemCode::UploadEmpty, "the file is empty")),
            length => slot.check_announced(self.store(), length.unwrap_or_default(), None).await?,
        }
        let (task, most, busy) = (new.task, slot.files_left, self.inner.turns.busy());
        let ttl = self.inner.config.uploads.resumable_ttl;
        let made = self.inner.store.create_tus(new, ttl, most, &busy).await.map_err(|error| match error {
            StoreError::TooManyFiles => {
                let detail = format!(
                    "the task takes {most} more files, and as many uploads are under way: finish one, or end it with DELETE"
                );
                Refused::new(ProblemCode::UploadTooManyFiles, detail)
            }
            other => other.into(),
        })?;
        tracing::info!(task.id = %task, upload.id = %made.id, "resumable upload begun");
        Ok(made)
    }

    /// A resumable upload, as far as it is durable. Who writes to it and is silent gives way, so that the offset stays.
    ///
    /// # Errors
    /// `upload.not_found`, `upload.expired`.
    pub async fn tus(&self, owner: &str, id: UploadId) -> Result<TusUpload, Refused> {
        self.live(owner, id).await?;
        let turn = self.inner.turns.take(id, Manner::Polite, SHORT_PATIENCE).await;
        let upload = self.live(owner, id).await?;
        drop(turn);
        Ok(upload)
    }

    /// The right to write to a resumable upload that stands at `offset`. Who writes to it and is silent gives way.
    ///
    /// # Errors
    /// `upload.not_found`, `upload.expired`, `upload.locked` if another request goes on writing to it,
    /// `upload.wrong_offset`; and as [`System::check_upload`].
    pub async fn write_tus(&self, owner: &str, id: UploadId, offset: u64) -> Result<TusAccess, Refused> {
        self.live(owner, id).await?;
        let turn = self.inner.turns.take(id, Manner::Polite, PATIENCE).await.ok_or_else(locked)?;
        let upload = self.live(owner, id).await?;
        if upload.offset != offset {
            let detail = format!("the upload stands at {}, not at {offset}", upload.offset);
            return Err(Refused::new(ProblemCode::UploadWrongOffset, detail));
        }
        if upload.state == TusState::Done {
            return Ok(TusAccess::Done(upload));
        }
        let slot = self.check_upload(owner, upload.task).await?;
        let file = self.inner.store.blobs().resume(id.0, offset).await?;
        Ok(TusAccess::Open(Box::new(TusWriter::new(self, upload, slot, file, turn))))
    }

    /// Ends a resumable upload: what has come of it is removed. A file that the task has stays there.
    ///
    /// # Errors
    /// `upload.not_found`, `upload.expired`, `upload.locked` if the request that writes to it does not end.
    pub async fn remove_tus(&self, owner: &str, id: UploadId) -> Result<(), Refused> {
        self.live(owner, id).await?;
        let _turn = self.inner.turns.take(id, Manner::Firm, PATIENCE).await.ok_or_else(locked)?;
        self.live(owner, id).await?;
        tracing::info!(upload.id = %id, "resumable upload ended by its owner");
        Ok(self.inner.store.remove_tus(id).await?)
    }

    /// The upload if it is the owner's and its time is not over.
    async fn live(&self, owner: &str, id: UploadId) -> Result<TusUpload, Refused> {
        let found = self.inner.store.tus(id).await?.filter(|upload| upload.owner == owner);
        let mut upload = found.ok_or_else(no_upload)?;
        match upload.state {
            TusState::Done => {}
            TusState::Expired => return Err(expired()),
            // Bytes that the disk has lost have to come again.
            TusState::Open => {
                upload.offset = upload.offset.min(self.inner.store.blobs().partial_bytes(id.0).await?);
            }
        }
        Ok(upload)
    }

    /// So much of the upload is durable.
    async fn advance(&self, id: UploadId, offset: u64, length: Option<u64>) -> Result<TusUpload, Refused> {
        let ttl = self.inner.config.uploads.resumable_ttl;
        self.inner.store.advance_tus(id, offset, length, ttl).await.map_err(|error| match error {
            StoreError::NotFound => no_upload(),
            other => other.into(),
        })
    }
}

fn no_upload() -> Refused {
    Refused::new(ProblemCode::UploadNotFound, "there is no such upload among yours: begin another one")
}

fn expired() -> Refused {
    Refused::new(ProblemCode::UploadExpired, "the upload was not finished in time: begin another one")
}

fn locked() -> Refused {
    Refused::new(ProblemCode::UploadLocked, "another request is writing to the upload: wait until it has ended")
}

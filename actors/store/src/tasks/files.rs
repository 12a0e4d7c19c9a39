//! The files of a task that awaits them.

use d2d_api::{FileId, InputFile, TaskId};

use super::TaskRow;
use crate::{Store, StoreError};

impl Store {
    /// Adds a file. The last expected one queues the task in the same transaction: look at the status of the answer.
    ///
    /// Hold the [`crate::BlobRef`] of the file until this returns, so that its blob is not removed in between.
    ///
    /// # Errors
    /// [`StoreError::TooManyFiles`] if the task has `max_files`, or as many as were announced;
    /// [`StoreError::FilesClosed`] if it does not await files; [`StoreError::NotFound`].
    pub async fn add_file(&self, id: TaskId, file: InputFile, max_files: u32) -> Result<TaskRow, StoreError> {
        let _ = (id, file, max_files);
        Err(crate::error::unfinished())
    }

    /// Takes a file away again, and removes its blob if nothing else refers to it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such task or file, [`StoreError::FilesClosed`] if it does not await files.
    pub async fn remove_file(&self, id: TaskId, file: FileId) -> Result<TaskRow, StoreError> {
        let _ = (id, file);
        Err(crate::error::unfinished())
    }
}

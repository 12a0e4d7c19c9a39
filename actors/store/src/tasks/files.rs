//! The files of a task that awaits them.

use d2d_api::{FileId, InputFile, TaskId, TaskStatus};

use super::TaskRow;
use super::change::{Change, LOG};
use crate::database::bind;
use crate::records::FileRecord;
use crate::{Store, StoreError};

impl Store {
    /// Adds a file. The last expected one queues the task in the same transaction: look at the status of the answer. The
    /// resumable upload whose identifier it has is done with it.
    ///
    /// Hold the [`crate::BlobRef`] of the file until this returns, so that its blob is not removed in between.
    ///
    /// # Errors
    /// [`StoreError::TooManyFiles`] if the task has `max_files`, or as many as were announced;
    /// [`StoreError::FilesClosed`] if it does not await files; [`StoreError::NotFound`].
    pub async fn add_file(&self, id: TaskId, file: InputFile, max_files: u32) -> Result<TaskRow, StoreError> {
        let change = Change::within("add a file", id, TaskStatus::AwaitingFiles)
            .only_if("array::len(files) < math::min([$max_files, expected_files ?? $max_files])")
            .set(
                "status = IF array::len(files) + 1 = expected_files { 'queued' } ELSE { status },
                queued_at = IF array::len(files) + 1 = expected_files { time::now() } ELSE { NONE },
                message = IF array::len(files) + 1 = expected_files { 'queued' } ELSE { message },
                files += $file",
            )
            .also("UPSERT type::record('blob_use', [$file.sha256, $key]) SET task = $key RETURN NONE;")
            .also("UPDATE type::record('tus', $file.id) SET state = 'done' RETURN NONE;")
            .also("IF $row.status = 'queued' { ")
            .also(LOG)
            .also(" };")
            .bind(bind! { file: FileRecord::from(file), max_files: max_files });
        self.change(change).await?.or_else(|before| match before.task.status {
            TaskStatus::AwaitingFiles => StoreError::TooManyFiles,
            status => StoreError::FilesClosed(status),
        })
    }

    /// Takes a file away again, and removes its blob if nothing else refers to it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such task or file, [`StoreError::FilesClosed`] if it does not await files.
    pub async fn remove_file(&self, id: TaskId, file: FileId) -> Result<TaskRow, StoreError> {
        let row = self.task(id).await?.ok_or(StoreError::NotFound)?;
        let found = row.task.files.into_iter().find(|there| there.id == file).ok_or(StoreError::NotFound)?;
        let change = Change::within("remove a file", id, TaskStatus::AwaitingFiles)
            .only_if("$file IN files.id")
            .set("files = files[WHERE id != $file]")
            .also(
                "IF $sha256 NOT IN $row.files.sha256 {
                    DELETE type::record('blob_use', [$sha256, $key]) RETURN NONE
                };",
            )
            .bind(bind! { file: file.0, sha256: found.sha256.as_str() });
        let row = self.change(change).await?.or_else(|before| match before.task.status {
            TaskStatus::AwaitingFiles => StoreError::NotFound,
            status => StoreError::FilesClosed(status),
        })?;
        self.remove_unused_blobs(vec![found.sha256]).await?;
        Ok(row)
    }
}

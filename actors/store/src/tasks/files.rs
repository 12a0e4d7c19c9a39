//! The files of a task that awaits them.

use d2d_api::{FileId, InputFile, Task, TaskId, TaskStatus};

use super::change::{Change, LOG, NEXT, PROCEED, USED};
use super::{Answer, IdempotencyKey, TaskRow};
use crate::database::bind;
use crate::records::{FileRecord, UrlRecord};
use crate::{Store, StoreError};

/// Whether the next file is the last one announced.
const LAST: &str = "LET $now = (SELECT files, expected_files FROM ONLY $task);
    LET $complete = array::len($now.files ?? []) + 1 = $now.expected_files;";

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
        self.add_file_within(id, file, max_files, None).await
    }

    /// As [`Store::add_file`], if the tasks of the owner keep at most `max_bytes` with it.
    ///
    /// # Errors
    /// As [`Store::add_file`], and [`StoreError::TooManyBytes`].
    pub async fn add_file_within(
        &self,
        id: TaskId,
        file: InputFile,
        max_files: u32,
        max_bytes: Option<u64>,
    ) -> Result<TaskRow, StoreError> {
        let change = Change::within("add a file", id, TaskStatus::AwaitingFiles)
            .first(USED)
            .first(NEXT)
            .first(LAST)
            .only_if(
                "array::len(files) < math::min([$max_files - array::len(urls ?? []), expected_files ?? $max_files])
                AND ($max_bytes = NONE OR $used + $file.bytes <= $max_bytes)",
            )
            .set(&format!("files += $file, {PROCEED}"))
            .also("UPSERT type::record('blob_use', [$file.sha256, $key]) SET task = $key RETURN NONE;")
            .also("UPDATE type::record('tus', $file.id) SET state = 'done' RETURN NONE;")
            .also("IF $complete { ")
            .also(LOG)
            .also(" };")
            .bind(bind! { file: FileRecord::from(file), max_files: max_files, max_bytes: max_bytes });
        let most = usize::try_from(max_files).unwrap_or(usize::MAX);
        self.change(change).await?.or_else(|before| match before.task.status {
            TaskStatus::AwaitingFiles if has_room(&before.task, most) => StoreError::TooManyBytes,
            TaskStatus::AwaitingFiles => StoreError::TooManyFiles,
            status => StoreError::FilesClosed(status),
        })
    }

    /// Adds files to fetch once those that are uploaded are here.
    ///
    /// # Errors
    /// [`StoreError::TooManyFiles`] if the task would have more than `max_files` then; [`StoreError::FilesClosed`] if it
    /// does not await files; [`StoreError::KeyReused`]; [`StoreError::NotFound`].
    pub async fn add_urls(
        &self,
        id: TaskId,
        urls: Vec<String>,
        max_files: u32,
        key: Option<IdempotencyKey>,
    ) -> Result<Answer, StoreError> {
        let urls: Vec<_> = urls.into_iter().map(UrlRecord::waiting).collect();
        let change = Change::within("add files to fetch", id, TaskStatus::AwaitingFiles)
            .only_if(
                "math::max([array::len(files), expected_files ?? 0]) + array::len(urls ?? []) + array::len($urls)
                    <= $max_files",
            )
            .set("urls = array::concat(urls ?? [], $urls), awaits_until = time::now() + awaits")
            .bind(bind! { urls: urls, max_files: max_files })
            .once(key);
        self.change(change).await?.answer_or_else(|before| match before.task.status {
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
            .set("files = files[WHERE id != $file], awaits_until = time::now() + awaits")
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

/// Whether a task that awaits files may have one more.
fn has_room(task: &Task, max_files: usize) -> bool {
    let announced = task.expected_files.map_or(usize::MAX, |count| count as usize);
    task.files.len() < max_files.saturating_sub(task.urls.len()).min(announced)
}

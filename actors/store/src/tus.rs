//! Resumable uploads (tus): how far each is, and until when it is kept. Their bytes are in partial files, see
//! [`crate::PartialBlob`].
//!
//! The record comes before the file and goes before it: a partial file without a record that is open is of no use, and
//! [`Store::sweep_tus`] removes it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use d2d_api::{TaskId, TaskStatus, UploadId};
use surrealdb::types::{RecordId, RecordIdKey, SurrealValue, Uuid};

use crate::database::bind;
use crate::{Store, StoreError};

/// An upload that was silent for so long may give its place to a new one of the same task.
const SILENT: Duration = Duration::from_mins(1);
/// How long it is remembered that an upload has expired.
const REMEMBERED: Duration = Duration::from_hours(24);

/// A resumable upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TusUpload {
    /// Its identifier: that of the file, too, once it is complete.
    pub id: UploadId,
    /// The task that shall have the file.
    pub task: TaskId,
    /// The account that the task belongs to.
    pub owner: String,
    /// How many bytes there will be; `None` as long as the client has not said.
    pub length: Option<u64>,
    /// How many of them are durably here.
    pub offset: u64,
    /// The name of the file.
    pub name: Option<String>,
    /// What the client said of the file, as it said it (`Upload-Metadata`).
    pub metadata: Option<String>,
    /// How far it is in its life.
    pub state: TusState,
    /// When it is given up, unless more comes.
    pub expires_at: DateTime<Utc>,
}

/// How far a resumable upload is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TusState {
    /// Bytes may come.
    Open,
    /// The task has the file.
    Done,
    /// It was given up.
    Expired,
}

/// A resumable upload to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTusUpload {
    /// The task that shall have the file.
    pub task: TaskId,
    /// The account that the task belongs to.
    pub owner: String,
    /// How many bytes there will be, if the client knows.
    pub length: Option<u64>,
    /// The name of the file.
    pub name: Option<String>,
    /// What the client said of the file, as it said it.
    pub metadata: Option<String>,
}

/// A resumable upload, as it is stored.
#[derive(SurrealValue)]
struct TusRecord {
    key: uuid::Uuid,
    task: uuid::Uuid,
    owner: String,
    length: Option<u64>,
    offset: u64,
    name: Option<String>,
    metadata: Option<String>,
    state: String,
    expires_at: DateTime<Utc>,
}

impl TryFrom<TusRecord> for TusUpload {
    type Error = StoreError;

    fn try_from(record: TusRecord) -> Result<Self, StoreError> {
        let state = match record.state.as_str() {
            "open" if record.expires_at <= Utc::now() => TusState::Expired,
            "open" => TusState::Open,
            "done" => TusState::Done,
            "expired" => TusState::Expired,
            other => return Err(StoreError::unreadable(format_args!("no state `{other}` of an upload"))),
        };
        Ok(Self {
            id: UploadId(record.key),
            task: TaskId(record.task),
            owner: record.owner,
            length: record.length,
            offset: record.offset,
            name: record.name,
            metadata: record.metadata,
            state,
            expires_at: record.expires_at,
        })
    }
}

/// The key of an upload in the database.
fn tus_record(id: uuid::Uuid) -> RecordId {
    RecordId::new("tus", RecordIdKey::Uuid(Uuid::from(id)))
}

impl Store {
    /// Makes a resumable upload, which is kept for `ttl` unless more comes.
    ///
    /// A task has at most `most` open ones. Past that, those give way that never got a byte or were silent for a minute,
    /// the oldest first: their clients may have lost their address. Those in `busy` are being written to, and stay.
    ///
    /// # Errors
    /// [`StoreError::TooManyFiles`] if none can give way.
    pub async fn create_tus(
        &self,
        new: NewTusUpload,
        ttl: Duration,
        most: u32,
        busy: &[UploadId],
    ) -> Result<TusUpload, StoreError> {
        // Of two at the same time, one has to wait for the other, and count again.
        let query = "{
            UPSERT gate:tus SET passed = (passed ?? 0) + 1 RETURN NONE;
            LET $open = SELECT id, key, offset, expires_at FROM tus
                WHERE task = $task AND state = 'open' AND expires_at > time::now() ORDER BY expires_at;
            LET $surplus = array::len($open) + 1 - $most;
            IF $surplus > 0 {
                LET $silent = $open[WHERE key NOT IN $busy
                    AND (offset = 0 OR expires_at < time::now() + $ttl - $silence)].id;
                IF array::len($silent) < $surplus { RETURN NONE };
                LET $given_up = array::slice($silent, 0, $surplus);
                DELETE $given_up RETURN NONE;
            };
            RETURN CREATE ONLY type::record('tus', $key) CONTENT {
                key: $key,
                task: $task,
                owner: $owner,
                length: $length,
                offset: 0,
                name: $name,
                metadata: $metadata,
                state: 'open',
                created_at: time::now(),
                expires_at: time::now() + $ttl,
            };
        }";
        let bindings = bind! {
            key: UploadId::generate().0,
            task: new.task.0,
            owner: new.owner,
            length: new.length,
            name: new.name,
            metadata: new.metadata,
            ttl: ttl,
            most: most,
            busy: busy.iter().map(|id| id.0).collect::<Vec<_>>(),
            silence: SILENT,
        };
        let record: Option<TusRecord> = self.database().create("make an upload", query, bindings).await?;
        record.ok_or(StoreError::TooManyFiles)?.try_into()
    }

    /// A resumable upload. One whose time is over is [`TusState::Expired`] before it is swept away.
    pub async fn tus(&self, id: UploadId) -> Result<Option<TusUpload>, StoreError> {
        let query = "SELECT * FROM ONLY $upload";
        let record: Option<TusRecord> =
            self.database().run("read an upload", query, bind! { upload: tus_record(id.0) }).await?;
        record.map(TusUpload::try_from).transpose()
    }

    /// So many bytes of the upload are durably in its partial file; it is kept for `ttl` from now. `length` is set if it
    /// is given.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if it is not open any more.
    pub async fn advance_tus(
        &self,
        id: UploadId,
        offset: u64,
        length: Option<u64>,
        ttl: Duration,
    ) -> Result<TusUpload, StoreError> {
        let query = "(UPDATE $upload SET
            offset = $offset, length = $length ?? length, expires_at = time::now() + $ttl
            WHERE state = 'open' RETURN AFTER)[0]";
        let bindings = bind! { upload: tus_record(id.0), offset: offset, length: length, ttl: ttl };
        let record: Option<TusRecord> = self.database().run("advance an upload", query, bindings).await?;
        record.ok_or(StoreError::NotFound)?.try_into()
    }

    /// Forgets an upload, with the bytes that have come. The file of a complete one stays with its task.
    pub async fn remove_tus(&self, id: UploadId) -> Result<(), StoreError> {
        let query = "{ DELETE $upload RETURN NONE; RETURN true }";
        let _: bool = self.database().run("remove an upload", query, bind! { upload: tus_record(id.0) }).await?;
        self.blobs().remove_partial(id.0).await
    }

    /// Removes what has come of an upload whose file the task has.
    pub async fn remove_partial(&self, id: UploadId) -> Result<(), StoreError> {
        self.blobs().remove_partial(id.0).await
    }

    /// Gives up what has expired and what belongs to tasks that take no files any more, and removes partial files that are
    /// of no use: at most `limit` of each kind of record. Answers how many were given up.
    pub async fn sweep_tus(&self, limit: usize) -> Result<usize, StoreError> {
        let query = "{
            LET $over = SELECT VALUE id FROM tus WHERE state = 'open' AND expires_at <= time::now() LIMIT $limit;
            UPDATE $over SET state = 'expired', expires_at = time::now() + $remembered RETURN NONE;
            LET $past = SELECT VALUE id FROM tus
                WHERE state IN ['done', 'expired'] AND expires_at <= time::now() LIMIT $limit;
            DELETE $past RETURN NONE;
            LET $in_vain = SELECT VALUE id FROM tus
                WHERE state = 'open' AND (type::record('task', task).status ?? 'gone') NOT IN $taking LIMIT $limit;
            DELETE $in_vain RETURN NONE;
            RETURN array::len($over) + array::len($in_vain);
        }";
        let taking = TaskStatus::ALL.into_iter().filter(|status| status.takes_files());
        let bindings = bind! {
            limit: limit,
            remembered: REMEMBERED,
            taking: taking.map(TaskStatus::as_str).collect::<Vec<_>>(),
        };
        let given_up = self.database().run("sweep uploads", query, bindings).await?;
        self.sweep_partials(limit.max(1)).await?;
        Ok(given_up)
    }

    /// Removes the partial files that no open upload has.
    async fn sweep_partials(&self, batch: usize) -> Result<(), StoreError> {
        for ids in self.blobs().partials().await?.chunks(batch) {
            let uploads: Vec<_> = ids.iter().copied().map(tus_record).collect();
            let query = "SELECT VALUE key FROM $uploads WHERE state = 'open'";
            let open: Vec<uuid::Uuid> =
                self.database().run("look for uploads", query, bind! { uploads: uploads }).await?;
            for id in ids.iter().filter(|id| !open.contains(id)) {
                self.blobs().remove_partial(*id).await?;
                tracing::debug!(upload.id = %id, "removed a partial file");
            }
        }
        Ok(())
    }
}

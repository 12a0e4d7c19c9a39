//! Reading the whole database as it is at one moment.

use std::collections::VecDeque;
use std::ops::Bound;

use chrono::Utc;
use d2d_api::{BACKUP_FORMAT, DumpCounts, DumpLine, DumpStart, UploadId};
use surrealdb::engine::local::Db;
use surrealdb::method::Transaction;
use surrealdb::types::{Array, Object, RecordId, RecordIdKey, RecordIdKeyRange, SurrealValue, ToSql, Value};

use crate::blobs::BlobHold;
use crate::database::{Database, bind};
use crate::{Store, StoreError, failpoint};

/// How many records are read at once.
const AT_ONCE: usize = 250;
/// The table whose only record is made by the migrations.
const SCHEMA: &str = "schema";

/// The database at one moment, read line by line. As long as this lives, no blob is removed.
pub struct Snapshot {
    store: Store,
    /// `None` when all is read.
    transaction: Option<Transaction<Db>>,
    hold: BlobHold,
    /// The tables that are still to be read, the one being read first.
    tables: VecDeque<String>,
    /// The last record that was read of that.
    last: Option<RecordIdKey>,
    /// The last blob that was told: a blob's uses follow one another.
    last_blob: Option<String>,
    lines: VecDeque<DumpLine>,
    counts: DumpCounts,
}

impl Store {
    /// The database as it is now.
    ///
    /// # Errors
    /// [`StoreError::ServerDatabase`] if it is not in this process.
    pub async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let Database::Embedded { client, .. } = self.database() else { return Err(StoreError::ServerDatabase) };
        // The hold comes first: what is removed after the transaction has begun is still in it.
        let hold = self.blobs().hold();
        let transaction = client.clone().begin().await;
        let transaction = transaction.map_err(|error| StoreError::database("begin a snapshot", &error))?;
        let mut snapshot = Snapshot {
            store: self.clone(),
            transaction: Some(transaction),
            hold,
            tables: VecDeque::new(),
            last: None,
            last_blob: None,
            lines: VecDeque::new(),
            counts: DumpCounts::default(),
        };
        snapshot.start().await?;
        Ok(snapshot)
    }

    /// Removes the blobs that were kept for snapshots only; for when one has been dropped. Answers how many.
    pub async fn remove_postponed(&self) -> Result<usize, StoreError> {
        Ok(self.remove_unused_blobs(self.blobs().take_postponed()).await?.len())
    }
}

impl Snapshot {
    /// The next line; after [`DumpLine::End`] there is none.
    pub async fn next(&mut self) -> Result<Option<DumpLine>, StoreError> {
        loop {
            if let Some(line) = self.lines.pop_front() {
                return Ok(Some(line));
            }
            if self.transaction.is_none() {
                return Ok(None);
            }
            self.read_on().await?;
        }
    }

    /// The end of the snapshot: removes what was kept for it alone.
    pub async fn release(self) -> Result<(), StoreError> {
        let Self { store, transaction, hold, .. } = self;
        if let Some(transaction) = transaction {
            // It has written nothing: that it can't be rolled back is of no consequence.
            let _ = transaction.cancel().await;
        }
        drop(hold);
        store.remove_postponed().await.map(drop)
    }

    async fn start(&mut self) -> Result<(), StoreError> {
        let schema = self.query("SELECT VALUE version FROM ONLY schema:current", bind! {}).await?;
        let schema = u64::from_value(schema).map_err(StoreError::unreadable)?;
        let tables = self.query("RETURN object::keys((INFO FOR DB).tables)", bind! {}).await?;
        let tables = Vec::<String>::from_value(tables).map_err(StoreError::unreadable)?;
        self.tables = tables.into_iter().filter(|table| table != SCHEMA).collect();
        let version = env!("CARGO_PKG_VERSION").to_owned();
        self.lines.push_back(DumpLine::Start(DumpStart { format: BACKUP_FORMAT, version, schema, time: Utc::now() }));
        Ok(())
    }

    /// Reads some more records, or ends.
    async fn read_on(&mut self) -> Result<(), StoreError> {
        let Some(table) = self.tables.front().cloned() else {
            if let Some(transaction) = self.transaction.take() {
                let ended = transaction.cancel().await;
                ended.map_err(|error| StoreError::database("end a snapshot", &error))?;
            }
            self.lines.push_back(DumpLine::End(self.counts));
            return Ok(());
        };
        let start = self.last.take().map_or(Bound::Unbounded, Bound::Excluded);
        let range = RecordIdKey::Range(Box::new(RecordIdKeyRange { start, end: Bound::Unbounded }));
        let bindings = bind! { range: RecordId::new(table.as_str(), range), limit: AT_ONCE };
        failpoint::before("reading a page of a snapshot").map_err(StoreError::unreadable)?;
        let records = self.query("SELECT * FROM $range LIMIT $limit", bindings).await?;
        let records = Array::from_value(records).map_err(StoreError::unreadable)?;
        match records.last() {
            Some(Value::Object(last)) if records.len() == AT_ONCE => self.last = Some(key(last)?.clone()),
            _ => drop(self.tables.pop_front()),
        }
        if records.is_empty() { Ok(()) } else { self.tell(table, records) }
    }

    fn tell(&mut self, table: String, records: Array) -> Result<(), StoreError> {
        let count = records.len() as u64;
        self.counts.records += count;
        match table.as_str() {
            "task" => self.counts.tasks += count,
            "account" => self.counts.accounts += count,
            "blob_use" => self.tell_blobs(&records)?,
            "tus" => self.tell_uploads(&records)?,
            _ => {}
        }
        self.lines.push_back(DumpLine::Records { table, count, surql: Value::Array(records).to_sql() });
        Ok(())
    }

    fn tell_blobs(&mut self, uses: &Array) -> Result<(), StoreError> {
        let mut blobs = Vec::new();
        for blob_use in uses {
            let Value::Object(blob_use) = blob_use else { continue };
            let RecordIdKey::Array(parts) = key(blob_use)? else { return Err(unexpected("blob_use")) };
            let Some(Value::String(sha256)) = parts.first() else { return Err(unexpected("blob_use")) };
            if self.last_blob.as_deref() != Some(sha256.as_str()) {
                self.last_blob = Some(sha256.clone());
                blobs.push(sha256.clone());
            }
        }
        self.counts.blobs += blobs.len() as u64;
        if !blobs.is_empty() {
            self.lines.push_back(DumpLine::Blobs { sha256: blobs });
        }
        Ok(())
    }

    fn tell_uploads(&mut self, uploads: &Array) -> Result<(), StoreError> {
        #[derive(SurrealValue)]
        struct Open {
            key: uuid::Uuid,
            offset: u64,
            state: String,
        }
        for upload in uploads {
            let upload = Open::from_value(upload.clone()).map_err(StoreError::unreadable)?;
            if upload.state == "open" && upload.offset > 0 {
                self.counts.uploads += 1;
                self.lines.push_back(DumpLine::Upload { id: UploadId(upload.key), bytes: upload.offset });
            }
        }
        Ok(())
    }

    async fn query(&self, query: &str, bindings: Object) -> Result<Value, StoreError> {
        let failed = |error: surrealdb::Error| StoreError::database("read a snapshot", &error);
        let transaction = self.transaction.as_ref().ok_or_else(|| StoreError::unreadable("the snapshot has ended"))?;
        let results = Box::pin(async { transaction.query(query).bind(bindings).await });
        results
            .await
            .and_then(surrealdb::IndexedResults::check)
            .and_then(|mut all| all.take::<Value>(0))
            .map_err(failed)
    }
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot").field("tables", &self.tables).field("counts", &self.counts).finish_non_exhaustive()
    }
}

/// The key of a record.
fn key(record: &Object) -> Result<&RecordIdKey, StoreError> {
    match record.get("id") {
        Some(Value::RecordId(id)) => Ok(&id.key),
        _ => Err(StoreError::unreadable("a record has no id")),
    }
}

fn unexpected(table: &str) -> StoreError {
    StoreError::unreadable(format_args!("a record of `{table}` has an unexpected key"))
}

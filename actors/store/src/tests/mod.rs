//! Tests of the whole store: each against a database in memory and one in a directory.

mod accounts;
mod api_keys;
mod backup;
mod blobs;
mod contention;
mod fetching;
mod files;
mod idempotency;
mod leases;
mod lists;
mod model;
mod opening;
mod page_failures;
mod removal;
mod retention;
mod retries;
mod sessions;
mod tus;
mod way;
mod webhooks;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use d2d_api::{Artifact, ArtifactId, FileId, InputFile, PageCount, TaskId, TaskStatus};
use d2d_config::StoreConfig;
use serde_json::json;
use tempfile::TempDir;

use crate::{Lease, NewTaskRow, Progress, SeenLease, Store, THREAD_STACK_BYTES, TaskRow};

/// Longer than any test.
const LONG: Duration = Duration::from_hours(1);
const NODE: &str = "node-1";

/// A runtime as the daemon has it.
fn runtime() -> Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    Ok(builder.worker_threads(2).thread_stack_size(THREAD_STACK_BYTES).enable_all().build()?)
}

/// Runs `test` on a worker thread of a runtime.
pub(crate) fn on_runtime<F>(test: F) -> Result<()>
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    let runtime = runtime()?;
    runtime.block_on(runtime.spawn(test))?
}

/// Runs `test` with an empty store of each kind.
pub(crate) fn on_each_store<T, F>(test: T) -> Result<()>
where
    T: Fn(Store) -> F + Send + 'static,
    F: Future<Output = Result<()>> + Send + 'static,
{
    on_runtime(async move {
        for url in ["mem://", "surrealkv://"] {
            let dir = TempDir::new()?;
            let store = open(url, dir.path()).await?;
            Box::pin(test(store.clone())).await.with_context(|| format!("with {url}"))?;
            store.close().await?;
        }
        Ok(())
    })
}

pub(crate) async fn open(url: &str, dir: &Path) -> Result<Store> {
    let config = StoreConfig { url: url.to_owned(), ..StoreConfig::default() };
    Ok(Store::open(&config, dir).await?)
}

pub(crate) fn new_task(owner: &str) -> NewTaskRow {
    NewTaskRow {
        id: TaskId::generate(),
        owner: owner.to_owned(),
        service: "ocr".to_owned(),
        params: json!({ "languages": ["eng"] }),
        secrets: None,
        label: None,
        priority: 0,
        expected_files: None,
        webhook: None,
        urls: Vec::new(),
        awaits: LONG,
        max_queued: 10_000,
        max_queued_of_owner: 10_000,
        keep: None,
        partial: false,
    }
}

/// A file of which no blob need be there.
pub(crate) fn file(content: &str) -> InputFile {
    InputFile {
        id: FileId::generate(),
        name: format!("{content}.png"),
        media_type: "image/png".to_owned(),
        bytes: 3,
        sha256: content.to_owned(),
    }
}

fn artifact(format: &str, sha256: &str) -> Artifact {
    Artifact {
        id: ArtifactId::generate(),
        name: format!("result.{format}"),
        media_type: "text/plain".to_owned(),
        bytes: 5,
        sha256: sha256.to_owned(),
        format: format.to_owned(),
        expires_at: None,
    }
}

fn progress(percent: f64, done: u32, total: u32) -> Progress {
    Progress {
        message: format!("page {done} of {total}"),
        progress: percent,
        pages: PageCount { done, total, failed: 0 },
    }
}

/// A task that waits for a node.
pub(crate) async fn queued(store: &Store, new: NewTaskRow) -> Result<TaskRow> {
    let row = store.create_task(NewTaskRow { expected_files: Some(1), ..new }).await?;
    Ok(store.add_file(row.task.id, file("a scan"), 10).await?)
}

/// A task that [`NODE`] works on.
async fn claimed(store: &Store) -> Result<(TaskRow, Lease)> {
    let row = queued(store, new_task("ann")).await?;
    store.claim(row.task.id, NODE).await?.context("nobody else claims it")
}

/// The only lease of a task in `status`, as it is seen.
async fn seen(store: &Store, status: TaskStatus) -> Result<SeenLease> {
    let [seen] = <[_; 1]>::try_from(store.leases(status).await?).map_err(|all| anyhow::anyhow!("not one: {all:?}"))?;
    Ok(seen)
}

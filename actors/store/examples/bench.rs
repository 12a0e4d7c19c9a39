//! How fast the store is, and how much memory it takes.
//!
//! ```sh
//! cargo run --release -p d2d-store --example bench -- [TASKS] [CLIENTS]
//! ```
//!
//! Everything is committed to the disk of the temporary folder (`TMPDIR`), as the daemon does it.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use d2d_api::{FileId, InputFile, PageCount, TaskId};
use d2d_config::StoreConfig;
use d2d_store::{Lease, NewTaskRow, PageResult, Progress, Store, THREAD_STACK_BYTES, TaskFilter};
use tokio::task::JoinSet;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let tasks = arguments.next().map_or(Ok(2000), |text| text.parse()).context("TASKS is a number")?;
    let clients = arguments.next().map_or(Ok(64), |text| text.parse()).context("CLIENTS is a number")?;
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.enable_all().thread_stack_size(THREAD_STACK_BYTES).build()?;
    runtime.block_on(runtime.spawn(run(tasks, clients)))?
}

async fn run(tasks: usize, clients: usize) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let config = StoreConfig::default();
    let start = Instant::now();
    let store = Store::open(&config, dir.path()).await?;
    println!("{:<44}{:>9.0} ms {:>6} MB RSS", "open, new", millis(start), rss_mb()?);

    let ids = timed("create, 1 client", tasks, many(&store, tasks, 1, create)).await?;
    let more = timed(&format!("create, {clients} clients"), tasks, many(&store, tasks, clients, create)).await?;
    let all: Vec<_> = ids.into_iter().chain(more).collect();
    each("add the file, which queues", &store, &all, clients, |store, id| async move {
        let sha256 = format!("{:064x}", id.0.as_u128());
        let name = "scan.png".to_owned();
        let file = InputFile { id: FileId::generate(), name, media_type: "image/png".to_owned(), bytes: 1, sha256 };
        store.add_file(id, file, 1).await?;
        Ok(())
    })
    .await?;
    each("get", &store, &all, clients, |store, id| async move {
        store.task(id).await?;
        Ok(())
    })
    .await?;
    each("queue position", &store, &all[all.len() - 100..], 1, |store, id| async move {
        store.queue_position(id).await?;
        Ok(())
    })
    .await?;
    let rounds: Vec<_> = all.iter().copied().take(100).collect();
    each("candidates", &store, &rounds, 1, |store, _| async move {
        store.candidates(8).await?;
        Ok(())
    })
    .await?;
    each("counts", &store, &rounds, 1, |store, _| async move {
        store.counts().await?;
        Ok(())
    })
    .await?;
    each("list of 50", &store, &rounds, 1, |store, id| async move {
        let filter = TaskFilter { owner: Some("user-3".to_owned()), ..TaskFilter::default() };
        store.tasks(&filter, Some(id), 50).await?;
        Ok(())
    })
    .await?;
    let (single, crowd) = all.split_at(all.len() / 2);
    each("claim, 1 claimer", &store, single, 1, claim).await?;
    each("claim, 4 claimers", &store, crowd, 4, claim).await?;
    println!("{:<44}{:>25} MB RSS", format!("after {} tasks", all.len()), rss_mb()?);
    pages(&store, tasks).await?;
    blobs(&store).await?;

    store.close().await?;
    let start = Instant::now();
    let store = Store::open(&config, dir.path()).await?;
    println!("{:<44}{:>9.0} ms {:>6} MB RSS", format!("open with {} tasks", all.len()), millis(start), rss_mb()?);
    Ok(store.close().await?)
}

async fn create(store: Store, number: usize) -> Result<TaskId> {
    let new = NewTaskRow {
        id: TaskId::generate(),
        owner: format!("user-{}", number % 10),
        service: "ocr".to_owned(),
        params: serde_json::json!({ "languages": ["eng"], "formats": ["txt", "json"] }),
        secrets: None,
        label: None,
        priority: 0,
        expected_files: Some(1),
        urls: Vec::new(),
        webhook: None,
        awaits: Duration::from_secs(3600),
        max_queued_of_owner: 1_000_000,
        max_queued: 1_000_000,
        keep: None,
        partial: false,
    };
    Ok(store.create_task(new).await?.task.id)
}

async fn claim(store: Store, id: TaskId) -> Result<()> {
    store.claim(id, "bench").await?.map(|_| ()).context("nobody else claims it")
}

/// A task of many pages: each is checkpointed, then all are removed.
async fn pages(store: &Store, count: usize) -> Result<()> {
    let id = create(store.clone(), 0).await?;
    let file = FileId::generate();
    let name = "book.pdf".to_owned();
    let input =
        InputFile { id: file, name, media_type: "application/pdf".to_owned(), bytes: 1, sha256: "0".repeat(64) };
    store.add_file(id, input, 1).await?;
    let (_, lease) = store.claim(id, "bench").await?.context("nobody else claims it")?;
    let start = Instant::now();
    for number in 1..=u32::try_from(count)? {
        checkpoint(store, &lease, file, number).await?;
    }
    report("checkpoint a page, 1 client", count, start);
    let start = Instant::now();
    store.finished_pages(id).await?;
    println!("{:<44}{:>9.0} ms", format!("read {count} finished pages"), millis(start));
    let start = Instant::now();
    store.remove_task(id).await?;
    println!("{:<44}{:>9.0} ms {:>6} MB RSS", format!("remove a task of {count} pages"), millis(start), rss_mb()?);
    Ok(())
}

async fn checkpoint(store: &Store, lease: &Lease, file: FileId, page: u32) -> Result<()> {
    let progress = Progress {
        message: format!("page {page}"),
        progress: 50.0,
        pages: PageCount { done: page, total: 0, failed: 0 },
    };
    let page = PageResult { file, page, blob: format!("{page:064x}") };
    store.checkpoint(lease, &page, &progress).await?;
    Ok(())
}

async fn blobs(store: &Store) -> Result<()> {
    const MIB: usize = 1024 * 1024;
    let chunk = vec![7; 64 * 1024];
    let start = Instant::now();
    let mut writer = store.blobs().writer().await?;
    while writer.bytes() < 256 * MIB as u64 {
        writer.write(&chunk).await?;
    }
    writer.finish().await?;
    println!("{:<44}{:>9.0} MiB/s", "write a blob of 256 MiB", 256.0 / start.elapsed().as_secs_f64());
    let start = Instant::now();
    for number in 0_u64..200 {
        store.blobs().put(&number.to_le_bytes()).await?;
    }
    report("store a small blob", 200, start);
    Ok(())
}

/// Does `work` for the numbers below `count`, `clients` at a time.
async fn many<T, F>(store: &Store, count: usize, clients: usize, work: impl Fn(Store, usize) -> F) -> Result<Vec<T>>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let (mut running, mut done) = (JoinSet::new(), Vec::with_capacity(count));
    for number in 0..count {
        if running.len() >= clients {
            done.extend(running.join_next().await.transpose()?.transpose()?);
        }
        running.spawn(work(store.clone(), number));
    }
    while let Some(result) = running.join_next().await {
        done.push(result??);
    }
    Ok(done)
}

/// Does `work` for each of the tasks, and prints how many a second.
async fn each<F>(
    what: &str,
    store: &Store,
    ids: &[TaskId],
    clients: usize,
    work: impl Fn(Store, TaskId) -> F,
) -> Result<()>
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    timed(what, ids.len(), many(store, ids.len(), clients, |store, number| work(store, ids[number]))).await?;
    Ok(())
}

async fn timed<T>(what: &str, count: usize, work: impl Future<Output = Result<T>>) -> Result<T> {
    let start = Instant::now();
    let done = work.await?;
    report(what, count, start);
    Ok(done)
}

fn report(what: &str, count: usize, start: Instant) {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    println!("{what:<44}{:>9.0} a second", f64::from(count) / start.elapsed().as_secs_f64());
}

fn millis(start: Instant) -> f64 {
    1000.0 * start.elapsed().as_secs_f64()
}

/// The memory that this process holds (proc(5), `VmRSS`).
fn rss_mb() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("Linux tells it")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? / 1024)
}

//! How long it takes to read a long queue, as a dispatcher does.
//!
//! ```sh
//! cargo run --release -p d2d-store --example queue -- [ACCOUNTS] [TASKS_OF_EACH]
//! ```

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use d2d_api::{FileId, InputFile, TaskId};
use d2d_config::StoreConfig;
use d2d_store::{NewTaskRow, Store, THREAD_STACK_BYTES};
use tokio::task::JoinSet;

/// How many tasks are made at the same time.
const CLIENTS: usize = 64;
const ROUNDS: u32 = 5;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |otherwise| arguments.next().map_or(Ok(otherwise), |text| text.parse::<usize>());
    let accounts = number(2000).context("ACCOUNTS is a number")?;
    let each = number(5).context("TASKS_OF_EACH is a number")?;
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.enable_all().thread_stack_size(THREAD_STACK_BYTES).build()?;
    runtime.block_on(runtime.spawn(run(accounts, each)))?
}

async fn run(accounts: usize, each: usize) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let store = Store::open(&StoreConfig::default(), dir.path()).await?;
    let mut queuing = JoinSet::new();
    for number in 0..accounts * each {
        if queuing.len() >= CLIENTS {
            queuing.join_next().await.transpose()?.transpose()?;
        }
        queuing.spawn(queue(store.clone(), number % accounts));
    }
    while let Some(queued) = queuing.join_next().await {
        queued??;
    }
    println!("{accounts} accounts with {each} queued tasks each");
    for share in [8, 64] {
        let start = Instant::now();
        let mut found = 0;
        for _ in 0..ROUNDS {
            found = store.candidates(share).await?.len();
        }
        let took = start.elapsed() / ROUNDS;
        println!("the best {share} of each: {found} tasks in {took:?}");
    }
    let start = Instant::now();
    for _ in 0..ROUNDS {
        store.candidates_of("user-0", 64).await?;
    }
    println!("the best 64 of one: {:?}", start.elapsed() / ROUNDS);
    Ok(store.close().await?)
}

async fn queue(store: Store, account: usize) -> Result<()> {
    let new = NewTaskRow {
        id: TaskId::generate(),
        owner: format!("user-{account}"),
        service: "ocr".to_owned(),
        params: serde_json::json!({ "languages": ["eng"], "formats": ["txt", "json"] }),
        secrets: None,
        label: None,
        priority: 0,
        expected_files: Some(1),
        urls: Vec::new(),
        webhook: None,
        awaits: Duration::from_hours(1),
        max_queued_of_owner: 1_000_000,
        max_queued: 1_000_000,
        keep: None,
        partial: false,
    };
    let id = store.create_task(new).await?.task.id;
    let (name, sha256) = ("scan.png".to_owned(), format!("{:064x}", id.0.as_u128()));
    let file = InputFile { id: FileId::generate(), name, media_type: "image/png".to_owned(), bytes: 1, sha256 };
    store.add_file(id, file, 1).await?;
    Ok(())
}

//! Workers that die, hang or are killed: a page costs one attempt, a task nothing.

use anyhow::{Context, Result};
use d2d_api::{Overview, PoolWorker, ProblemCode, TaskStatus};
use d2d_tests::accuracy::character_error_rate;
use d2d_tests::harness::{Ask, Client, Daemon, SOON, Upload, eventually, ocr};
use d2d_tests::page::{Encoding, document, poster};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

/// The only worker of the pool.
async fn worker(operator: &Client) -> Result<PoolWorker> {
    let overview: Overview = operator.get("/ops/overview").ask().await?.expect(200)?.json()?;
    overview.pools.into_iter().flat_map(|pool| pool.workers).next().context("no worker")
}

#[tokio::test]
async fn the_page_of_a_killed_worker_is_read_by_the_next_one() -> Result<()> {
    let daemon = Daemon::start().await?;
    let (anna, operator) = (daemon.user("anna").await?, daemon.operator()?);
    let pages = document(4)?;
    let task = anna.register(&ocr(1, json!({"formats": ["txt"]}))).await?;
    anna.upload(task.id, &[Upload::book(&pages)?]).await?;
    let victim = eventually("a page is being read", SOON, async || {
        let worker = worker(&operator).await?;
        Ok(worker.reading.is_some_and(|reading| reading.page > 0).then_some(worker.pid).flatten())
    })
    .await?;
    kill_process(i32::try_from(victim).ok().and_then(Pid::from_raw).context("no process")?, Signal::KILL)?;

    let end = anna.ended(task.id).await?;
    assert_eq!((end.status, end.attempt, end.pages.done), (TaskStatus::Success, 1, 4), "{end:?}");
    let text = anna.text(&end).await?;
    for (page, read) in pages.iter().zip(text.split('\u{c}')) {
        let rate = character_error_rate(&page.text, read);
        assert!(rate < 0.01, "{rate:.3}: {read}");
    }
    let after = worker(&operator).await?;
    assert!(after.restarts >= 1 && after.pid != Some(victim), "{after:?}");
    Ok(())
}

#[tokio::test]
async fn a_page_that_takes_too_long_is_given_up_and_named() -> Result<()> {
    let daemon = Daemon::with(&[("ocr.page_timeout", "'1s'")]).await?;
    let anna = daemon.user("anna").await?;
    let poster = Upload::new("poster.jpg", Encoding::Jpeg(80).encode(&poster()?.image)?);
    let task = anna.convert(&[poster], json!({"quality": "accurate"})).await?;
    assert_eq!(task.status, TaskStatus::Failure);
    let error = task.error.context("no error")?;
    let named = (error.code, error.file.as_deref(), error.page);
    assert_eq!(named, (ProblemCode::PageTimeout, Some("poster.jpg"), Some(1)), "{error:?}");
    Ok(())
}

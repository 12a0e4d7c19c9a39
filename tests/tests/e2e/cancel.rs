//! Cancelling: from every live state, at once, and for good.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use d2d_api::{Overview, PoolWorker, ProblemCode, Task, TaskStatus};
use d2d_tests::harness::{Ask, Client, Daemon, SOON, Upload, eventually, ocr, shared};
use d2d_tests::page::{Encoding, document, poster};
use serde_json::json;

async fn cancel(client: &Client, task: &Task) -> Result<Task> {
    client.post(&format!("/tasks/{}/cancel", task.id)).ask().await?.expect(202)?.json()
}

#[tokio::test]
async fn a_task_without_its_files_can_be_cancelled_once() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = anna.register(&ocr(1, json!({}))).await?;
    let cancelled = cancel(&anna, &task).await?;
    assert_eq!(cancelled.status, TaskStatus::Cancelled);
    assert!(cancelled.finished_at.is_some() && cancelled.started_at.is_none());
    let path = format!("/tasks/{}/cancel", task.id);
    anna.post(&path).ask().await?.problem(ProblemCode::TaskWrongState)?;
    let scan = Upload::line("page.png", "Too late")?;
    anna.send(task.id, &[scan]).await?.problem(ProblemCode::TaskWrongState)?;
    anna.get(&format!("/downloads/tasks/{}", task.id)).ask().await?.problem(ProblemCode::DownloadNotReady)?;
    Ok(())
}

/// How long it takes from the wish to cancel until the task has ended and nothing works for it any more, in the middle
/// of a page that would take many times as long.
async fn time_to_cancel(anna: &Client, operator: &Client, poster: &Upload) -> Result<Duration> {
    let task = anna.register(&ocr(1, json!({"quality": "accurate"}))).await?;
    anna.upload(task.id, std::slice::from_ref(poster)).await?;
    let reading = async || -> Result<Option<PoolWorker>> {
        let overview: Overview = operator.get("/ops/overview").ask().await?.expect(200)?.json()?;
        let mut workers = overview.pools.into_iter().flat_map(|pool| pool.workers);
        Ok(workers.find(|worker| worker.reading.as_ref().is_some_and(|now| now.task == task.id && now.page == 1)))
    };
    let worker = eventually("the page is being read", SOON, reading).await?;

    let asked = Instant::now();
    cancel(anna, &task).await?;
    let end = anna.ended(task.id).await?;
    Daemon::gone(worker.pid.context("a busy worker without a process")?).await?;
    let took = asked.elapsed();
    assert_eq!((end.status, end.pages.done), (TaskStatus::Cancelled, 0));
    assert!(reading().await?.is_none(), "a worker still reads for it");
    Ok(took)
}

#[tokio::test]
async fn in_the_middle_of_a_page_it_takes_effect_within_a_second() -> Result<()> {
    let daemon = Daemon::start().await?;
    let (anna, operator) = (daemon.user("anna").await?, daemon.operator()?);
    let poster = Upload::new("poster.jpg", Encoding::Jpeg(80).encode(&poster()?.image)?);
    // On a machine that is busy with other tests any one try may be late; all of them are only if cancelling waits.
    let mut took = Vec::new();
    while took.len() < 3 && took.iter().all(|took| *took >= Duration::from_secs(1)) {
        took.push(time_to_cancel(&anna, &operator, &poster).await?);
    }
    assert!(took.iter().any(|took| *took < Duration::from_secs(1)), "{took:?}");

    // The worker that was killed is replaced.
    let next = anna.convert(&[Upload::line("page.png", "Next one, please")?], json!({})).await?;
    assert!(anna.text(&next).await?.contains("Next one, please"));
    Ok(())
}

#[tokio::test]
async fn the_socket_of_a_cancelled_task_ends() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = anna.register(&ocr(1, json!({}))).await?;
    let mut socket = anna.socket(&format!("/tasks/{}/ws", task.id)).await?;
    anna.upload(task.id, &[Upload::book(&document(12)?)?]).await?;
    anna.task_when(task.id, "runs", |task| task.status == TaskStatus::Execution).await?;
    cancel(&anna, &task).await?;
    let frames = socket.frames().await?;
    let end = frames.last().and_then(|frame| frame.task.clone()).context("no frame")?;
    assert_eq!(end.status, TaskStatus::Cancelled);
    Ok(())
}

#[tokio::test]
async fn an_ended_task_stays_as_it_ended() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let scan = Upload::line("page.png", "Done is done")?;
    let task = anna.convert(&[scan], json!({})).await?;
    let path = format!("/tasks/{}/cancel", task.id);
    anna.post(&path).ask().await?.problem(ProblemCode::TaskWrongState)?;
    assert_eq!(anna.task(task.id).await?, task);
    Ok(())
}

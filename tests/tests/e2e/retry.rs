//! Trying a task again that failed or was cancelled.

use anyhow::{Context, Result};
use d2d_api::{FrameType, ProblemCode, Task, TaskStatus};
use d2d_tests::harness::{Ask, Client, Daemon, Upload, ocr, shared};
use d2d_tests::page::{document, truncated};
use serde_json::json;

/// More than are read before the task is cancelled.
const PAGES: u32 = 30;

fn scan() -> Result<Upload> {
    Upload::line("page.png", "Once more")
}

async fn cancel(client: &Client, task: &Task) -> Result<()> {
    client.post(&format!("/tasks/{}/cancel", task.id)).ask().await?.expect(202).map(drop)
}

async fn retry(client: &Client, task: &Task) -> Result<Task> {
    client.post(&format!("/tasks/{}/retry", task.id)).ask().await?.expect(202)?.json()
}

#[tokio::test]
async fn a_cancelled_task_goes_on_with_the_pages_it_has() -> Result<()> {
    let daemon = Daemon::start().await?;
    let anna = daemon.user("anna").await?;
    let task = anna.register(&ocr(1, json!({"formats": ["txt"]}))).await?;
    anna.upload(task.id, &[Upload::book(&document(PAGES.into())?)?]).await?;
    anna.task_when(task.id, "has read two pages", |task| task.pages.done >= 2).await?;
    cancel(&anna, &task).await?;
    let cancelled = anna.task(task.id).await?;

    let mut socket = anna.socket(&format!("/tasks/{}/ws", task.id)).await?;
    assert_eq!(socket.frames().await?.last().context("no frame")?.kind, FrameType::Done);
    let again = retry(&anna, &task).await?;
    assert!(again.status == TaskStatus::Queued && again.seq > cancelled.seq, "{again:?}");
    assert!(again.finished_at.is_none() && again.expires_at.is_none() && again.error.is_none(), "{again:?}");
    assert_eq!((again.attempt, &again.files), (cancelled.attempt, &cancelled.files));
    // Watched anew, as the answer's documentation has it: pages that are done are not done again.
    let frames = anna.socket(&format!("/tasks/{}/ws", task.id)).await?.frames().await?;
    let running: Vec<_> =
        frames.iter().filter_map(|frame| frame.task.as_ref()).filter(|task| task.attempt > 1).collect();
    assert!(running.iter().all(|task| task.pages.done >= cancelled.pages.done), "{running:?}");
    let end = anna.ended(task.id).await?;
    assert_eq!((end.status, end.attempt, end.pages.done), (TaskStatus::Success, 2, PAGES));
    assert_eq!(anna.text(&end).await?.split('\u{c}').count(), PAGES as usize, "all pages are in the text");
    let log = anna.log(task.id).await?.items;
    let queued_again = log.iter().filter(|entry| entry.status == TaskStatus::Queued).nth(1).context("not logged")?;
    assert_eq!((queued_again.seq, queued_again.attempt), (again.seq, 1));
    Ok(())
}

#[tokio::test]
async fn a_failure_can_be_had_again() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let broken = Upload::new("broken.png", truncated(&scan()?.bytes));
    let first = anna.convert(&[broken], json!({})).await?;
    assert_eq!((first.status, first.attempt), (TaskStatus::Failure, 1));
    assert!(first.error.is_some());
    // More often than a task is started by itself: these attempts count anew each time.
    for attempt in 2..=5 {
        assert_eq!(retry(&anna, &first).await?.error, None);
        let end = anna.ended(first.id).await?;
        assert_eq!((end.status, end.attempt, &end.error), (TaskStatus::Failure, attempt, &first.error));
    }
    Ok(())
}

#[tokio::test]
async fn only_what_went_wrong_and_had_its_files_is_tried_again() -> Result<()> {
    let daemon = shared().await?;
    let (anna, berta) = (daemon.user("anna").await?, daemon.user("berta").await?);
    let refused = async |client: &Client, task: &Task, code| -> Result<()> {
        client.post(&format!("/tasks/{}/retry", task.id)).ask().await?.problem(code).map(drop)
    };
    let waiting = anna.register(&ocr(2, json!({}))).await?;
    refused(&anna, &waiting, ProblemCode::TaskWrongState).await?;
    anna.upload(waiting.id, &[scan()?]).await?;
    cancel(&anna, &waiting).await?;
    refused(&anna, &waiting, ProblemCode::TaskWrongState).await?;
    let done = anna.convert(&[scan()?], json!({})).await?;
    refused(&anna, &done, ProblemCode::TaskWrongState).await?;
    refused(&berta, &done, ProblemCode::TaskNotFound).await?;
    anna.delete(&format!("/tasks/{}", done.id)).ask().await?.expect(204)?;
    refused(&anna, &done, ProblemCode::TaskNotFound).await?;
    Ok(())
}

#[tokio::test]
async fn a_full_queue_takes_no_retries() -> Result<()> {
    let daemon = Daemon::with(&[("uploads.max_queued", "1")]).await?;
    let anna = daemon.user("anna").await?;
    let first = anna.convert(&[Upload::new("broken.png", truncated(&scan()?.bytes))], json!({})).await?;
    assert_eq!(first.status, TaskStatus::Failure);
    let other = anna.register(&ocr(1, json!({}))).await?;
    let full = anna.post(&format!("/tasks/{}/retry", first.id)).ask().await?;
    full.problem(ProblemCode::QueueFull)?;
    assert!(!full.header("retry-after").is_empty());
    assert_eq!(anna.task(first.id).await?, first, "it stays as it was");
    cancel(&anna, &other).await?;
    retry(&anna, &first).await?;
    Ok(())
}

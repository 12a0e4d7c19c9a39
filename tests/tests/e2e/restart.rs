//! A daemon that is killed, or told to stop, in the middle of a task: the task goes on where it was.

use anyhow::{Context, Result, ensure};
use d2d_api::{NewTask, NewTaskFiles, Overview, Task, TaskId, TaskLog, TaskStatus};
use d2d_tests::accuracy::character_error_rate;
use d2d_tests::harness::{Ask, Client, Daemon, Upload, ocr};
use d2d_tests::null;
use d2d_tests::page::{Page, document};
use serde_json::json;

/// Enough pages that some are read and some not when the daemon goes.
const PAGES: u64 = 8;

/// How many pages must be read before it goes.
const READ_BEFORE: u32 = 2;

/// A task of which some pages are read, and not all.
async fn in_the_middle(client: &Client, pages: &[Page]) -> Result<TaskId> {
    let task = client.register(&ocr(1, json!({"formats": ["txt"]}))).await?;
    let mut socket = client.socket(&format!("/tasks/{}/ws", task.id)).await?;
    client.upload(task.id, &[Upload::book(pages)?]).await?;
    loop {
        let frame = socket.frame().await?.context("the socket closed before the middle")?;
        let task = frame.task.context("a frame without a task")?;
        ensure!(!task.status.is_terminal(), "it ended before the middle: {task:?}");
        if task.pages.done >= READ_BEFORE {
            return Ok(task.id);
        }
    }
}

/// Every page of the result is there once, in its order, and right.
async fn check_text(client: &Client, task: &Task, pages: &[Page]) -> Result<()> {
    let text = client.text(task).await?;
    let read: Vec<&str> = text.trim_end_matches('\u{c}').split('\u{c}').collect();
    ensure!(read.len() == pages.len(), "{} pages instead of {}", read.len(), pages.len());
    for (number, (page, read)) in (1..).zip(pages.iter().zip(read)) {
        let rate = character_error_rate(&page.text, read);
        ensure!(rate < 0.02, "page {number} has a CER of {rate:.3}: {read}");
    }
    Ok(())
}

async fn pages_read(daemon: &Daemon) -> Result<u64> {
    let overview: Overview = daemon.operator()?.get("/ops/overview").ask().await?.expect(200)?.json()?;
    Ok(overview.queue.pages)
}

#[tokio::test]
async fn after_a_kill_only_unfinished_pages_are_read() -> Result<()> {
    use TaskStatus::{AwaitingFiles, Execution, Queued, Success};
    let mut daemon = Daemon::start().await?;
    let anna = daemon.user("anna").await?;
    let pages = document(PAGES)?;
    let id = in_the_middle(&anna, &pages).await?;
    let overview: Overview = daemon.operator()?.get("/ops/overview").ask().await?.expect(200)?.json()?;
    let workers: Vec<u32> =
        overview.pools.iter().flat_map(|pool| &pool.workers).filter_map(|worker| worker.pid).collect();
    ensure!(!workers.is_empty(), "a page is being read, and by no process");
    daemon.kill().await?;
    for worker in workers {
        Daemon::gone(worker).await.context("a worker outlived its daemon")?;
    }

    daemon.start_again().await?;
    let anna = daemon.client()?.with_token(anna.token());
    let resumed = anna.task(id).await?;
    ensure!(resumed.pages.done >= READ_BEFORE, "finished pages were forgotten: {resumed:?}");
    let end = anna.ended(id).await?;
    assert_eq!((end.status, end.attempt), (TaskStatus::Success, 2), "the kill cost an attempt: {end:?}");
    let read_again = pages_read(&daemon).await?;
    ensure!(read_again <= PAGES - u64::from(READ_BEFORE), "{read_again} pages were read after the restart");
    check_text(&anna, &end, &pages).await?;
    let states: Vec<_> = anna.log(id).await?.items.iter().map(|entry| (entry.status, entry.attempt)).collect();
    let expected = [(AwaitingFiles, 0), (Queued, 0), (Execution, 1), (Queued, 1), (Execution, 2), (Success, 2)];
    assert_eq!(states, expected);
    Ok(())
}

#[tokio::test]
async fn told_to_stop_it_gives_the_task_back_and_burns_no_attempt() -> Result<()> {
    let mut daemon = Daemon::start().await?;
    let anna = daemon.user("anna").await?;
    let pages = document(PAGES)?;
    let id = in_the_middle(&anna, &pages).await?;
    let status = daemon.terminate().await?;
    assert!(status.success(), "SIGTERM is no failure: {status}");

    daemon.start_again().await?;
    let anna = daemon.client()?.with_token(anna.token());
    let end = anna.ended(id).await?;
    assert_eq!((end.status, end.attempt), (TaskStatus::Success, 1), "{end:?}");
    let read_again = pages_read(&daemon).await?;
    ensure!(read_again <= PAGES - u64::from(READ_BEFORE), "{read_again} pages were read after the restart");
    check_text(&anna, &end, &pages).await
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() -> Result<()> {
    let mut daemon = Daemon::start().await?;
    let anna = daemon.user("anna").await?;
    let open = anna.register(&NewTask { label: Some("kept".into()), ..ocr(2, json!({"dpi": 150})) }).await?;
    let scan = |text| Upload::line("page.png", text);
    let uploaded = anna.upload(open.id, &[scan("Before the kill")?]).await?.task;
    let done = anna.convert(&[scan("Long done")?], json!({"formats": ["txt"]})).await?;
    let text = anna.text(&done).await?;
    let cancelled = anna.register(&ocr(1, json!({}))).await?;
    anna.post(&format!("/tasks/{}/cancel", cancelled.id)).ask().await?.expect(202)?;
    daemon.kill().await?;

    daemon.start_again().await?;
    let anna = daemon.client()?.with_token(anna.token());
    assert_eq!(anna.task(open.id).await?, uploaded);
    assert_eq!(anna.task(done.id).await?, done);
    assert_eq!(anna.text(&done).await?, text);
    assert_eq!(anna.task(cancelled.id).await?.status, TaskStatus::Cancelled);
    // The half-sent task goes on.
    anna.upload(open.id, &[scan("After the kill")?]).await?;
    let end = anna.ended(open.id).await?;
    assert_eq!((end.status, end.files.len(), end.pages.done), (TaskStatus::Success, 2, 2));
    Ok(())
}

#[tokio::test]
async fn a_queued_task_runs_after_the_restart() -> Result<()> {
    let mut daemon = Daemon::with(&[("tasks.running", "1")]).await?;
    let anna = daemon.user("anna").await?;
    let first = in_the_middle(&anna, &document(PAGES)?).await?;
    let queued = anna.register(&ocr(1, json!({"formats": ["txt"]}))).await?;
    let queued = anna.upload(queued.id, &[Upload::line("page.png", "Still waiting")?]).await?.task;
    assert_eq!(queued.status, TaskStatus::Queued);
    daemon.kill().await?;
    daemon.start_again().await?;
    let anna = daemon.client()?.with_token(anna.token());
    assert_eq!(anna.ended(first).await?.status, TaskStatus::Success);
    let end = anna.ended(queued.id).await?;
    assert_eq!((end.status, end.attempt), (TaskStatus::Success, 1));
    assert_eq!(anna.text(&end).await?.trim(), "Still waiting");
    Ok(())
}

/// Whenever what works on a task dies by a fault of the service, the daemon lives on and the task is done again.
#[tokio::test]
async fn work_that_breaks_off_is_done_again() -> Result<()> {
    const POINTS: [&str; 4] = ["before keep a plan", "before keep a page", "after keep a page", "before end a task"];
    let mut daemon = Daemon::null(&[("tasks.attempts", "9"), ("tasks.retry_first", "'1ms'")]).await?;
    daemon.terminate().await?;
    daemon.set_variable("FAILPOINTS", Some(POINTS.map(|point| format!("{point}=1*panic")).join(";")));
    daemon.start_again().await?;
    let anna = daemon.user("anna").await?;
    let files = Some(NewTaskFiles { expected: Some(1) });
    let task = anna.register(&NewTask { service: "null".to_owned(), files, ..NewTask::default() }).await?;
    anna.upload(task.id, &[Upload::new("file.pdf", null::file(1))]).await?;
    let end = anna.ended(task.id).await?;
    assert_eq!((end.status, end.attempt), (TaskStatus::Success, 5), "{end:?}");
    assert_eq!(anna.result(task.id, "txt").await?.text(), null::expected(&[null::file(1)], 1));
    let log: TaskLog = anna.get(&format!("/tasks/{}/log", task.id)).ask().await?.expect(200)?.json()?;
    let broke_off = log.items.iter().filter(|entry| entry.message.contains("broke off")).count();
    assert_eq!(broke_off, POINTS.len(), "{log:?}");
    Ok(())
}

//! Cancelling and removing at every point of a task's way: within a second, and nothing works for it any more.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use d2d_api::{NewTask, NewTaskFiles, Overview, ProblemCode, Task, TaskId, TaskStatus};
use d2d_tests::harness::{Ask, Client, Daemon, Origin, Reply, SOON, Upload, Wire, eventually};
use d2d_tests::null;
use rustix::process::Signal;
use serde_json::{Value, json};

/// Longer than any test waits.
const LONG_MS: u64 = 600_000;

/// How a task is ended by its owner.
#[derive(Debug, Clone, Copy)]
enum Way {
    Cancel,
    Delete,
}

const WAYS: [Way; 2] = [Way::Cancel, Way::Delete];

impl Way {
    /// Ends the task, and checks that it has ended when the answer comes.
    async fn take(self, anna: &Client, id: TaskId) -> Result<()> {
        match self {
            Self::Cancel => {
                let task: Task = anna.post(&format!("/tasks/{id}/cancel")).ask().await?.expect(202)?.json()?;
                ensure!(task.status == TaskStatus::Cancelled, "{task:?}");
                ensure!(anna.task(id).await?.status == TaskStatus::Cancelled, "not when it was answered");
            }
            Self::Delete => {
                anna.delete(&format!("/tasks/{id}")).ask().await?.expect(204)?;
                anna.get(&format!("/tasks/{id}")).ask().await?.problem(ProblemCode::TaskNotFound)?;
            }
        }
        Ok(())
    }
}

fn task(params: Value) -> NewTask {
    let files = Some(NewTaskFiles { expected: Some(1) });
    NewTask { service: "null".to_owned(), params: Some(params), files, ..NewTask::default() }
}

async fn begin(anna: &Client, params: Value) -> Result<Task> {
    let task = anna.register(&task(params)).await?;
    anna.upload(task.id, &[Upload::new("file.pdf", null::file(1))]).await?;
    Ok(task)
}

/// The process that works for a task.
async fn process(operator: &Client, id: TaskId) -> Result<Option<u32>> {
    let overview: Overview = operator.get("/ops/overview").ask().await?.expect(200)?.json()?;
    let mut workers = overview.pools.into_iter().flat_map(|pool| pool.workers);
    Ok(workers.find(|worker| worker.reading.as_ref().is_some_and(|now| now.task == id)).and_then(|worker| worker.pid))
}

/// How long it takes to end something. On a machine that is busy with other tests any one try may be late; all of them are
/// only if it waits for something.
async fn within_a_second(mut end: impl AsyncFnMut() -> Result<Duration>) -> Result<()> {
    let mut took = Vec::new();
    while took.len() < 3 && took.iter().all(|took| *took >= Duration::from_secs(1)) {
        took.push(end().await?);
    }
    println!("took {took:?}");
    ensure!(took.iter().any(|took| *took < Duration::from_secs(1)), "{took:?}");
    Ok(())
}

/// Ends a task while a worker is busy with it, and waits until the process is gone.
async fn end_at_work(daemon: &Daemon, anna: &Client, way: Way, params: &Value) -> Result<Duration> {
    let operator = daemon.operator()?;
    let task = begin(anna, params.clone()).await?;
    let pid = eventually("a worker is busy with it", SOON, async || process(&operator, task.id).await).await?;
    if params.get("assemble_ms").is_some() {
        anna.task_when(task.id, "writes its results", |task| {
            task.pages.total > 0 && task.pages.done == task.pages.total
        })
        .await?;
    }
    let pid = process(&operator, task.id).await?.unwrap_or(pid);
    let asked = Instant::now();
    way.take(anna, task.id).await?;
    Daemon::gone(pid).await?;
    let took = asked.elapsed();
    ensure!(process(&operator, task.id).await?.is_none(), "a worker still works for it");
    Ok(took)
}

#[tokio::test]
async fn while_a_worker_is_busy_with_it() -> Result<()> {
    let daemon = Daemon::null(&[]).await?;
    let anna = daemon.user("anna").await?;
    for stage in ["inspect_ms", "page_ms", "assemble_ms"] {
        for way in WAYS {
            let params = json!({ stage: LONG_MS });
            let ended = within_a_second(async || end_at_work(&daemon, &anna, way, &params).await).await;
            ended.with_context(|| format!("{way:?} with {stage}"))?;
        }
    }
    let next = begin(&anna, json!({})).await?;
    assert_eq!(anna.ended(next.id).await?.status, TaskStatus::Success, "the pool works on");
    Ok(())
}

#[tokio::test]
async fn while_it_waits_in_the_queue() -> Result<()> {
    let daemon = Daemon::null(&[("tasks.running", "1")]).await?;
    let anna = daemon.user("anna").await?;
    let first = begin(&anna, json!({ "page_ms": LONG_MS })).await?;
    anna.task_when(first.id, "runs", |task| task.status == TaskStatus::Execution).await?;
    for way in WAYS {
        let ended = within_a_second(async || {
            let queued = begin(&anna, json!({})).await?;
            ensure!(anna.task(queued.id).await?.status == TaskStatus::Queued, "it does not wait");
            let asked = Instant::now();
            way.take(&anna, queued.id).await?;
            Ok(asked.elapsed())
        });
        ended.await.with_context(|| format!("{way:?}"))?;
    }
    assert_eq!(anna.task(first.id).await?.status, TaskStatus::Execution, "others go on");
    Ok(())
}

#[tokio::test]
async fn while_a_file_of_it_is_fetched() -> Result<()> {
    let daemon = Daemon::null(&[("outbound.allow", "['127.0.0.0/8']")]).await?;
    let anna = daemon.user("anna").await?;
    let origin = Origin::start("127.0.0.1").await?;
    origin.serve("/slow.pdf", Reply::ok(null::file(1)).held());
    for way in WAYS {
        let ended = within_a_second(async || {
            let (asked_before, left) = (origin.asked("/slow.pdf"), origin.left());
            let new = NewTask { files: None, urls: Some(vec![origin.url("/slow.pdf")]), ..task(json!({})) };
            let task = anna.register(&new).await?;
            let is_asked = async || Ok((origin.asked("/slow.pdf") > asked_before).then_some(()));
            eventually("it is asked for", SOON, is_asked).await?;
            let asked = Instant::now();
            way.take(&anna, task.id).await?;
            eventually("the connection ends", SOON, async || Ok((origin.left() > left).then_some(()))).await?;
            Ok(asked.elapsed())
        });
        ended.await.with_context(|| format!("{way:?}"))?;
    }
    Ok(())
}

fn files_in(folder: &PathBuf) -> Result<usize> {
    let mut count = 0;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        count += if path.is_dir() { files_in(&path)? } else { 1 };
    }
    Ok(count)
}

#[tokio::test]
async fn while_a_file_of_it_is_uploaded() -> Result<()> {
    let daemon = Daemon::null(&[]).await?;
    let anna = daemon.user("anna").await?;
    let blobs = daemon.folder().join("data/blobs");
    let before = files_in(&blobs)?;
    for way in WAYS {
        let task = anna.register(&task(json!({}))).await?;
        let mut wire = Wire::open(daemon.address()).await?;
        let line = format!("POST /uploads/tasks/{}/files?name=a.pdf", task.id);
        wire.request(&anna, &line, &["Content-Length: 70000", "Connection: close"]).await?;
        wire.send(&format!("%PDF-1.4{}", " ".repeat(65_528))).await?;
        let under_way = async || Ok((files_in(&blobs)? > before).then_some(()));
        eventually("the upload is under way", SOON, under_way).await?;
        way.take(&anna, task.id).await?;
        wire.send(&" ".repeat(70_000 - 65_536)).await?;
        let answer = wire.rest().await?;
        let code = match way {
            Way::Cancel => ProblemCode::TaskWrongState,
            Way::Delete => ProblemCode::TaskNotFound,
        };
        ensure!(answer.contains(code.as_str()), "{way:?}: {answer}");
        eventually("nothing is left", SOON, async || Ok((files_in(&blobs)? == before).then_some(()))).await?;
    }
    Ok(())
}

#[tokio::test]
async fn while_the_service_goes_down() -> Result<()> {
    let mut daemon = Daemon::null(&[("tasks.drain", "'10m'")]).await?;
    let anna = daemon.user("anna").await?;
    let operator = daemon.operator()?;
    let task = begin(&anna, json!({ "page_ms": LONG_MS })).await?;
    anna.task_when(task.id, "is read", |task| task.pages.total > 0).await?;
    let pid = eventually("a worker is busy with it", SOON, async || process(&operator, task.id).await).await?;
    daemon.signal(Signal::TERM)?;
    eventually("it goes down", SOON, async || {
        Ok((anna.request(reqwest::Method::GET, "/readyz").ask().await?.status == 503).then_some(()))
    })
    .await?;
    // Nothing is left to do then: it may be gone before another request comes.
    let cancelled: Task = anna.post(&format!("/tasks/{}/cancel", task.id)).ask().await?.expect(202)?.json()?;
    assert_eq!(cancelled.status, TaskStatus::Cancelled);
    Daemon::gone(pid).await?;
    let status = daemon.wait().await?;
    assert!(status.success(), "{status}");
    daemon.start_again().await?;
    let anna = daemon.client()?.with_token(anna.token());
    assert_eq!(anna.task(task.id).await?.status, TaskStatus::Cancelled);
    Ok(())
}

#[tokio::test]
async fn just_as_it_ends_one_of_both_wins() -> Result<()> {
    let daemon = Daemon::null(&[]).await?;
    let anna = daemon.user("anna").await?;
    let (mut succeeded, mut cancelled) = (0, 0);
    for wait_ms in (0..40).map(|number| number * 4) {
        let task = begin(&anna, json!({})).await?;
        tokio::time::sleep(Duration::from_millis(wait_ms)).await;
        let answer = anna.post(&format!("/tasks/{}/cancel", task.id)).ask().await?;
        let end = anna.ended(task.id).await?;
        let ends: Vec<_> = anna.log(task.id).await?.items;
        let ends: Vec<_> = ends.iter().map(|entry| entry.status).filter(|status| status.is_terminal()).collect();
        ensure!(ends == [end.status], "it ended more than once: {ends:?}");
        let results = anna.get(&format!("/downloads/tasks/{}", task.id)).ask().await?;
        match end.status {
            TaskStatus::Success => {
                answer.problem(ProblemCode::TaskWrongState)?;
                ensure!(anna.text(&end).await? == null::expected(&[null::file(1)], 1), "another text");
                succeeded += 1;
            }
            TaskStatus::Cancelled => {
                answer.expect(202)?;
                results.problem(ProblemCode::DownloadNotReady)?;
                cancelled += 1;
            }
            other => ensure!(false, "it ended in {other}"),
        }
    }
    println!("{succeeded} ended by themselves, {cancelled} were cancelled");
    Ok(())
}

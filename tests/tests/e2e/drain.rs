//! Going down in good order: what is in hand is finished or given back, clients are told, and nobody can hold it up.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use d2d_api::{NewTask, NewTaskFiles, ProblemCode, Task, TaskStatus};
use d2d_tests::harness::{
    Answer, Ask, Client, Daemon, Events, Origin, Receiver, Reply, SILENCE, SOON, Upload, Wire, eventually,
};
use d2d_tests::null;
use futures_util::stream;
use reqwest::{Body, Method};
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// What going down may take beyond the time that is set for it: clients that do not listen are waited for a little, and
/// the database is closed.
const BEYOND: Duration = Duration::from_secs(20);

fn task(params: Value) -> NewTask {
    let files = Some(NewTaskFiles { expected: Some(1) });
    NewTask { service: "null".to_owned(), params: Some(params), files, ..NewTask::default() }
}

fn file(seed: u64) -> Upload {
    Upload::new("file.pdf", null::file(seed))
}

async fn running(anna: &Client, pages: u32, page_ms: u64) -> Result<Task> {
    let task = anna.register(&task(json!({ "pages": pages, "page_ms": page_ms }))).await?;
    anna.upload(task.id, &[file(1)]).await?;
    anna.task_when(task.id, "is read", |task| task.pages.total > 0).await
}

async fn probe(client: &Client, path: &str) -> Result<Answer> {
    client.request(Method::GET, path).ask().await
}

/// Tells it to go down, and waits until it has understood.
async fn told(daemon: &Daemon, client: &Client) -> Result<()> {
    daemon.signal(Signal::TERM)?;
    eventually("it is not ready any more", SOON, async || {
        Ok((probe(client, "/readyz").await?.status == 503).then_some(()))
    })
    .await
}

/// An upload of one file, of which the rest comes when the test sends it.
fn slow_upload(anna: &Client, task: &Task) -> (mpsc::Sender<Vec<u8>>, impl Future<Output = Result<Answer>> + use<>) {
    let (sender, mut pieces) = mpsc::channel::<Vec<u8>>(4);
    let body =
        stream::poll_fn(move |context| pieces.poll_recv(context).map(|piece| piece.map(Ok::<_, std::io::Error>)));
    let request = anna.post(&format!("/uploads/tasks/{}/files?name=slow.pdf", task.id));
    (sender, request.body(Body::wrap_stream(body)).ask())
}

#[tokio::test]
async fn no_new_work_is_taken_and_everything_else_goes_on() -> Result<()> {
    let mut daemon = Daemon::null(&[("tasks.drain", "'50s'")]).await?;
    let anna = daemon.user("anna").await?;
    let (open, doomed) = (anna.register(&task(json!({}))).await?, anna.register(&task(json!({}))).await?);
    let done = anna.register(&task(json!({}))).await?;
    anna.upload(done.id, &[file(7)]).await?;
    anna.ended(done.id).await?;
    let (pieces, upload) = slow_upload(&anna, &open);
    let upload = tokio::spawn(upload);
    // So much that its type is known, and the rest is written as it comes.
    pieces.send([null::file(2), vec![b' '; 64 << 10]].concat()).await?;
    // It is under way when it has passed the door: then its draft is there.
    let drafts = daemon.folder().join("data/blobs/tmp");
    eventually("the upload is under way", SOON, async || {
        Ok(std::fs::read_dir(&drafts)?.next().is_some().then_some(()))
    })
    .await?;
    told(&daemon, &anna).await?;

    probe(&anna, "/healthz").await?.expect(200)?;
    let ready = probe(&anna, "/readyz").await?;
    ready.problem(ProblemCode::ServiceUnavailable)?;
    let id = open.id;
    for (path, body) in [
        ("/uploads/tasks".to_owned(), json!({ "service": "null" })),
        (format!("/uploads/tasks/{id}/submit"), Value::Null),
        (format!("/uploads/tasks/{id}/urls"), json!({ "urls": ["https://example.com/a.pdf"] })),
        (format!("/tasks/{}/retry", done.id), Value::Null),
        (format!("/uploads/tasks/{}/files?name=a.pdf", doomed.id), Value::Null),
        ("/ocr/recognize".to_owned(), Value::Null),
    ] {
        let request = anna.post(&path);
        let request = if body.is_null() { request } else { request.json(&body) };
        let refused = request.ask().await?;
        refused.problem(ProblemCode::ServiceUnavailable).with_context(|| path.clone())?;
        assert_eq!(refused.header("retry-after"), "5", "{path}");
        assert_eq!(refused.header("connection"), "close", "{path}");
    }
    let tus = anna.post(&format!("/uploads/tasks/{}/tus", doomed.id)).header("tus-resumable", "1.0.0");
    tus.header("upload-length", "5").ask().await?.problem(ProblemCode::ServiceUnavailable)?;

    assert_eq!(anna.task(done.id).await?.status, TaskStatus::Success);
    assert_eq!(anna.result(done.id, "txt").await?.text(), null::expected(&[null::file(7)], 1));
    let cancelled: Task = anna.post(&format!("/tasks/{}/cancel", doomed.id)).ask().await?.expect(202)?.json()?;
    assert_eq!(cancelled.status, TaskStatus::Cancelled);
    anna.delete(&format!("/tasks/{}", done.id)).ask().await?.expect(204)?;

    drop(pieces);
    upload.await??.expect(201)?;
    let status = daemon.wait().await?;
    assert!(status.success(), "{status}");
    daemon.start_again().await?;
    let anna = daemon.client()?.with_token(anna.token());
    let end = anna.ended(id).await?;
    assert_eq!((end.status, end.attempt), (TaskStatus::Success, 1), "the upload was kept");
    Ok(())
}

#[tokio::test]
async fn watchers_are_told_the_last_and_sent_away() -> Result<()> {
    let mut daemon = Daemon::null(&[("tasks.drain", "'50s'")]).await?;
    let anna = daemon.user("anna").await?;
    let task = running(&anna, 60, 500).await?;
    let waiting = anna.register(&self::task(json!({}))).await?;
    let mut socket = anna.socket(&format!("/tasks/{}/ws", task.id)).await?;
    let mut all = anna.socket("/tasks/ws").await?;
    let mut console = daemon.operator()?.socket("/ops/ws").await?;
    let mut events = Events::open(anna.get(&format!("/tasks/{}/events", task.id))).await?;
    let poll = tokio::spawn(anna.get(&format!("/tasks/{}?wait=60", waiting.id)).ask());
    ensure!(socket.frame().await?.is_some() && all.frame().await?.is_some(), "no snapshot");
    anna.task_when(task.id, "has a page", |task| task.pages.done > 0).await?;
    daemon.signal(Signal::TERM)?;

    let frames = socket.frames().await?;
    let last = frames.last().and_then(|frame| frame.task.clone()).context("no frame")?;
    assert_eq!((last.status, last.attempt), (TaskStatus::Queued, 0), "an attempt that was given back does not count");
    assert!(last.pages.done > 0 && last.message.contains("restart"), "{last:?}");
    assert_eq!(all.close_code().await?, 1012);
    assert_eq!(console.close_code().await?, 1012);
    let last = events.all().await?.pop().and_then(|event| event.frame.task).context("no event")?;
    assert_eq!(last.status, TaskStatus::Queued);
    let polled: Task = poll.await??.expect(200)?.json()?;
    assert_eq!(polled.status, TaskStatus::AwaitingFiles);
    let status = daemon.wait().await?;
    assert!(status.success(), "{status}");
    Ok(())
}

#[tokio::test]
async fn pages_that_take_too_long_are_given_back() -> Result<()> {
    let mut daemon = Daemon::null(&[("tasks.drain", "'1s'")]).await?;
    let anna = daemon.user("anna").await?;
    let task = running(&anna, 1, 600_000).await?;
    let asked = Instant::now();
    let status = daemon.terminate().await?;
    assert!(status.success() && asked.elapsed() < Duration::from_secs(1) + BEYOND, "{status} {:?}", asked.elapsed());
    daemon.start_again().await?;
    let anna = daemon.client()?.with_token(anna.token());
    let again = anna.task_when(task.id, "runs again", |task| task.status == TaskStatus::Execution).await?;
    assert_eq!(again.attempt, 1, "no attempt was burnt");
    Ok(())
}

#[tokio::test]
async fn told_twice_it_ends_at_once() -> Result<()> {
    let mut daemon = Daemon::null(&[("tasks.drain", "'10m'")]).await?;
    let anna = daemon.user("anna").await?;
    let task = running(&anna, 1, 600_000).await?;
    told(&daemon, &anna).await?;
    let asked = Instant::now();
    let status = daemon.terminate().await?;
    assert!(asked.elapsed() < BEYOND, "{:?}", asked.elapsed());
    assert_eq!(status.code(), Some(1));
    assert!(daemon.log().contains("told again to stop"), "nothing in the log");
    daemon.start_again().await?;
    let anna = daemon.client()?.with_token(anna.token());
    anna.task_when(task.id, "runs again", |task| task.status == TaskStatus::Execution).await?;
    Ok(())
}

#[tokio::test]
async fn clients_that_do_nothing_can_not_hold_it_up() -> Result<()> {
    let mut daemon = Daemon::null(&[("tasks.drain", "'1s'")]).await?;
    let anna = daemon.user("anna").await?;
    let task = anna.register(&task(json!({}))).await?;
    let (pieces, upload) = slow_upload(&anna, &task);
    let upload = tokio::spawn(upload);
    pieces.send(null::file(3)).await?;
    let mut reader = Wire::open(daemon.address()).await?;
    for _ in 0..100 {
        reader.request(&anna, "GET /uploads/openapi.json", &[]).await?;
    }
    let mut socket = Wire::open(daemon.address()).await?;
    socket.upgrade(&anna, "/tasks/ws").await?;
    let _idle = Wire::open(daemon.address()).await?;

    let asked = Instant::now();
    let status = daemon.terminate().await?;
    assert!(status.success() && asked.elapsed() < Duration::from_secs(1) + BEYOND, "{status} {:?}", asked.elapsed());
    let answer = upload.await?;
    assert!(answer.is_err(), "what was cut off was answered: {answer:?}");
    Ok(())
}

#[tokio::test]
async fn files_that_were_being_fetched_are_fetched_by_the_next_life() -> Result<()> {
    let mut daemon = Daemon::null(&[("outbound.allow", "['127.0.0.0/8']"), ("tasks.drain", "'20s'")]).await?;
    let anna = daemon.user("anna").await?;
    let origin = Origin::start("127.0.0.1").await?;
    origin.serve("/a.pdf", Reply::ok(null::file(4)).held());
    let new = NewTask { files: None, urls: Some(vec![origin.url("/a.pdf")]), ..task(json!({})) };
    let task = anna.register(&new).await?;
    eventually("it is asked for", SOON, async || Ok((origin.asked("/a.pdf") == 1).then_some(()))).await?;
    let asked = Instant::now();
    let status = daemon.terminate().await?;
    assert!(status.success() && asked.elapsed() < Duration::from_secs(20), "{status} {:?}", asked.elapsed());
    eventually("the connection ends", SOON, async || Ok((origin.left() == 1).then_some(()))).await?;
    origin.open();
    daemon.start_again().await?;
    let anna = daemon.client()?.with_token(anna.token());
    let end = anna.ended(task.id).await?;
    assert_eq!((end.status, end.attempt), (TaskStatus::Success, 1));
    assert_eq!(anna.text(&end).await?, null::expected(&[null::file(4)], 1));
    Ok(())
}

#[tokio::test]
async fn a_webhook_that_is_not_answered_is_sent_by_the_next_life() -> Result<()> {
    let mut daemon = Daemon::null(&[("outbound.allow", "['127.0.0.0/8']"), ("tasks.drain", "'1s'")]).await?;
    let anna = daemon.user("anna").await?;
    let receiver = Receiver::start(&[SILENCE]).await?;
    let webhook = serde_json::from_value(json!({ "url": receiver.url() }))?;
    let task = anna.register(&NewTask { webhook: Some(webhook), ..task(json!({})) }).await?;
    anna.upload(task.id, &[file(5)]).await?;
    receiver.requests(1).await?;
    let asked = Instant::now();
    let status = daemon.terminate().await?;
    assert!(status.success() && asked.elapsed() < Duration::from_secs(1) + BEYOND, "{status} {:?}", asked.elapsed());
    daemon.start_again().await?;
    receiver.requests(2).await?;
    Ok(())
}

//! Clients that are slow, silent or too many: each costs little, is cut off after a while, and delays nobody else.

use std::path::Path;

use anyhow::{Result, ensure};
use d2d_api::{Frame, NewTask, NewTaskFiles, ProblemCode, TaskStatus};
use d2d_tests::harness::{Ask, Daemon, SOON, Upload, Wire, eventually};
use d2d_tests::null;
use serde_json::json;

fn task() -> NewTask {
    let files = Some(NewTaskFiles { expected: Some(1) });
    NewTask { service: "null".to_owned(), files, ..NewTask::default() }
}

fn is_empty(folder: &Path) -> Result<bool> {
    Ok(std::fs::read_dir(folder)?.next().is_none())
}

/// The code of the problem that an answer ends with.
fn has(answer: &str, status: u16, code: ProblemCode) -> bool {
    answer.starts_with(&format!("HTTP/1.1 {status} ")) && answer.contains(code.as_str())
}

#[tokio::test]
async fn an_upload_that_stalls_ends_and_leaves_nothing() -> Result<()> {
    let daemon = Daemon::null(&[("http.stall", "'1s'")]).await?;
    let anna = daemon.user("anna").await?;
    let task = anna.register(&task()).await?;
    let begun = format!("{}{}", String::from_utf8(null::file(1))?, " ".repeat(64 << 10));
    let mut raw = Wire::open(daemon.address()).await?;
    raw.request(&anna, &format!("POST /uploads/tasks/{}/files?name=a.pdf", task.id), &["Content-Length: 100000"])
        .await?;
    raw.send(&begun).await?;
    let mut form = Wire::open(daemon.address()).await?;
    let headers = ["Content-Type: multipart/form-data; boundary=xx", "Content-Length: 100000"];
    form.request(&anna, &format!("POST /uploads/tasks/{}/files", task.id), &headers).await?;
    form.send("--xx\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n").await?;
    form.send(&begun).await?;
    for (what, wire) in [("raw", &mut raw), ("form", &mut form)] {
        let answer = wire.rest().await?;
        ensure!(has(&answer, 400, ProblemCode::UploadInterrupted) && answer.contains("for 1 s"), "{what}: {answer}");
    }
    assert_eq!(anna.task(task.id).await?.files, []);
    let drafts = daemon.folder().join("data/blobs/tmp");
    eventually("nothing is left", SOON, async || Ok(is_empty(&drafts)?.then_some(()))).await?;
    // Who is merely slow is no trouble.
    anna.upload(task.id, &[Upload::new("a.pdf", null::file(1))]).await?;
    assert_eq!(anna.ended(task.id).await?.status, TaskStatus::Success);
    Ok(())
}

#[tokio::test]
async fn requests_that_do_not_come_to_their_end_are_given_up() -> Result<()> {
    let daemon = Daemon::null(&[("http.stall", "'1s'"), ("http.idle", "'1s'")]).await?;
    let anna = daemon.user("anna").await?;
    let mut body = Wire::open(daemon.address()).await?;
    body.request(&anna, "POST /uploads/tasks", &["Content-Type: application/json", "Content-Length: 20"]).await?;
    body.send("{\"service\"").await?;
    let answer = body.rest().await?;
    ensure!(has(&answer, 408, ProblemCode::RequestTimeout), "{answer}");

    let mut silent = Wire::open(daemon.address()).await?;
    assert_eq!(silent.rest().await?, "");
    let mut head = Wire::open(daemon.address()).await?;
    head.send("GET /healthz HTTP/1.1\r\nHost: he").await?;
    assert_eq!(head.rest().await?, "");
    let mut kept = Wire::open(daemon.address()).await?;
    for _ in 0..2 {
        kept.request(&anna, "GET /auth/me", &[]).await?;
        kept.until("\"name\":\"anna").await?;
    }
    kept.rest().await?;
    Ok(())
}

#[tokio::test]
async fn streams_outlast_the_time_for_idle_connections() -> Result<()> {
    let daemon = Daemon::null(&[("http.idle", "'1s'")]).await?;
    let anna = daemon.user("anna").await?;
    let task = anna.register(&task()).await?;
    let mut socket = anna.socket(&format!("/tasks/{}/ws", task.id)).await?;
    ensure!(socket.frame().await?.is_some(), "no snapshot");
    let mut events = Wire::open(daemon.address()).await?;
    events.request(&anna, &format!("GET /tasks/{}/events", task.id), &[]).await?;
    events.until("event: snapshot").await?;
    // Signs of life come when nothing has happened for 15 seconds.
    events.until("event: ping").await?;
    ensure!(socket.message::<Frame>().await?.is_some(), "the socket has ended");
    Ok(())
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_cut_off() -> Result<()> {
    let daemon = Daemon::null(&[("http.stall", "'1s'")]).await?;
    let anna = daemon.user("anna").await?;
    let mut wire = Wire::open(daemon.address()).await?;
    for _ in 0..100 {
        wire.request(&anna, "GET /uploads/openapi.json", &[]).await?;
    }
    wire.cut_off().await?;
    anna.get("/auth/me").ask().await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn connections_past_the_most_are_refused_until_others_end() -> Result<()> {
    let daemon = Daemon::null(&[("http.max_connections", "5")]).await?;
    let mut open = Vec::new();
    for _ in 0..5 {
        open.push(Wire::open(daemon.address()).await?);
    }
    let refused = async || -> Result<bool> {
        let mut one = Wire::open(daemon.address()).await?;
        one.send("GET /healthz HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n").await?;
        let answer = one.rest().await?;
        ensure!(answer.starts_with("HTTP/1.1 200 ") || has(&answer, 503, ProblemCode::ServiceUnavailable), "{answer}");
        Ok(answer.contains("\r\nRetry-After: 5\r\n"))
    };
    assert!(refused().await?);
    // The operators' socket is not among them.
    daemon.operator()?.get("/ops/overview").ask().await?.expect(200)?;
    drop(open);
    eventually("there is room again", SOON, async || Ok((!refused().await?).then_some(()))).await?;
    Ok(())
}

#[tokio::test]
async fn an_account_is_no_worse_off_for_the_silent_uploads_of_others() -> Result<()> {
    let daemon = Daemon::null(&[]).await?;
    let (anna, boris) = (daemon.user("anna").await?, daemon.user("boris").await?);
    let mut silent = Vec::new();
    for _ in 0..200 {
        let task = boris.register(&task()).await?;
        let mut wire = Wire::open(daemon.address()).await?;
        let line = format!("POST /uploads/tasks/{}/files?name=a.pdf", task.id);
        wire.request(&boris, &line, &["Content-Length: 100000"]).await?;
        wire.send("%PDF-1.4\n").await?;
        silent.push(wire);
    }
    let task = anna.register(&task()).await?;
    anna.upload(task.id, &[Upload::new("a.pdf", null::file(1))]).await?;
    assert_eq!(anna.ended(task.id).await?.status, TaskStatus::Success);
    let list = anna.get("/tasks").query(&json!({ "status": "success" })).ask().await?.expect(200)?;
    assert!(list.text().contains(&task.id.to_string()));
    Ok(())
}

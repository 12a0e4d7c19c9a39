//! What one account may have, what the disk may hold, how long files are awaited; and what is never shown.

use anyhow::{Context, Result};
use d2d_api::{NewTask, ProblemCode, Task, TaskStatus};
use d2d_tests::harness::{API, Ask, Client, Daemon, Origin, Reply, SOON, Upload, eventually, ocr};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn open_task(client: &Client) -> Result<Task> {
    client.register(&NewTask { files: None, ..ocr(1, json!({})) }).await
}

/// What is answered to the head of an upload of which not a byte of the body is sent.
async fn answer_to_head(daemon: &Daemon, client: &Client, task: &Task, length: u64) -> Result<String> {
    let mut connection = TcpStream::connect(daemon.address()).await?;
    let head = format!(
        "POST {API}/uploads/tasks/{}/files HTTP/1.1\r\nhost: d2d\r\nauthorization: Bearer {}\r\nexpect: 100-continue\r\n\
         content-type: image/png\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n",
        task.id,
        client.token(),
    );
    connection.write_all(head.as_bytes()).await?;
    let mut answer = String::new();
    tokio::time::timeout(SOON, connection.read_to_string(&mut answer)).await??;
    Ok(answer)
}

#[tokio::test]
async fn an_account_has_so_many_tasks_under_way() -> Result<()> {
    let daemon = Daemon::with(&[("uploads.max_queued_per_user", "2")]).await?;
    let (anna, boris) = (daemon.user("anna").await?, daemon.user("boris").await?);
    let first = open_task(&anna).await?;
    open_task(&anna).await?;
    let refused = anna.post("/uploads/tasks").json(&ocr(1, json!({}))).ask().await?;
    refused.problem(ProblemCode::QuotaExceeded)?;
    assert!(refused.header("retry-after").parse::<u32>()? > 0);
    open_task(&boris).await?;
    anna.post(&format!("/tasks/{}/cancel", first.id)).ask().await?.expect(202)?;
    open_task(&anna).await?;
    Ok(())
}

#[tokio::test]
async fn the_tasks_of_an_account_keep_so_many_bytes() -> Result<()> {
    let page = Upload::line("page.png", "A page like any other")?;
    let bound = format!("{}", page.bytes.len() * 3 / 2);
    let settings = [("uploads.max_bytes_per_user", bound.as_str()), ("outbound.allow", "['127.0.0.0/8']")];
    let daemon = Daemon::with(&settings).await?;
    let (anna, boris) = (daemon.user("anna").await?, daemon.user("boris").await?);
    let (one, two) = (open_task(&anna).await?, open_task(&anna).await?);
    anna.upload(one.id, std::slice::from_ref(&page)).await?;
    let refused = anna.send(two.id, std::slice::from_ref(&page)).await?;
    refused.problem(ProblemCode::QuotaExceeded)?;
    assert!(refused.header("retry-after").parse::<u32>()? > 0);
    let early = answer_to_head(&daemon, &anna, &two, page.bytes.len() as u64).await?;
    assert!(early.starts_with("HTTP/1.1 429") && early.contains("quota.exceeded"), "{early}");
    // What does not say how long it is, is counted.
    let chunks: Vec<_> = page.bytes.chunks(100).map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec())).collect();
    let stream = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
    let raw = anna.post(&format!("/uploads/tasks/{}/files", two.id)).header("content-type", "image/png").body(stream);
    raw.ask().await?.problem(ProblemCode::QuotaExceeded)?;
    let origin = Origin::start("127.0.0.1").await?;
    origin.serve("/page.png", Reply::ok(page.bytes.clone()));
    let by_url = NewTask { files: None, urls: Some(vec![origin.url("/page.png")]), ..ocr(1, json!({})) };
    let task = anna.ended(anna.register(&by_url).await?.id).await?;
    assert_eq!(task.error.context("it failed")?.code, ProblemCode::QuotaExceeded);

    let other = open_task(&boris).await?;
    boris.upload(other.id, std::slice::from_ref(&page)).await?;
    anna.delete(&format!("/tasks/{}", one.id)).ask().await?.expect(204)?;
    anna.upload(two.id, &[page]).await?;
    Ok(())
}

#[tokio::test]
async fn what_the_disk_has_no_room_for_is_refused_before_it_comes() -> Result<()> {
    let folder = tempfile::TempDir::with_prefix("d2d-test-")?;
    let disk = rustix::fs::statvfs(folder.path())?;
    let free = disk.f_bavail * disk.f_frsize;
    let settings = [("uploads.min_free_disk", &*(free / 2).to_string()), ("uploads.max_file", "'1000TiB'")];
    let daemon = Daemon::with(&settings).await?;
    let anna = daemon.user("anna").await?;
    let task = open_task(&anna).await?;
    let answer = answer_to_head(&daemon, &anna, &task, free / 4 * 3).await?;
    assert!(answer.starts_with("HTTP/1.1 507") && answer.contains("storage.full"), "{answer}");
    anna.upload(task.id, &[Upload::line("page.png", "A small one")?]).await?;
    Ok(())
}

#[tokio::test]
async fn a_task_whose_files_never_come_is_given_up() -> Result<()> {
    let daemon = Daemon::with(&[("uploads.await_files", "'1s'")]).await?;
    let anna = daemon.user("anna").await?;
    let task = anna.register(&ocr(2, json!({}))).await?;
    let until = task.expires_at.context("it does not say how long it waits")?;
    let task = anna.upload(task.id, &[Upload::line("page.png", "The first of two")?]).await?.task;
    assert!(task.expires_at > Some(until), "a file gives it more time");
    let blobs = daemon.folder().join("data/blobs").join(&task.files[0].sha256[..2]);
    assert_eq!(std::fs::read_dir(&blobs)?.count(), 1);
    let task = anna.ended(task.id).await?;
    assert_eq!((task.status, task.files.len(), task.expires_at), (TaskStatus::Expired, 0, None));
    eventually("its file is removed", SOON, async || Ok((std::fs::read_dir(&blobs)?.count() == 0).then_some(())))
        .await?;
    anna.send(task.id, &[Upload::line("late.png", "Too late")?]).await?.problem(ProblemCode::TaskWrongState)?;
    Ok(())
}

#[tokio::test]
async fn a_password_among_the_parameters_is_never_shown() -> Result<()> {
    let daemon = Daemon::with(&[("log.level", "'debug'")]).await?;
    let anna = daemon.user("anna").await?;
    let new = ocr(1, json!({"password": "open-sesame", "dpi": 200}));
    let answer = anna.post("/uploads/tasks").header("idempotency-key", "k").json(&new).ask().await?.expect(201)?;
    let task: Task = answer.json()?;
    assert_eq!(task.params["dpi"], 200);
    let mut socket = anna.socket(&format!("/tasks/{}/ws", task.id)).await?;
    let uploaded = anna.send(task.id, &[Upload::line("page.png", "Not encrypted")?]).await?.expect(201)?;
    let frames = format!("{:?}", socket.frames().await?);
    anna.ended(task.id).await?;
    let again = anna.post("/uploads/tasks").header("idempotency-key", "k").json(&new).ask().await?.expect(201)?;
    let shown = [
        answer.text(),
        again.text(),
        uploaded.text(),
        frames,
        anna.get(&format!("/tasks/{}", task.id)).ask().await?.text(),
        anna.get("/tasks").ask().await?.text(),
        daemon.operator()?.get("/ops/tasks").ask().await?.text(),
        daemon.log(),
    ];
    for (number, text) in shown.iter().enumerate() {
        assert!(!text.is_empty() && !text.contains("open-sesame"), "{number}: {text}");
    }
    Ok(())
}

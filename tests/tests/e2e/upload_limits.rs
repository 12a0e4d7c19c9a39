//! Step 5, at its bounds: too large, too many, nothing, not what it should be, cut off.

use anyhow::{Context, Result};
use d2d_api::{NewTask, ProblemCode, Task};
use d2d_tests::harness::{API, Ask, Client, Daemon, SOON, Upload, eventually, ocr, shared};
use d2d_tests::page::text;
use reqwest::multipart::Form;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

async fn open_task(client: &Client) -> Result<Task> {
    client.register(&NewTask { files: None, ..ocr(1, json!({})) }).await
}

fn scan() -> Result<Vec<u8>> {
    Ok(Upload::line("page.png", "A page like any other")?.bytes)
}

/// Nothing of what was refused is left in the task.
async fn still_empty(client: &Client, task: &Task) -> Result<()> {
    assert_eq!(client.task(task.id).await?.files, []);
    Ok(())
}

#[tokio::test]
async fn what_is_no_page_is_refused_by_its_content() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = open_task(&anna).await?;
    let refused = |name: &str, bytes: &[u8]| {
        let files = [Upload::new(name, bytes)];
        let anna = anna.clone();
        async move { anna.send(task.id, &files).await }
    };
    refused("letter.png", text()).await?.problem(ProblemCode::UploadUnsupportedType)?;
    refused("program.pdf", b"\x7fELF\x02\x01\x01").await?.problem(ProblemCode::UploadUnsupportedType)?;
    refused("empty.png", b"").await?.problem(ProblemCode::UploadEmpty)?;
    still_empty(&anna, &task).await
}

#[tokio::test]
async fn a_request_without_a_file_is_refused() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = open_task(&anna).await?;
    let post = || anna.post(&format!("/uploads/tasks/{}/files", task.id));
    let form = |body: &'static str| post().header("content-type", "multipart/form-data; boundary=x").body(body).ask();
    form("--x--\r\n").await?.problem(ProblemCode::UploadNoFiles)?;
    form("").await?.problem(ProblemCode::UploadInterrupted)?;
    let note = post().multipart(Form::new().text("note", "no file here")).ask().await?;
    assert_eq!(note.problem(ProblemCode::RequestInvalid)?.errors[0].pointer, "/note");
    let broken = post().header("content-type", "multipart/form-data").body("--x");
    broken.ask().await?.problem(ProblemCode::RequestMalformed)?;
    still_empty(&anna, &task).await
}

#[tokio::test]
async fn more_files_than_announced_are_refused() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = anna.register(&ocr(2, json!({}))).await?;
    let files: Vec<_> = (0..3).map(|n| Ok(Upload::new(&format!("{n}.png"), scan()?))).collect::<Result<_>>()?;
    anna.send(task.id, &files).await?.problem(ProblemCode::UploadTooManyFiles)?;
    Ok(())
}

#[tokio::test]
async fn bytes_and_files_are_counted_as_they_come() -> Result<()> {
    let daemon = Daemon::with(&[("uploads.max_file", "'64KiB'"), ("uploads.max_files", "2")]).await?;
    let anna = daemon.user("anna").await?;
    let mut large = scan()?;
    large.resize(65 << 10, 0);

    let task = open_task(&anna).await?;
    anna.send(task.id, &[Upload::new("large.png", large.clone())]).await?.problem(ProblemCode::UploadTooLarge)?;
    let chunks: Vec<_> = large.chunks(1000).map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec())).collect();
    let stream = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
    let raw = anna.post(&format!("/uploads/tasks/{}/files", task.id)).header("content-type", "image/png").body(stream);
    raw.ask().await?.problem(ProblemCode::UploadTooLarge)?;
    still_empty(&anna, &task).await?;

    let file = Upload::new("small.png", scan()?);
    anna.upload(task.id, &[file.clone(), file.clone()]).await?;
    anna.send(task.id, &[file]).await?.problem(ProblemCode::UploadTooManyFiles)?;
    let many = anna.post("/uploads/tasks").json(&ocr(3, json!({}))).ask().await?;
    many.problem(ProblemCode::RequestInvalid)?;
    Ok(())
}

#[tokio::test]
async fn an_upload_that_is_cut_off_leaves_nothing() -> Result<()> {
    let daemon = Daemon::start().await?;
    let anna = daemon.user("anna").await?;
    let task = open_task(&anna).await?;
    let before = files_below(&daemon.folder().join("data"))?;

    let mut connection = TcpStream::connect(daemon.address()).await?;
    let head = format!(
        "POST {API}/uploads/tasks/{}/files HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n\
         content-type: image/png\r\ncontent-length: 1000000\r\n\r\n",
        task.id,
        daemon.address(),
        anna.token()
    );
    connection.write_all(head.as_bytes()).await?;
    connection.write_all(&scan()?).await?;
    let blobs = daemon.folder().join("data");
    eventually("the upload has begun", SOON, async || Ok((files_below(&blobs)? > before).then_some(()))).await?;
    drop(connection);

    eventually("what had come is removed", SOON, async || Ok((files_below(&blobs)? == before).then_some(()))).await?;
    still_empty(&anna, &task).await
}

/// How many files lie below a folder, those of the database aside.
fn files_below(folder: &std::path::Path) -> Result<usize> {
    let mut count = 0;
    for entry in std::fs::read_dir(folder).with_context(|| format!("{}", folder.display()))? {
        let entry = entry?;
        let is_folder = entry.file_type()?.is_dir();
        count += match (is_folder, entry.file_name().to_str()) {
            (true, Some("db")) => 0,
            (true, _) => files_below(&entry.path())?,
            (false, _) => 1,
        };
    }
    Ok(count)
}

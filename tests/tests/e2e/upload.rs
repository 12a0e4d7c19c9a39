//! Step 5: the user's files come in.

use anyhow::{Context, Result};
use d2d_api::{NewTask, ProblemCode, Task, TaskStatus, UploadedFiles};
use d2d_tests::harness::{Ask, Client, Upload, ocr, shared};
use serde_json::json;
use sha2::{Digest, Sha256};

fn scan(text: &str) -> Result<Vec<u8>> {
    Ok(Upload::line("page.png", text)?.bytes)
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// A task that is queued when its owner says so.
async fn open_task(client: &Client) -> Result<Task> {
    client.register(&NewTask { files: None, ..ocr(1, json!({})) }).await
}

#[tokio::test]
async fn several_files_in_one_request_queue_the_task_when_they_are_all() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = anna.register(&ocr(3, json!({}))).await?;
    let (first, second, third) = (scan("The first page")?, scan("The second page")?, scan("The third page")?);
    let files = [Upload::new("first.png", first.clone()), Upload::new("zweite Seite.PNG", second.clone())];
    let half = anna.upload(task.id, &files).await?;
    assert_eq!(half.task.status, TaskStatus::AwaitingFiles, "one file is missing yet");
    // The name lies; the content does not.
    let rest = anna.upload(task.id, &[Upload::new("C:\\scans\\third.pdf", third.clone())]).await?;
    assert_eq!(rest.task.status, TaskStatus::Queued);
    assert!(rest.task.queued_at.is_some());
    let stored: Vec<_> = rest.task.files.iter().map(|file| (file.name.as_str(), file.sha256.clone())).collect();
    let expected =
        [("first.png", sha256(&first)), ("zweite Seite.PNG", sha256(&second)), ("third.pdf", sha256(&third))];
    assert_eq!(stored, expected);
    assert!(rest.task.files.iter().all(|file| file.media_type == "image/png"), "{:?}", rest.task.files);
    assert_eq!(rest.files, rest.task.files[2..], "the answer names the files of this request");
    assert_eq!(rest.files[0].bytes, third.len() as u64);
    Ok(())
}

#[tokio::test]
async fn a_raw_body_is_a_file_too() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = anna.register(&ocr(1, json!({}))).await?;
    let bytes = scan("Sent as it is")?;
    let answer = anna
        .post(&format!("/uploads/tasks/{}/files", task.id))
        .header("content-type", "image/png")
        .header("content-disposition", "attachment; filename=\"raw.png\"; filename*=UTF-8''r%C3%B6h.png")
        .body(bytes.clone())
        .ask()
        .await?
        .expect(201)?;
    let uploaded: UploadedFiles = answer.json()?;
    let file = uploaded.files.first().context("no file")?;
    assert_eq!((file.name.as_str(), file.bytes, &file.sha256), ("röh.png", bytes.len() as u64, &sha256(&bytes)));
    assert_eq!(uploaded.task.status, TaskStatus::Queued);
    Ok(())
}

#[tokio::test]
async fn a_body_of_unknown_length_is_taken() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = anna.register(&ocr(1, json!({}))).await?;
    let bytes = scan("Sent in chunks")?;
    let chunks: Vec<_> = bytes.chunks(1000).map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec())).collect();
    let answer = anna
        .post(&format!("/uploads/tasks/{}/files", task.id))
        .header("content-type", "application/octet-stream")
        .header("content-disposition", "attachment; filename=chunks.png")
        .body(reqwest::Body::wrap_stream(futures_util::stream::iter(chunks)))
        .ask()
        .await?
        .expect(201)?;
    assert_eq!(answer.json::<UploadedFiles>()?.files[0].sha256, sha256(&bytes));
    Ok(())
}

#[tokio::test]
async fn without_an_expected_number_the_owner_submits() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = open_task(&anna).await?;
    let submit = || anna.post(&format!("/uploads/tasks/{}/submit", task.id)).ask();
    submit().await?.problem(ProblemCode::UploadNoFiles)?;
    let uploaded = anna.upload(task.id, &[Upload::new("page.png", scan("Submitted by hand")?)]).await?;
    assert_eq!(uploaded.task.status, TaskStatus::AwaitingFiles);
    let submitted: Task = submit().await?.expect(202)?.json()?;
    assert_eq!(submitted.status, TaskStatus::Queued);
    submit().await?.problem(ProblemCode::TaskWrongState)?;
    assert_eq!(anna.ended(task.id).await?.status, TaskStatus::Success);
    Ok(())
}

#[tokio::test]
async fn a_file_can_be_taken_away_before_the_task_is_queued() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = open_task(&anna).await?;
    let files = [Upload::new("a.png", scan("Stays")?), Upload::new("b.png", scan("Goes")?)];
    let uploaded = anna.upload(task.id, &files).await?;
    let path = format!("/uploads/tasks/{}/files/{}", task.id, uploaded.files[1].id);
    let left: Task = anna.delete(&path).ask().await?.expect(200)?.json()?;
    assert_eq!(left.files, uploaded.files[..1]);
    anna.delete(&path).ask().await?.problem(ProblemCode::UploadFileNotFound)?;
    let names: Vec<_> = anna.task(task.id).await?.files.into_iter().map(|file| file.name).collect();
    assert_eq!(names, ["a.png"]);
    Ok(())
}

#[tokio::test]
async fn a_queued_task_takes_no_more_files() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = anna.register(&ocr(1, json!({}))).await?;
    let file = Upload::new("page.png", scan("The only page")?);
    let uploaded = anna.upload(task.id, std::slice::from_ref(&file)).await?;
    anna.send(task.id, &[file]).await?.problem(ProblemCode::TaskWrongState)?;
    let path = format!("/uploads/tasks/{}/files/{}", task.id, uploaded.files[0].id);
    anna.delete(&path).ask().await?.problem(ProblemCode::TaskWrongState)?;
    assert_eq!(anna.ended(task.id).await?.files.len(), 1);
    Ok(())
}

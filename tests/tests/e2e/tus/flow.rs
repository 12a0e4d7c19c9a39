//! The way of an upload, from its beginning to the task that is queued by it.

use anyhow::Result;
use d2d_api::{ProblemCode, TaskStatus};
use d2d_tests::harness::{Ask, ocr, shared};
use reqwest::Method;
use serde_json::json;

use super::{begin, begun, file, head, location, offset, open_task, patch, scan, sha256, tus};

#[tokio::test]
async fn the_last_piece_queues_the_task() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = anna.register(&ocr(1, json!({"formats": ["txt"]}))).await?;
    let bytes = scan()?;
    let half = bytes.len() / 2;
    let metadata = "filename csO2aC5wbmc=,filetype aW1hZ2UvcG5n";
    let made = begin(&anna, &task).header("upload-length", bytes.len()).header("upload-metadata", metadata);
    let made = made.ask().await?.expect(201)?;
    assert!(made.header("upload-expires").ends_with(" GMT"), "{:?}", made.headers);
    assert_eq!((made.header("tus-resumable"), made.header("upload-offset")), ("1.0.0", ""));
    let upload = location(&made)?;

    let first = patch(&anna, &upload, 0).body(bytes[..half].to_vec()).ask().await?.expect(204)?;
    assert_eq!(first.header("upload-offset"), half.to_string());
    assert!(first.header("upload-expires").ends_with(" GMT"), "{:?}", first.headers);
    let known = head(&anna, &upload).ask().await?.expect(200)?;
    let said = ["upload-offset", "upload-length", "upload-metadata", "cache-control", "tus-resumable"];
    let (half, length) = (half.to_string(), bytes.len().to_string());
    assert_eq!(said.map(|name| known.header(name)), [&half, &length, metadata, "no-store", "1.0.0"]);
    assert_eq!(anna.task(task.id).await?.files, [], "not yet");

    let half = half.parse()?;
    let last = patch(&anna, &upload, half).body(bytes[half..].to_vec()).ask().await?.expect(204)?;
    assert_eq!(last.header("upload-offset"), length);
    let stored = file(&anna, &task, &upload).await?;
    assert_eq!((stored.name.as_str(), stored.media_type.as_str()), ("röh.png", "image/png"));
    assert_eq!((stored.bytes, stored.sha256), (bytes.len() as u64, sha256(&bytes)));
    let end = anna.ended(task.id).await?;
    assert_eq!((end.status, end.files.len()), (TaskStatus::Success, 1));
    assert_eq!(anna.text(&end).await?.trim(), "In several pieces");

    // Whoever missed the last answer asks, and gets to know that it is done.
    assert_eq!(offset(&anna, &upload).await?, bytes.len());
    patch(&anna, &upload, bytes.len()).ask().await?.expect(204)?;
    patch(&anna, &upload, 0).body(bytes).ask().await?.problem(ProblemCode::UploadWrongOffset)?;
    assert_eq!(anna.task(task.id).await?, end);
    Ok(())
}

#[tokio::test]
async fn the_first_request_may_bring_bytes() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = open_task(&anna).await?;
    let bytes = scan()?;
    let with = |body: &[u8]| {
        let request = begin(&anna, &task).header("upload-length", bytes.len());
        request.header("content-type", super::CHUNK).body(body.to_vec()).ask()
    };
    let part = with(&bytes[..50]).await?.expect(201)?;
    assert_eq!(part.header("upload-offset"), "50");
    assert_eq!(offset(&anna, &location(&part)?).await?, 50);
    let whole = with(&bytes).await?.expect(201)?;
    assert_eq!(whole.header("upload-offset"), bytes.len().to_string());
    assert_eq!(file(&anna, &task, &location(&whole)?).await?.sha256, sha256(&bytes));
    Ok(())
}

#[tokio::test]
async fn the_length_may_come_later() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = open_task(&anna).await?;
    let bytes = scan()?;
    let upload = location(&begin(&anna, &task).header("upload-defer-length", "1").ask().await?.expect(201)?)?;
    patch(&anna, &upload, 0).body(bytes[..100].to_vec()).ask().await?.expect(204)?;
    let known = head(&anna, &upload).ask().await?.expect(200)?;
    assert_eq!((known.header("upload-defer-length"), known.header("upload-length")), ("1", ""));
    let rest = || patch(&anna, &upload, 100).body(bytes[100..].to_vec());
    rest().header("upload-length", 99).ask().await?.problem(ProblemCode::RequestMalformed)?;
    rest().header("upload-length", bytes.len()).ask().await?.expect(204)?;
    assert_eq!(file(&anna, &task, &upload).await?.sha256, sha256(&bytes));

    // Once said, it stays.
    let upload = begun(&anna, &task, bytes.len()).await?;
    let other = patch(&anna, &upload, 0).header("upload-length", bytes.len() + 1);
    other.body(bytes).ask().await?.problem(ProblemCode::RequestMalformed)?;
    Ok(())
}

#[tokio::test]
async fn an_upload_can_be_ended() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = open_task(&anna).await?;
    let bytes = scan()?;
    let upload = begun(&anna, &task, bytes.len()).await?;
    patch(&anna, &upload, 0).body(bytes[..50].to_vec()).ask().await?.expect(204)?;
    let end = || tus(&anna, Method::DELETE, &upload).ask();
    let ended = end().await?.expect(204)?;
    assert_eq!(ended.header("tus-resumable"), "1.0.0");
    head(&anna, &upload).ask().await?.expect(404)?;
    patch(&anna, &upload, 50).body(bytes[50..].to_vec()).ask().await?.problem(ProblemCode::UploadNotFound)?;
    end().await?.problem(ProblemCode::UploadNotFound)?;

    // A file that the task has stays.
    let upload = begun(&anna, &task, bytes.len()).await?;
    patch(&anna, &upload, 0).body(bytes).ask().await?.expect(204)?;
    tus(&anna, Method::DELETE, &upload).ask().await?.expect(204)?;
    assert_eq!(anna.task(task.id).await?.files.len(), 1);
    Ok(())
}

#[tokio::test]
async fn uploads_of_others_do_not_exist() -> Result<()> {
    let daemon = shared().await?;
    let (anna, boris) = (daemon.user("anna").await?, daemon.user("boris").await?);
    let task = open_task(&anna).await?;
    let bytes = scan()?;
    let upload = begun(&anna, &task, bytes.len()).await?;
    begin(&boris, &task).header("upload-length", 5).ask().await?.problem(ProblemCode::TaskNotFound)?;
    head(&boris, &upload).ask().await?.expect(404)?;
    patch(&boris, &upload, 0).body(bytes.clone()).ask().await?.problem(ProblemCode::UploadNotFound)?;
    tus(&boris, Method::DELETE, &upload).ask().await?.problem(ProblemCode::UploadNotFound)?;
    for request in [begin(&anna.anonymous(), &task), patch(&anna.anonymous(), &upload, 0)] {
        let refused = request.ask().await?;
        refused.problem(ProblemCode::AuthMissingToken)?;
        assert_eq!(refused.header("tus-resumable"), "1.0.0");
    }
    assert_eq!(offset(&anna, &upload).await?, 0);
    // With its task it goes.
    anna.delete(&format!("/tasks/{}", task.id)).ask().await?.expect(204)?;
    patch(&anna, &upload, 0).body(bytes).ask().await?.problem(ProblemCode::UploadNotFound)?;
    Ok(())
}

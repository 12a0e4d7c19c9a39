//! Step 10: the results are downloaded.

use anyhow::{Context, Result};
use d2d_api::{Artifact, ProblemCode, Task, TaskStatus};
use d2d_tests::harness::{API, Answer, Ask, Client, Upload, ocr, shared};
use d2d_tests::page::truncated;
use reqwest::Method;
use serde_json::json;
use sha2::{Digest, Sha256};

const TEXT: &str = "Worth downloading twice";

fn scan(name: &str) -> Result<Upload> {
    Upload::line(name, TEXT)
}

/// A finished task, its text file, and where that is.
async fn finished(client: &Client) -> Result<(Task, Artifact, String)> {
    let task = client.convert(&[scan("Überschrift № 1.png")?], json!({"formats": ["txt", "json"]})).await?;
    let items = client.manifest(task.id).await?.items;
    let item = items.into_iter().find(|item| item.format == "txt").context("no text")?;
    let path = format!("/downloads/tasks/{}/files/{}", task.id, item.id);
    Ok((task, item, path))
}

#[tokio::test]
async fn the_manifest_tells_what_there_is() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = anna.convert(&[scan("a.png")?, scan("b.png")?], json!({"formats": ["txt", "json"]})).await?;
    let manifest = anna.manifest(task.id).await?;
    assert_eq!(manifest.task, task.id);
    let mut listed: Vec<_> = manifest.items.iter().map(|item| (item.name.as_str(), item.format.as_str())).collect();
    listed.sort_unstable();
    assert_eq!(listed, [("a.json", "json"), ("a.txt", "txt"), ("b.json", "json"), ("b.txt", "txt")]);
    for item in &manifest.items {
        let path = format!("/downloads/tasks/{}/files/{}", task.id, item.id);
        let file = anna.get(&path).ask().await?.expect(200)?;
        assert_eq!(file.body.len() as u64, item.bytes);
        assert_eq!(hex::encode(Sha256::digest(&file.body)), item.sha256);
        assert_eq!(file.header("content-type"), item.media_type);
    }
    Ok(())
}

#[tokio::test]
async fn a_download_says_what_it_is() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let (_, item, path) = finished(&anna).await?;
    let whole = anna.get(&path).ask().await?.expect(200)?;
    assert!(whole.text().contains(TEXT), "{}", whole.text());
    assert_eq!(whole.header("content-length"), item.bytes.to_string());
    assert_eq!(whole.header("accept-ranges"), "bytes");
    assert!(whole.header("etag").starts_with('"'), "a strong entity tag: {}", whole.header("etag"));
    let disposition = whole.header("content-disposition");
    assert!(disposition.starts_with("attachment"), "{disposition}");
    // RFC 6266 section 4.3, RFC 8187
    let encoded = "filename*=UTF-8''%C3%9Cberschrift%20%E2%84%96%201.txt";
    assert!(disposition.contains(encoded), "{disposition}");
    assert_eq!(whole.header("x-content-type-options"), "nosniff");

    let head = anna.request(Method::HEAD, &format!("{API}{path}")).ask().await?.expect(200)?;
    assert!(head.body.is_empty());
    for name in ["content-length", "etag", "content-type", "content-disposition", "accept-ranges"] {
        assert_eq!(head.header(name), whole.header(name), "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn parts_can_be_had_as_rfc_9110_has_them() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let (_, item, path) = finished(&anna).await?;
    let whole = anna.get(&path).ask().await?.expect(200)?;
    let (bytes, tag, length) = (&whole.body, whole.header("etag"), item.bytes);
    let part = |range: &str| anna.get(&path).header("range", range);

    let check = |answer: Answer, from: usize, to: usize| {
        assert_eq!(answer.header("content-range"), format!("bytes {from}-{}/{length}", to - 1));
        assert_eq!(answer.body, bytes[from..to]);
        assert_eq!(answer.header("etag"), tag);
    };
    let end = bytes.len();
    check(part("bytes=0-4").ask().await?.expect(206)?, 0, 5);
    check(part("bytes=6-").ask().await?.expect(206)?, 6, end);
    check(part("bytes=-7").ask().await?.expect(206)?, end - 7, end);
    check(part("bytes=3-999999").ask().await?.expect(206)?, 3, end);
    check(part("bytes=0-4").header("if-range", tag).ask().await?.expect(206)?, 0, 5);

    let beyond = part(&format!("bytes={length}-")).ask().await?;
    beyond.problem(ProblemCode::DownloadBadRange)?;
    assert_eq!(beyond.header("content-range"), format!("bytes */{length}"));
    for unknown in ["lines=1-2", "bytes=x-y"] {
        assert_eq!(part(unknown).ask().await?.expect(200)?.body, *bytes, "{unknown} is to be ignored");
    }
    let changed = part("bytes=0-4").header("if-range", "\"another\"").ask().await?.expect(200)?;
    assert_eq!(changed.body, *bytes);
    Ok(())
}

#[tokio::test]
async fn what_a_client_has_already_is_not_sent_again() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let (_, _, path) = finished(&anna).await?;
    let tag = anna.get(&path).ask().await?.expect(200)?.header("etag").to_owned();
    let known = anna.get(&path).header("if-none-match", &tag).ask().await?.expect(304)?;
    assert!(known.body.is_empty() && known.header("etag") == tag);
    anna.get(&path).header("if-none-match", "\"another\"").ask().await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn there_is_nothing_to_download_before_success() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = anna.register(&ocr(1, json!({}))).await?;
    let path = format!("/downloads/tasks/{}", task.id);
    anna.get(&path).ask().await?.problem(ProblemCode::DownloadNotReady)?;
    let broken = Upload::new("broken.png", truncated(&scan("x")?.bytes));
    anna.upload(task.id, &[broken]).await?;
    assert_eq!(anna.ended(task.id).await?.status, TaskStatus::Failure);
    anna.get(&path).ask().await?.problem(ProblemCode::DownloadNotReady)?;
    Ok(())
}

#[tokio::test]
async fn a_file_of_another_task_is_not_found_in_this_one() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let (first, _, _) = finished(&anna).await?;
    let (_, item, _) = finished(&anna).await?;
    for file in [item.id.to_string(), "not-an-id".to_owned()] {
        let path = format!("/downloads/tasks/{}/files/{file}", first.id);
        anna.get(&path).ask().await?.problem(ProblemCode::DownloadNotFound)?;
    }
    Ok(())
}

#[tokio::test]
async fn conditions_are_judged_before_parts() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let (_, item, path) = finished(&anna).await?;
    let tag = format!("\"{}\"", item.sha256);
    let get = || anna.get(&path).header("range", "bytes=0-4");
    get().header("if-match", "\"another\"").ask().await?.problem(ProblemCode::RequestPreconditionFailed)?;
    get().header("if-match", "*").ask().await?.expect(206)?;
    get().header("if-match", &tag).ask().await?.expect(206)?;
    get().header("if-none-match", "*").ask().await?.expect(304)?;
    let weak = get().header("if-none-match", format!("W/{tag}")).ask().await?.expect(304)?;
    assert!(weak.header("content-range").is_empty() && !weak.header("cache-control").is_empty());
    // RFC 9110 section 14.2: ranges are of GET only; section 14.1: their unit has no case.
    let head =
        anna.request(Method::HEAD, &format!("{API}{path}")).header("range", "bytes=0-4").ask().await?.expect(200)?;
    assert_eq!((head.header("content-length"), head.header("content-range")), (&*item.bytes.to_string(), ""));
    assert_eq!(anna.get(&path).header("range", "Bytes=0-4").ask().await?.expect(206)?.body.len(), 5);
    let several = anna.get(&path).header("range", "bytes=0-1,3-4").ask().await?.expect(200)?;
    assert_eq!(several.body.len() as u64, item.bytes, "several parts: the whole is allowed");
    let beyond = anna.get(&path).header("range", "bytes=99999999999999999999-").ask().await?;
    beyond.problem(ProblemCode::DownloadBadRange)?;
    Ok(())
}

//! What is refused, what has passed its time, and what checksums are for.

use anyhow::Result;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use d2d_api::ProblemCode;
use d2d_tests::harness::{Ask, Daemon, SOON, eventually, ocr, shared};
use d2d_tests::page::text;
use futures_util::stream;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{begin, begun, file, head, location, noise, offset, open_task, patch, scan, sha256, tus};

#[tokio::test]
async fn what_is_no_page_is_refused_as_soon_as_that_shows() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = open_task(&anna).await?;
    // A known type shows early, an unknown one at the end.
    let mut program = vec![0; 5000];
    program[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    for (content, first) in [(program.as_slice(), 2000), (text(), text().len())] {
        let upload = begun(&anna, &task, content.len()).await?;
        let refused = patch(&anna, &upload, 0).body(content[..first].to_vec()).ask().await?;
        refused.problem(ProblemCode::UploadUnsupportedType)?;
        assert_eq!(refused.header("tus-resumable"), "1.0.0");
        head(&anna, &upload).ask().await?.expect(404)?;
    }
    let whole = begin(&anna, &task).header("upload-length", program.len()).header("content-type", super::CHUNK);
    whole.body(program).ask().await?.problem(ProblemCode::UploadUnsupportedType)?;
    assert_eq!(anna.task(task.id).await?.files, []);
    Ok(())
}

#[tokio::test]
async fn there_are_never_more_bytes_than_were_announced_and_are_taken() -> Result<()> {
    let daemon = Daemon::with(&[("uploads.max_file", "'64KiB'")]).await?;
    let anna = daemon.user("anna").await?;
    let task = open_task(&anna).await?;
    begin(&anna, &task).header("upload-length", 65537).ask().await?.problem(ProblemCode::UploadTooLarge)?;
    begin(&anna, &task).header("upload-length", 0).ask().await?.problem(ProblemCode::UploadEmpty)?;
    let options = tus(&anna, reqwest::Method::OPTIONS, "/api/v1/uploads/tus/x").ask().await?.expect(204)?;
    assert_eq!(options.header("tus-max-size"), "65536");

    let bytes = scan()?;
    let upload = begun(&anna, &task, bytes.len()).await?;
    let more = [bytes.as_slice(), b"!"].concat();
    patch(&anna, &upload, 0).body(more.clone()).ask().await?.problem(ProblemCode::UploadTooLarge)?;
    // It does not say how much it brings.
    let chunks: Vec<_> = more.chunks(100).map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec())).collect();
    let lying = patch(&anna, &upload, 0).body(reqwest::Body::wrap_stream(stream::iter(chunks)));
    lying.ask().await?.problem(ProblemCode::UploadTooLarge)?;
    let stands = offset(&anna, &upload).await?;
    assert!(stands < bytes.len(), "{stands}");
    patch(&anna, &upload, stands).body(bytes[stands..].to_vec()).ask().await?.expect(204)?;
    assert_eq!(file(&anna, &task, &upload).await?.sha256, sha256(&bytes));

    let deferred = location(&begin(&anna, &task).header("upload-defer-length", 1).ask().await?.expect(201)?)?;
    let large = patch(&anna, &deferred, 0).body(noise(65536)).ask().await?;
    large.problem(ProblemCode::UploadTooLarge)?;
    let said = patch(&anna, &deferred, 0).header("upload-length", 65537).ask().await?;
    said.problem(ProblemCode::UploadTooLarge)?;
    patch(&anna, &deferred, 0).header("upload-length", 0).ask().await?.problem(ProblemCode::UploadEmpty)?;
    Ok(())
}

#[tokio::test]
async fn no_more_uploads_are_under_way_than_the_task_takes_files() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = anna.register(&ocr(1, json!({"formats": ["txt"]}))).await?;
    let bytes = scan()?;
    let lost = begun(&anna, &task, bytes.len()).await?;
    // The answer was lost, so the client begins again.
    let upload = begun(&anna, &task, bytes.len()).await?;
    head(&anna, &lost).ask().await?.expect(404)?;
    patch(&anna, &upload, 0).body(bytes[..50].to_vec()).ask().await?.expect(204)?;
    let another = || begin(&anna, &task).header("upload-length", bytes.len()).ask();
    another().await?.problem(ProblemCode::UploadTooManyFiles)?;
    tus(&anna, reqwest::Method::DELETE, &upload).ask().await?.expect(204)?;
    let upload = location(&another().await?.expect(201)?)?;

    // The file comes another way: the upload is in vain.
    anna.upload(task.id, &[d2d_tests::harness::Upload::new("page.png", bytes.clone())]).await?;
    patch(&anna, &upload, 0).body(bytes.clone()).ask().await?.problem(ProblemCode::TaskWrongState)?;
    another().await?.problem(ProblemCode::TaskWrongState)?;
    Ok(())
}

#[tokio::test]
async fn bytes_with_a_wrong_checksum_do_not_count() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = open_task(&anna).await?;
    let bytes = scan()?;
    let upload = begun(&anna, &task, bytes.len()).await?;
    let write = |offset: usize, content: &[u8], checked: &[u8]| {
        let checksum = format!("sha256 {}", BASE64_STANDARD.encode(Sha256::digest(checked)));
        patch(&anna, &upload, offset).header("upload-checksum", checksum).body(content.to_vec()).ask()
    };
    write(0, &bytes[..100], &bytes[..100]).await?.expect(204)?;
    let refused = write(100, &bytes[100..], &bytes[..100]).await?.expect(460)?;
    refused.problem(ProblemCode::UploadChecksumMismatch)?;
    assert_eq!(offset(&anna, &upload).await?, 100);
    // SHA-1, of another program's making.
    let first = patch(&anna, &upload, 100).header("upload-checksum", "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=");
    first.body("hello world").ask().await?.expect(204)?;
    assert_eq!(offset(&anna, &upload).await?, 111);
    tus(&anna, reqwest::Method::DELETE, &upload).ask().await?.expect(204)?;

    let upload = begun(&anna, &task, bytes.len()).await?;
    let checksum = format!("sha256 {}", BASE64_STANDARD.encode(Sha256::digest(&bytes)));
    let wrong = [&bytes[..bytes.len() - 1], b"!"].concat();
    let whole = |content: Vec<u8>| patch(&anna, &upload, 0).header("upload-checksum", &checksum).body(content).ask();
    whole(wrong).await?.problem(ProblemCode::UploadChecksumMismatch)?;
    assert_eq!(anna.task(task.id).await?.files, []);
    whole(bytes.clone()).await?.expect(204)?;
    assert_eq!(file(&anna, &task, &upload).await?.sha256, sha256(&bytes));
    Ok(())
}

#[tokio::test]
async fn what_is_left_alone_expires() -> Result<()> {
    let mut daemon = Daemon::with(&[("uploads.resumable_ttl", "'2s'")]).await?;
    let anna = daemon.user("anna").await?;
    let task = open_task(&anna).await?;
    let bytes = scan()?;
    let upload = begun(&anna, &task, bytes.len()).await?;
    patch(&anna, &upload, 0).body(bytes[..50].to_vec()).ask().await?.expect(204)?;
    let partial = daemon.folder().join("data/blobs/partial");
    assert_eq!(std::fs::read_dir(&partial)?.count(), 1);
    eventually("the upload has expired", SOON, async || {
        Ok((head(&anna, &upload).ask().await?.status == 410).then_some(()))
    })
    .await?;
    let expired = || patch(&anna, &upload, 50).body(bytes[50..].to_vec()).ask();
    expired().await?.problem(ProblemCode::UploadExpired)?;
    daemon.terminate().await?;

    daemon.start_again().await?;
    let anna = daemon.client()?.with_token(anna.token());
    assert_eq!(std::fs::read_dir(&partial)?.count(), 0, "its bytes are gone");
    let gone = patch(&anna, &upload, 50).body(bytes[50..].to_vec()).ask().await?;
    gone.problem(ProblemCode::UploadExpired)?;
    assert_eq!(anna.task(task.id).await?.files, []);
    Ok(())
}

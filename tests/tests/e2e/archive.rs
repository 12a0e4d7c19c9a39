//! All results at once.

use std::io::{Cursor, Read};

use anyhow::{Context, Result, ensure};
use d2d_api::{NewTask, ProblemCode, Task, TaskStatus};
use d2d_tests::harness::{API, Ask, Client, Daemon, Upload, ocr, shared};
use reqwest::Method;
use serde_json::json;
use sha2::{Digest, Sha256};
use zip::{CompressionMethod, ZipArchive};

fn path(task: &Task) -> String {
    format!("/downloads/tasks/{}/archive", task.id)
}

async fn finished(client: &Client, label: Option<&str>) -> Result<Task> {
    let scans = [Upload::line("Überschrift № 1.png", "First")?, Upload::line("second.png", "Second")?];
    let new = NewTask { label: label.map(str::to_owned), ..ocr(2, json!({"formats": ["txt", "json", "pdf"]})) };
    let task = client.register(&new).await?;
    client.upload(task.id, &scans).await?;
    let task = client.ended(task.id).await?;
    ensure!(task.status == TaskStatus::Success, "{task:?}");
    Ok(task)
}

#[tokio::test]
async fn it_has_every_result_under_its_name() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = finished(&anna, Some("Коробка 7")).await?;
    let answer = anna.get(&path(&task)).ask().await?.expect(200)?;
    assert_eq!(answer.header("content-type"), "application/zip");
    let encoded = "filename*=UTF-8''%D0%9A%D0%BE%D1%80%D0%BE%D0%B1%D0%BA%D0%B0%207.zip";
    assert!(answer.header("content-disposition").contains(encoded), "{}", answer.header("content-disposition"));

    let manifest = anna.manifest(task.id).await?;
    let mut archive = ZipArchive::new(Cursor::new(&answer.body))?;
    assert_eq!((archive.len(), manifest.items.len()), (6, 6));
    let ended = task.finished_at.context("it has ended")?.format("%Y-%m-%d %H:%M").to_string();
    for item in &manifest.items {
        let mut file = archive.by_name(&item.name).with_context(|| item.name.clone())?;
        let pdf = item.media_type == "application/pdf";
        let method = if pdf { CompressionMethod::Stored } else { CompressionMethod::Deflated };
        assert_eq!(file.compression(), method, "{}", item.name);
        let time = file.last_modified().context("no time")?.to_string();
        assert!(time.starts_with(&ended), "{time} is not {ended}");
        let mut content = Vec::new();
        file.read_to_end(&mut content)?;
        assert_eq!(hex::encode(Sha256::digest(&content)), item.sha256, "{}", item.name);
    }
    assert_eq!(manifest.bytes, manifest.items.iter().map(|item| item.bytes).sum::<u64>());
    assert_eq!(anna.get(&path(&task)).ask().await?.expect(200)?.body, answer.body, "always the same archive");
    Ok(())
}

#[tokio::test]
async fn it_is_as_http_wants_it() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = finished(&anna, None).await?;
    let head = anna.request(Method::HEAD, &format!("{API}{}", path(&task))).ask().await?.expect(200)?;
    assert!(head.body.is_empty());
    assert_eq!(head.header("content-disposition"), format!("attachment; filename=\"task-{}.zip\"", task.id));
    let whole = anna.get(&path(&task)).header("range", "bytes=0-9").ask().await?.expect(200)?;
    ensure!(whole.body.len() > 10, "it has no parts");
    let tag = whole.header("etag");
    assert_eq!((tag, "none"), (head.header("etag"), whole.header("accept-ranges")));
    anna.get(&path(&task)).header("if-none-match", tag).ask().await?.expect(304)?;
    Ok(())
}

#[tokio::test]
async fn there_is_none_where_there_are_no_results() -> Result<()> {
    let daemon = shared().await?;
    let (anna, berta) = (daemon.user("anna").await?, daemon.user("berta").await?);
    let waiting = anna.register(&ocr(1, json!({}))).await?;
    anna.get(&path(&waiting)).ask().await?.problem(ProblemCode::DownloadNotReady)?;
    berta.get(&path(&waiting)).ask().await?.problem(ProblemCode::TaskNotFound)?;
    anna.anonymous().get(&path(&waiting)).ask().await?.problem(ProblemCode::AuthMissingToken)?;
    Ok(())
}

/// The blobs of a daemon are where its documentation says.
fn blob(daemon: &Daemon, sha256: &str) -> std::path::PathBuf {
    daemon.folder().join("data/blobs").join(&sha256[..2]).join(&sha256[2..])
}

#[tokio::test]
async fn nobody_gets_what_is_damaged_on_the_disk() -> Result<()> {
    let daemon = Daemon::start().await?;
    let anna = daemon.user("anna").await?;
    let task = finished(&anna, None).await?;
    let item = anna.manifest(task.id).await?.items.into_iter().find(|item| item.format == "json").context("no json")?;
    let file = format!("/downloads/tasks/{}/files/{}", task.id, item.id);
    let (place, whole) = (blob(&daemon, &item.sha256), anna.get(&file).ask().await?.expect(200)?.body);
    for damage in [Some(&whole[..whole.len() / 2]), None] {
        match damage {
            Some(half) => std::fs::write(&place, half)?,
            None => std::fs::remove_file(&place)?,
        }
        for path in [&file, &path(&task)] {
            let problem = anna.get(path).ask().await?.problem(ProblemCode::StorageDamaged)?;
            assert!(problem.detail.contains("storage"), "{problem:?}");
            assert_eq!(anna.request(Method::HEAD, &format!("{API}{path}")).ask().await?.status, 500);
        }
    }
    // As large as it was, but not what it was: only an archive looks at every byte, and is left without a directory.
    let mut other = whole.clone();
    other[0] ^= 1;
    std::fs::write(&place, &other)?;
    if let Ok(cut) = anna.get(&path(&task)).ask().await {
        assert!(ZipArchive::new(Cursor::new(cut.body)).is_err(), "it passes as an archive");
    }
    std::fs::write(&place, &whole)?;
    ZipArchive::new(Cursor::new(anna.get(&path(&task)).ask().await?.expect(200)?.body))?;
    Ok(())
}

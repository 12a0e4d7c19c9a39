//! What passes its time: results first, then the record of their task; and blobs that nothing refers to.

use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, ensure};
use d2d_api::{FrameType, NewTask, ProblemCode, TaskStatus};
use d2d_tests::harness::{Ask, Daemon, SOON, Upload, eventually, ocr, shared};
use serde_json::json;
use sha2::{Digest, Sha256};

fn scan() -> Result<Upload> {
    Upload::line("page.png", "Not for ever")
}

/// How many blobs there are.
fn blobs(daemon: &Daemon) -> Result<usize> {
    let mut count = 0;
    for folder in std::fs::read_dir(daemon.folder().join("data/blobs"))? {
        let folder = folder?;
        if folder.file_name().len() == 2 {
            count += std::fs::read_dir(folder.path())?.count();
        }
    }
    Ok(count)
}

#[tokio::test]
async fn results_expire_and_their_task_is_forgotten_later() -> Result<()> {
    let settings = [("tasks.keep", "'4s'"), ("tasks.keep_records", "'12s'"), ("tasks.janitor_interval", "'100ms'")];
    let daemon = Daemon::with(&settings).await?;
    let anna = daemon.user("anna").await?;
    let mut all = anna.socket("/tasks/ws").await?;
    let task = anna.convert(&[scan()?], json!({"formats": ["txt"]})).await?;
    let end = task.finished_at.context("it has ended")?;
    assert_eq!(task.expires_at.map(|at| (at - end).num_milliseconds()), Some(4000));
    let manifest = anna.manifest(task.id).await?;
    assert_eq!(manifest.items[0].expires_at, task.expires_at);
    let file = format!("/downloads/tasks/{}/files/{}", task.id, manifest.items[0].id);
    anna.get(&file).ask().await?.expect(200)?;
    assert!(blobs(&daemon)? > 0);

    let expired = eventually("it expires", SOON, async || {
        let now = anna.task(task.id).await?;
        Ok((now.status == TaskStatus::Expired).then_some(now))
    })
    .await?;
    assert!(expired.seq > task.seq && expired.files.is_empty() && expired.expires_at.is_none(), "{expired:?}");
    assert_eq!((expired.finished_at, expired.attempt), (task.finished_at, task.attempt));
    for path in [file, format!("/downloads/tasks/{}", task.id), format!("/downloads/tasks/{}/archive", task.id)] {
        anna.get(&path).ask().await?.problem(ProblemCode::DownloadExpired).with_context(|| path.clone())?;
    }
    anna.post(&format!("/tasks/{}/retry", task.id)).ask().await?.problem(ProblemCode::TaskWrongState)?;
    assert_eq!(anna.log(task.id).await?.items.last().map(|entry| entry.status), Some(TaskStatus::Expired));
    assert_eq!(blobs(&daemon)?, 0, "its blobs are gone");
    // Who watches is told.
    let mut last = None;
    while last != Some(TaskStatus::Expired) {
        let frame = all.frame().await?.context("closed")?;
        last = frame.task.filter(|_| frame.kind == FrameType::Done).map(|task| task.status);
    }
    eventually("its record is gone", SOON, async || {
        let answer = anna.get(&format!("/tasks/{}", task.id)).ask().await?;
        Ok((answer.status == 404).then_some(()))
    })
    .await
}

#[tokio::test]
async fn what_passed_its_time_while_nobody_ran_goes_at_the_start() -> Result<()> {
    let settings = [("tasks.keep", "'2s'"), ("tasks.janitor_interval", "'1h'")];
    let mut daemon = Daemon::with(&settings).await?;
    let anna = daemon.user("anna").await?;
    let task = anna.convert(&[scan()?], json!({})).await?;
    eventually("its time is over", SOON, async || Ok(task.expires_at.filter(|at| *at < chrono::Utc::now()))).await?;
    assert_eq!(anna.task(task.id).await?.status, TaskStatus::Success, "nobody has looked");
    daemon.kill().await?;
    daemon.start_again().await?;
    let anna = daemon.client()?.with_token(anna.token());
    eventually("it expires", SOON, async || {
        Ok((anna.task(task.id).await?.status == TaskStatus::Expired && blobs(&daemon)? == 0).then_some(()))
    })
    .await
}

#[tokio::test]
async fn a_client_can_ask_for_less_time() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = anna.register(&NewTask { expires_in: Some(3600), ..ocr(1, json!({})) }).await?;
    anna.post(&format!("/tasks/{}/cancel", task.id)).ask().await?.expect(202)?;
    let task = anna.task(task.id).await?;
    let kept = task.expires_at.zip(task.finished_at).map(|(expires, end)| (expires - end).num_seconds());
    assert_eq!(kept, Some(3600));
    let plain = anna.convert(&[scan()?], json!({})).await?;
    let kept = plain.expires_at.zip(plain.finished_at).map(|(expires, end)| (expires - end).num_days());
    assert_eq!(kept, Some(30), "the default");
    for wrong in [0, 59, 31 * 24 * 3600] {
        let new = NewTask { expires_in: Some(wrong), ..ocr(1, json!({})) };
        let answer = anna.post("/uploads/tasks").json(&new).ask().await?;
        assert_eq!(answer.problem(ProblemCode::RequestInvalid)?.errors[0].pointer, "/expires_in");
    }
    Ok(())
}

/// As a crash leaves it between the removal of a record and that of its blobs.
#[tokio::test]
async fn orphaned_blobs_are_found() -> Result<()> {
    let daemon = Daemon::with(&[("tasks.janitor_interval", "'50ms'")]).await?;
    let anna = daemon.user("anna").await?;
    let task = anna.convert(&[scan()?], json!({"formats": ["txt"]})).await?;
    let before = blobs(&daemon)?;
    let place = |content: &[u8]| {
        let sha256 = hex::encode(Sha256::digest(content));
        daemon.folder().join("data/blobs").join(&sha256[..2]).join(&sha256[2..])
    };
    let (old, new) = (place(b"an old orphan"), place(b"a new orphan"));
    for path in [&old, &new] {
        std::fs::create_dir_all(path.parent().context("no folder")?)?;
        std::fs::write(path, "whatever")?;
    }
    let long_ago = SystemTime::now() - Duration::from_hours(2);
    for folder in std::fs::read_dir(daemon.folder().join("data/blobs"))? {
        let folder = folder?.path();
        if folder.file_name().is_some_and(|name| name.len() == 2) {
            for blob in std::fs::read_dir(folder)? {
                let blob = blob?.path();
                if blob != new {
                    std::fs::File::options().append(true).open(blob)?.set_modified(long_ago)?;
                }
            }
        }
    }
    eventually("the old orphan is gone", SOON, async || Ok((!old.exists()).then_some(()))).await?;
    ensure!(new.exists(), "what is new may come to be referred to");
    assert_eq!(blobs(&daemon)?, before + 1);
    assert_eq!(anna.text(&task).await?.trim(), "Not for ever");
    Ok(())
}

//! A restore: killed anywhere in it, what was there before is there, and the next one does it all.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use d2d_api::{NewTask, NewTaskFiles, TaskId, TaskStatus};

use crate::harness::{Ask, Client, Daemon, Run, Upload};
use crate::null;

const BACKUPS: &str = "backups";
/// With what it would be refused for: something is there.
const RESTORE: [&str; 4] = ["restore", BACKUPS, "--force", "--quiet"];

/// Kills a restore at each named point that it passes, when it is passed for the first time. Answers the points.
///
/// # Errors
/// What is not as it must be after a restore that was killed, or after the one that was not.
pub async fn restores() -> Result<BTreeSet<String>> {
    let mut daemon = Daemon::null(&[]).await?.hushed();
    let anna = daemon.user("anna").await?;
    let mut kept = Vec::new();
    for seed in 0..3 {
        kept.push(convert(&anna, seed).await?);
    }
    // A resumable upload, whose bytes are kept in a file of their own.
    let begun = anna.register(&expecting_one()).await?;
    let upload = format!("/uploads/tasks/{}/tus", begun.id);
    let created = anna.post(&upload).header("tus-resumable", "1.0.0").header("upload-length", "2000");
    let created = created.header("content-type", "application/offset+octet-stream").body(vec![b'%'; 1000]);
    created.ask().await?.expect(201)?;
    daemon.d2d(&["backup", BACKUPS, "--quiet"], "").await?.expect(0)?;
    let later = convert(&anna, 3).await?;
    daemon.terminate().await?;

    let points = points(&daemon).await?;
    for point in &points {
        let after = || format!("after a restore that was killed at `{point}`");
        let mut restore = daemon.cli()?.command(&RESTORE);
        restore.env("FAILPOINTS", format!("{point}=kill(1)"));
        let ended = Run::of(restore, "").await?;
        ensure!(ended.code.is_none(), "it was to be killed at `{point}`: {ended:?}");
        daemon.start_again().await.with_context(after)?;
        let anna = daemon.client()?.with_token(anna.token());
        for id in kept.iter().chain([&later]) {
            ensure!(anna.task(*id).await.with_context(after)?.status == TaskStatus::Success, "{}", after());
        }
        daemon.terminate().await?;
    }
    daemon.cli()?.run(&RESTORE).await?.expect(0)?;
    daemon.start_again().await?;
    let anna = daemon.client()?.with_token(anna.token());
    for id in kept {
        ensure!(anna.task(id).await.context("after the restore")?.status == TaskStatus::Success);
    }
    anna.get(&format!("/tasks/{later}")).ask().await?.expect(404).context("it came after the backup")?;
    ensure!(anna.task(begun.id).await?.status == TaskStatus::AwaitingFiles);
    Ok(points)
}

/// What a restore into an empty place passes.
async fn points(daemon: &Daemon) -> Result<BTreeSet<String>> {
    let seen = daemon.folder().join("restore-points");
    let mut restore = daemon.cli()?.command(&["restore", BACKUPS, "--quiet", "--data-dir", "elsewhere"]);
    restore.env("FAILPOINTS_SEEN", &seen);
    Run::of(restore, "").await?.expect(0)?;
    let points = std::fs::read_to_string(seen).context("no points: is this a build of the whole workspace?")?;
    Ok(points.lines().map(str::to_owned).collect())
}

fn expecting_one() -> NewTask {
    let files = Some(NewTaskFiles { expected: Some(1) });
    NewTask { service: "null".to_owned(), files, ..NewTask::default() }
}

async fn convert(anna: &Client, seed: u64) -> Result<TaskId> {
    let task = anna.register(&expecting_one()).await?;
    anna.upload(task.id, &[Upload::new("file.pdf", null::file(seed))]).await?;
    let end = anna.ended(task.id).await?;
    ensure!(end.status == TaskStatus::Success, "{end:?}");
    Ok(task.id)
}

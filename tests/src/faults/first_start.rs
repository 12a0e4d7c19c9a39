//! The first start of a daemon, which makes its folders, its database and its keys: killed anywhere in it, the next one
//! begins as if there had been none.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use d2d_api::{NewTask, NewTaskFiles, TaskStatus};

use crate::harness::{Client, Daemon, Upload};
use crate::null;

/// Kills a daemon in its first start, a new one each time, at each named point that a first start passes: when it is
/// passed for the first time. Answers the points.
///
/// # Errors
/// What is not as it must be after the next start.
pub async fn first_starts() -> Result<BTreeSet<String>> {
    let points = points().await?;
    for point in &points {
        let mut daemon = Daemon::null_at_rest(&[])?.hushed();
        daemon.set_variable("FAILPOINTS", Some(format!("{point}=kill(1)")));
        let ended = daemon.try_start().await?;
        if ended.is_none() {
            // It is passed only when it has said that it is ready.
            daemon.wait().await?;
        }
        daemon.set_variable("FAILPOINTS", None);
        let works = async {
            daemon.start_again().await?;
            use_it(&daemon.user("anna").await?).await
        };
        works.await.with_context(|| format!("after a first start that was killed at `{point}`"))?;
    }
    Ok(points)
}

/// What a first start passes before it is ready.
async fn points() -> Result<BTreeSet<String>> {
    let mut daemon = Daemon::null_at_rest(&[])?.hushed();
    let file = daemon.folder().join("points");
    daemon.set_variable("FAILPOINTS_SEEN", Some(file.display().to_string()));
    daemon.start_again().await?;
    let points = std::fs::read_to_string(&file).context("no points: is this a build of the whole workspace?")?;
    daemon.kill().await?;
    Ok(points.lines().map(str::to_owned).collect())
}

async fn use_it(anna: &Client) -> Result<()> {
    let files = Some(NewTaskFiles { expected: Some(1) });
    let task = anna.register(&NewTask { service: "null".to_owned(), files, ..NewTask::default() }).await?;
    anna.upload(task.id, &[Upload::new("file.pdf", null::file(1))]).await?;
    let end = anna.ended(task.id).await?;
    ensure!(end.status == TaskStatus::Success, "{end:?}");
    Ok(())
}

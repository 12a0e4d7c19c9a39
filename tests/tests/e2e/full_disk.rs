//! A disk that becomes full under the daemon, and has room again.

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use d2d_api::ProblemCode;
use d2d_tests::harness::{Ask, Daemon, SOON, eventually, ocr};
use serde_json::json;

/// What the database has left when the disk fills up: less than it needs to write its next table.
const LEFT: u64 = 1536 * 1024;
/// More tasks than there is room for then.
const TOO_MANY: usize = 3000;

/// A small file system, in memory.
struct SmallDisk {
    place: PathBuf,
}

impl SmallDisk {
    /// Mounts one, where that may be done.
    fn mount(place: &Path) -> Option<Self> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=24m,mode=0700", "tmpfs"]).arg(place);
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        mounted.then(|| Self { place: place.to_owned() })
    }

    /// Fills it up, but for what is [`LEFT`].
    fn fill(&self) -> Result<()> {
        let disk = rustix::fs::statvfs(&self.place)?;
        let free = disk.f_bavail * disk.f_frsize;
        std::fs::write(self.filler(), vec![1_u8; usize::try_from(free - LEFT)?])?;
        Ok(())
    }

    fn make_room(&self) -> Result<()> {
        Ok(std::fs::remove_file(self.filler())?)
    }

    fn filler(&self) -> PathBuf {
        self.place.join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the daemon may have files open there.
        let _ = Command::new("umount").arg("-l").arg(&self.place).output();
    }
}

#[tokio::test]
async fn a_full_disk_loses_nothing_and_needs_nobody_once_there_is_room() -> Result<()> {
    fill_up(None).await
}

/// While it looks whether it can write again.
#[tokio::test]
async fn a_daemon_that_is_killed_on_a_full_disk_loses_nothing() -> Result<()> {
    fill_up(Some("before see whether it writes=kill(2)")).await
}

/// Fills up the disk of a daemon that is at work, and makes room again. With what lets the daemon be killed meanwhile.
async fn fill_up(failpoints: Option<&str>) -> Result<()> {
    let settings = [("uploads.min_free_disk", "'0B'"), ("store.memtable", "'1MiB'"), ("uploads.max_queued", "100000")];
    let settings = [&settings[..], &[("uploads.max_queued_per_user", "100000")]].concat();
    let mut daemon = Daemon::with(&settings).await?;
    daemon.terminate().await?;
    let Some(disk) = SmallDisk::mount(&daemon.folder().join("data")) else {
        eprintln!("not shown what happens on a full disk: a file system can't be mounted here");
        return Ok(());
    };
    daemon.set_variable("FAILPOINTS", failpoints.map(str::to_owned));
    daemon.start_again().await?;
    let anna = daemon.user("anna").await?;
    disk.fill()?;

    let new = ocr(1, json!({}));
    let mut acknowledged = Vec::new();
    let refused = loop {
        ensure!(acknowledged.len() < TOO_MANY, "the disk never became full");
        let answer = anna.post("/uploads/tasks").json(&new).ask().await?;
        if answer.status != 201 {
            break answer;
        }
        acknowledged.push(answer.json::<d2d_api::Task>()?.id);
    };
    refused.problem(ProblemCode::StorageFull)?;
    assert!(!refused.header("retry-after").is_empty(), "it does not say when to come again");
    let known = acknowledged.first().context("there was no room at all")?;
    anna.task(*known).await.context("what is there can't be read any more")?;

    if failpoints.is_some() {
        let status = daemon.ended().await?;
        ensure!(status.signal() == Some(9), "it ended with {status}");
        let status = daemon.try_start().await?.context("it starts though its database can't write")?;
        ensure!(status.code() == Some(1), "it ended with {status}");
        ensure!(daemon.log().contains("is full: make room there"), "it does not say why it does not start");
    }
    disk.make_room()?;
    daemon.set_variable("FAILPOINTS", None);
    let ended = eventually("it goes on, or ends", SOON, async || {
        Ok(match anna.post("/uploads/tasks").json(&new).ask().await {
            Ok(answer) if answer.status == 201 => Some(false),
            Ok(_) => None,
            Err(_) => Some(true),
        })
    });
    if ended.await? {
        // As a service manager does it: a daemon that ends with an error is started anew.
        if failpoints.is_none() {
            let status = daemon.ended().await?;
            ensure!(status.code() == Some(1), "it ended with {status}");
        }
        daemon.start_again().await?;
    }
    let anna = daemon.client()?.with_token(anna.token());
    anna.register(&new).await.context("it does not go on")?;
    for id in acknowledged {
        anna.task(id).await.with_context(|| format!("task {id} was acknowledged and is lost"))?;
    }
    Ok(())
}

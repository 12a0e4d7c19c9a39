//! The reckoning: every acknowledged task is there and came to one end, with one result, the right one; and when all are
//! removed nothing is left behind.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, ensure};
use d2d_api::{TaskId, TaskList, TaskLog, TaskStatus};

use super::known::{Fate, Known};
use super::remote::Remote;
use super::steps::check_result;
use super::story::World;
use crate::harness::{Daemon, eventually};

/// A page of a list.
const PAGE: usize = 200;
/// So old must a blob be to count as left behind.
const LONG_AGO: Duration = Duration::from_hours(2);
/// How long the janitor may take to have looked everywhere.
const SWEPT_WITHIN: Duration = Duration::from_mins(3);
/// How long a message may take that could not be sent while the daemon was killed.
const TOLD_WITHIN: Duration = Duration::from_mins(2);

pub(super) async fn reckon(
    daemon: &mut Daemon,
    world: &World,
    remotes: &[Remote],
    mut known: Vec<Known>,
) -> Result<()> {
    let mut listed = BTreeSet::new();
    let mut owners = BTreeMap::new();
    for (index, remote) in remotes.iter().enumerate() {
        for id in list(remote).await? {
            ensure!(listed.insert(id), "task {id} is listed twice");
            owners.insert(id, index);
        }
    }
    for task in &mut known {
        if task.fate == Fate::Removed {
            ensure!(!listed.contains(&task.id), "task {} was removed and is there", task.id);
            continue;
        }
        let owner = owners.get(&task.id).with_context(|| format!("task {} was acknowledged and is gone", task.id))?;
        check(&remotes[*owner], task).await.with_context(|| format!("task {}", task.id))?;
    }
    let acknowledged: BTreeSet<_> = known.iter().map(|task| task.id).collect();
    let strange: Vec<_> = listed.difference(&acknowledged).collect();
    ensure!(strange.is_empty(), "tasks that nobody registered: {strange:?}");
    all_told(world, &known).await?;

    for id in listed {
        let remote = &remotes[owners[&id]];
        let removed = remote.surely(|client| client.delete(&format!("/tasks/{id}"))).await?;
        ensure!(matches!(removed.status, 204 | 404), "it was not removed: {removed:?}");
    }
    nothing_left(daemon).await
}

async fn check(remote: &Remote, known: &mut Known) -> Result<()> {
    let task = remote.task(known.id).await?.context("gone")?;
    known.see(&task)?;
    known.ended_well(&task)?;
    let path = format!("/tasks/{}/log", known.id);
    let log: TaskLog = remote.surely(|client| client.get(&path)).await?.expect(200)?.json()?;
    known.went_well(&log.items)?;
    if task.status == TaskStatus::Expired {
        return Ok(());
    }
    let here: Vec<_> = task.files.iter().map(|file| file.bytes).collect();
    let sent: Vec<_> = known.contents.iter().map(|content| content.len() as u64).collect();
    ensure!(here == sent, "other files than were sent: {task:?}");
    check_result(remote, known).await
}

/// Who was to be told of an end is told, also of what ended just before a kill.
async fn all_told(world: &World, known: &[Known]) -> Result<()> {
    let due: BTreeSet<_> = known.iter().filter_map(Known::to_be_told).collect();
    let told = async || Ok(due.is_subset(&world.told()?).then_some(()));
    let told = eventually("all ends are told", TOLD_WITHIN, told).await;
    told.with_context(|| format!("not told: {:?}", world.told().map(|told| &due - &told)))
}

async fn list(remote: &Remote) -> Result<Vec<TaskId>> {
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/tasks?limit={PAGE}{cursor}");
        let page: TaskList = remote.surely(|client| client.get(&path)).await?.expect(200)?.json()?;
        ids.extend(page.items.iter().map(|task| task.id));
        match page.next_cursor {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(ids),
        }
    }
}

/// What a crash left between a file and its record is removed once it is old; beside that there is nothing.
async fn nothing_left(daemon: &mut Daemon) -> Result<()> {
    let blobs = daemon.folder().join("data/blobs");
    let long_ago = SystemTime::now() - LONG_AGO;
    for file in files_in(&blobs)? {
        std::fs::File::options().append(true).open(&file)?.set_modified(long_ago)?;
    }
    // A restart clears away what was being written, and lets the janitor look at once.
    daemon.kill().await?;
    daemon.set_variable("FAILPOINTS", None);
    daemon.start_again().await?;
    let scratch = daemon.folder().join("data/scratch");
    let left = || -> Result<Vec<PathBuf>> {
        let left = files_in(&blobs)?.into_iter().chain(files_in(&scratch)?);
        Ok(left.filter(|path| !path.ends_with("in-use")).collect())
    };
    let gone = eventually("nothing is left", SWEPT_WITHIN, async || Ok(left()?.is_empty().then_some(()))).await;
    gone.with_context(|| format!("left behind: {:?}", left()))
}

/// All files in a folder and those in it.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        // What is gone meanwhile is not there.
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let entry = entry?;
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(_) => found.push(entry.path()),
                Err(_) => {}
            }
        }
    }
    Ok(found)
}

//! Backups of a daemon at work, and data directories made of them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, ensure};
use d2d_api::{NewTask, ProblemCode, TaskList, TaskStatus};
use d2d_tests::harness::{Ask, Client, Daemon, PASSWORD, Run, SOON, Upload, eventually, ocr};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::tus;

/// Large enough that copying it takes a while.
const LARGE: usize = 48 << 20;

/// Something that looks like an image from its beginning, of that size.
fn large(seed: u8) -> Upload {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bytes.resize(LARGE, seed);
    Upload::new("large.png", bytes)
}

/// A task that awaits another file for ever.
fn waiting() -> NewTask {
    ocr(2, json!({"formats": ["txt"]}))
}

fn backups_of(daemon: &Daemon) -> PathBuf {
    daemon.folder().join("backups")
}

async fn back_up(daemon: &Daemon, more: &[&str]) -> Result<Value> {
    let dir = backups_of(daemon).display().to_string();
    let args = [&["backup", &dir, "--json"], more].concat();
    daemon.d2d(&args, "").await?.expect(0)?.json()
}

async fn verify(daemon: &Daemon) -> Result<Run> {
    daemon.d2d(&["backup", &backups_of(daemon).display().to_string(), "--verify"], "").await
}

/// Another daemon, with what was in its data directory replaced by the newest backup.
async fn restored(from: &Daemon) -> Result<Daemon> {
    let mut daemon = Daemon::start().await?;
    daemon.terminate().await?;
    let dir = backups_of(from).display().to_string();
    let refused = daemon.d2d(&["restore", &dir], "").await?.expect(1)?;
    ensure!(refused.stderr.contains("is not empty: --force moves it aside"), "{refused:?}");
    daemon.d2d(&["restore", &dir, "--force"], "").await?.expect(0)?;
    daemon.start_again().await?;
    Ok(daemon)
}

/// A backup being made that is just copying files.
async fn copying(daemon: &Daemon) -> Result<Child> {
    let dir = backups_of(daemon);
    // Of one that was killed before.
    fs::remove_dir_all(dir.join("arriving")).ok();
    let mut command = daemon.cli()?.command(&["backup", &dir.display().to_string()]);
    let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    eventually("a file is being copied", SOON, async || {
        let arriving = fs::read_dir(dir.join("arriving")).into_iter().flatten();
        Ok((arriving.count() > 0).then_some(()))
    })
    .await?;
    Ok(command)
}

fn signal(process: &Child, signal: Signal) -> Result<()> {
    let id = i32::try_from(process.id()).ok().and_then(Pid::from_raw);
    Ok(kill_process(id.context("the process has no id")?, signal)?)
}

/// All files below a folder.
fn files(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Registers, uploads and removes tasks until told to stop.
async fn busy(client: Client, stop: Arc<AtomicBool>) -> Result<u32> {
    let mut rounds = 0;
    while !stop.load(Ordering::Relaxed) {
        let task = client.register(&waiting()).await?;
        client.upload(task.id, &[Upload::line("line.png", &format!("round {rounds}"))?]).await?;
        client.delete(&format!("/tasks/{}", task.id)).ask().await?.expect(204)?;
        rounds += 1;
    }
    Ok(rounds)
}

#[tokio::test]
async fn a_backup_of_a_busy_daemon_comes_back_whole() -> Result<()> {
    let mut daemon = Daemon::start().await?;
    let anna = daemon.user("anna").await?;
    let mut done = Vec::new();
    for text in ["One line of text", "Another line of it"] {
        let task = anna.convert(&[Upload::line("line.png", text)?], json!({"formats": ["txt", "json"]})).await?;
        done.push((task.clone(), anna.result(task.id, "txt").await?.body, anna.result(task.id, "json").await?.body));
    }
    let open = anna.register(&waiting()).await?;
    anna.upload(open.id, &[Upload::line("first.png", "The first half")?]).await?;
    let bytes = tus::noise(300_000);
    let upload = tus::begun(&anna, &tus::open_task(&anna).await?, bytes.len()).await?;
    tus::patch(&anna, &upload, 0).body(bytes[..200_000].to_vec()).ask().await?.expect(204)?;

    let stop = Arc::new(AtomicBool::new(false));
    let others: Vec<_> = (0..4).map(|_| tokio::spawn(busy(anna.clone(), Arc::clone(&stop)))).collect();
    // One that is being read while the backup is made.
    let queued = anna.register(&ocr(1, json!({"formats": ["txt"]}))).await?;
    anna.upload(queued.id, &[Upload::line("line.png", "Under way")?]).await?;
    for _ in 0..3 {
        back_up(&daemon, &[]).await?;
    }
    stop.store(true, Ordering::Relaxed);
    for other in others {
        ensure!(other.await?? > 0, "nobody was busy");
    }
    let all: TaskList = anna.get("/tasks?limit=200").ask().await?.expect(200)?.json()?;
    daemon.terminate().await?;

    let after = restored(&daemon).await?;
    let anna = after.client()?.with_token(anna.token());
    let me: Value = anna.get("/auth/me").ask().await?.expect(200)?.json()?;
    after.client()?.log_in(me["name"].as_str().context("a name")?, PASSWORD).await?;
    for (task, text, layout) in done {
        assert_eq!(anna.task(task.id).await?, task);
        assert_eq!(anna.result(task.id, "txt").await?.body, text);
        assert_eq!(anna.result(task.id, "json").await?.body, layout);
    }
    for task in all.items {
        anna.get(&format!("/tasks/{}", task.id)).ask().await?.expect(200)?;
    }
    assert_eq!(anna.ended(queued.id).await?.status, TaskStatus::Success);
    anna.upload(open.id, &[Upload::line("second.png", "The second half")?]).await?;
    assert_eq!(anna.ended(open.id).await?.status, TaskStatus::Success);
    assert_eq!(tus::offset(&anna, &upload).await?, 200_000);
    tus::patch(&anna, &upload, 200_000).body(bytes[200_000..].to_vec()).ask().await?.expect(204)?;
    let aside = fs::read_dir(after.folder())?.filter_map(Result::ok).map(|entry| entry.file_name());
    let aside: Vec<_> = aside.filter(|name| name.to_string_lossy().starts_with("data.before-")).collect();
    assert_eq!(aside.len(), 1, "what was there before is kept: {aside:?}");
    Ok(())
}

#[tokio::test]
async fn only_new_files_are_copied_and_old_backups_go() -> Result<()> {
    let mut daemon = Daemon::start().await?;
    let anna = daemon.user("anna").await?;
    let mut tasks = Vec::new();
    for text in ["One", "Two", "Three"] {
        let task = anna.register(&waiting()).await?;
        anna.upload(task.id, &[Upload::line("line.png", text)?]).await?;
        tasks.push(task.id);
    }
    let first = back_up(&daemon, &[]).await?;
    assert_eq!(first["copied"]["blobs"], 3);
    assert_eq!(first["manifest"]["counts"]["tasks"], 3);
    anna.delete(&format!("/tasks/{}", tasks[0])).ask().await?.expect(204)?;
    anna.upload(tasks[1], &[Upload::line("line.png", "Four")?]).await?;
    // Without the daemon, too.
    daemon.terminate().await?;
    let second = back_up(&daemon, &[]).await?;
    assert!(second["copied"]["blobs"].as_u64() >= Some(1), "{second}");
    assert_eq!(second["removed"], json!({"backups": 0, "blobs": 0}));
    assert_eq!(verify(&daemon).await?.expect(0)?.stdout.lines().count(), 2);

    let third = back_up(&daemon, &["--keep", "1"]).await?;
    assert_eq!(third["removed"], json!({"backups": 2, "blobs": 1}), "the file of the removed task");
    assert_eq!(third["copied"]["blobs"], 0);
    assert_eq!(verify(&daemon).await?.expect(0)?.stdout.lines().count(), 1);

    for path in files(&backups_of(&daemon))? {
        let mode = fs::metadata(&path)?.permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{} holds secrets", path.display());
    }
    assert_eq!(fs::metadata(backups_of(&daemon))?.permissions().mode() & 0o777, 0o700);
    Ok(())
}

#[tokio::test]
async fn a_damaged_backup_is_refused_and_changes_nothing() -> Result<()> {
    let mut daemon = Daemon::start().await?;
    let anna = daemon.user("anna").await?;
    let task = anna.register(&waiting()).await?;
    anna.upload(task.id, &[Upload::line("line.png", "One")?]).await?;
    let made = back_up(&daemon, &[]).await?;
    daemon.terminate().await?;
    let before = files(&daemon.folder().join("data"))?;
    let dir = backups_of(&daemon);
    let backup = PathBuf::from(made["backup"].as_str().context("a path")?);
    let blob = files(&dir.join("blobs"))?.pop().context("a blob")?;
    for path in [blob, backup.join("dump.jsonl"), backup.join("blobs.txt")] {
        let whole = fs::read(&path)?;
        let mut damaged = whole.clone();
        let last = damaged.len() - 10;
        damaged[last] ^= 1;
        fs::write(&path, &damaged)?;
        let refused = daemon.d2d(&["restore", &dir.display().to_string(), "--force"], "").await?.expect(1)?;
        let name = path.file_name().context("a name")?.display().to_string();
        assert!(refused.stderr.contains("damaged") && refused.stderr.contains(&name), "{refused:?}");
        let found = verify(&daemon).await?.expect(1)?;
        assert!(found.stderr.contains("damaged") && found.stderr.contains(&name), "{found:?}");
        fs::write(&path, &whole)?;
    }
    let manifest = backup.join("manifest.json");
    let newer = fs::read_to_string(&manifest)?.replace("\"format\": 1", "\"format\": 2");
    fs::write(&manifest, newer)?;
    let refused = daemon.d2d(&["restore", &dir.display().to_string(), "--force"], "").await?.expect(1)?;
    assert!(refused.stderr.contains("later version"), "{refused:?}");
    assert_eq!(files(&daemon.folder().join("data"))?, before, "nothing was touched");
    daemon.start_again().await?;
    assert_eq!(anna_again(&daemon, &anna)?.task(task.id).await?.status, TaskStatus::AwaitingFiles);
    Ok(())
}

fn anna_again(daemon: &Daemon, anna: &Client) -> Result<Client> {
    Ok(daemon.client()?.with_token(anna.token()))
}

#[tokio::test]
async fn what_is_killed_in_the_middle_leaves_the_backup_before() -> Result<()> {
    let mut daemon = Daemon::start().await?;
    let anna = daemon.user("anna").await?;
    back_up(&daemon, &[]).await?;
    let mut tasks = Vec::new();
    for seed in 0..3 {
        let task = anna.register(&waiting()).await?;
        anna.upload(task.id, &[large(seed)]).await?;
        tasks.push(task.id);
    }

    // The command: the daemon lets go of the blobs.
    let mut command = copying(&daemon).await?;
    command.kill()?;
    command.wait()?;
    assert_eq!(verify(&daemon).await?.expect(0)?.stdout.lines().count(), 1);
    let blobs = daemon.folder().join("data/blobs");
    let large_blobs = || -> Result<usize> {
        Ok(files(&blobs)?
            .iter()
            .filter(|path| fs::metadata(path).is_ok_and(|about| about.len() == LARGE as u64))
            .count())
    };
    assert_eq!(large_blobs()?, 3);
    anna.delete(&format!("/tasks/{}", tasks[0])).ask().await?.expect(204)?;
    eventually("the blob of the removed task is gone", SOON, async || Ok((large_blobs()? == 2).then_some(()))).await?;

    // The daemon: the command says so.
    let command = copying(&daemon).await?;
    signal(&command, Signal::STOP)?;
    daemon.kill().await?;
    signal(&command, Signal::CONT)?;
    let ended = tokio::task::spawn_blocking(move || command.wait_with_output()).await??;
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert!(String::from_utf8_lossy(&ended.stderr).contains("error:"), "{ended:?}");
    assert_eq!(verify(&daemon).await?.expect(0)?.stdout.lines().count(), 1);

    // Neither is in the way of the next one.
    daemon.start_again().await?;
    assert_eq!(back_up(&daemon, &[]).await?["manifest"]["counts"]["blobs"], 2);
    assert_eq!(verify(&daemon).await?.expect(0)?.stdout.lines().count(), 2);
    Ok(())
}

#[tokio::test]
async fn a_restore_waits_until_no_daemon_runs() -> Result<()> {
    let mut daemon = Daemon::start().await?;
    let anna = daemon.user("anna").await?;
    let task = anna.register(&waiting()).await?;
    anna.upload(task.id, &[Upload::line("line.png", "One")?]).await?;
    back_up(&daemon, &[]).await?;
    let later = anna.register(&waiting()).await?;
    let dir = backups_of(&daemon).display().to_string();
    let restore = ["restore", &dir, "--force", "--quiet"];
    let refused = daemon.d2d(&restore, "").await?.expect(1)?;
    assert!(refused.stderr.contains("a daemon runs"), "{refused:?}");
    daemon.terminate().await?;
    daemon.d2d(&restore, "").await?.expect(0)?;
    daemon.start_again().await?;
    let anna = anna_again(&daemon, &anna)?;
    anna.task(task.id).await?;
    anna.get(&format!("/tasks/{}", later.id)).ask().await?.expect(404)?;
    Ok(())
}

#[tokio::test]
async fn backups_are_for_operators_on_the_machine() -> Result<()> {
    let daemon = Daemon::start().await?;
    let olga = daemon.client()?.log_in(&daemon.account("olga", &["--operator"]).await?, PASSWORD).await?;
    for path in
        ["/ops/backup", "/ops/backup/blobs/00", "/ops/backup/uploads/018f4b5e-0000-7000-8000-000000000001?bytes=1"]
    {
        olga.get(path).ask().await?.problem(ProblemCode::AuthForbidden)?;
    }
    let here = daemon.folder().display().to_string();
    let refused = daemon.d2d(&["backup", &here], "").await?.expect(1)?;
    assert!(refused.stderr.contains("has other things in it"), "{refused:?}");
    let refused = daemon.d2d(&["restore", &here], "").await?.expect(1)?;
    assert!(refused.stderr.contains("is no folder of backups"), "{refused:?}");
    for args in [&["backup"][..], &["backup", "x", "--keep", "0"], &["restore"]] {
        daemon.d2d(args, "").await?.expect(2)?;
    }
    Ok(())
}

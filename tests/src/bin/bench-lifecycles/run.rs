//! Clients that do one task after the other.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use d2d_api::{NewTask, NewTaskFiles, Task, TaskStatus};
use d2d_tests::harness::{Ask, Client, Daemon};
use d2d_tests::null;
use tokio::task::JoinSet;

/// How long one task took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Life {
    /// From `queued` to `execution`.
    pub(super) waited: Duration,
    /// From the registration to the end, as the client sees it.
    pub(super) whole: Duration,
}

/// Lets so many clients work for a while.
pub(super) async fn run(accounts: &[Client], clients: usize, time: Duration, pause: Duration) -> Result<Vec<Life>> {
    let until = Instant::now() + time;
    let mut working = JoinSet::new();
    for client in 0..clients {
        let account = accounts[client % accounts.len()].clone();
        working.spawn(async move {
            let mut lives = Vec::new();
            while Instant::now() < until {
                lives.push(live(&account).await?);
                tokio::time::sleep(pause).await;
            }
            Ok::<_, anyhow::Error>(lives)
        });
    }
    let mut lives = Vec::new();
    while let Some(done) = working.join_next().await {
        lives.extend(done??);
    }
    Ok(lives)
}

async fn live(client: &Client) -> Result<Life> {
    let began = Instant::now();
    let new =
        NewTask { service: "null".to_owned(), files: Some(NewTaskFiles { expected: Some(1) }), ..NewTask::default() };
    let task: Task = client.post("/uploads/tasks").json(&new).ask().await?.expect(201)?.json()?;
    let upload = client.post(&format!("/uploads/tasks/{}/files", task.id)).header("content-type", "application/pdf");
    upload.body(null::file(fastrand::u64(..))).ask().await?.expect(201)?;
    let path = format!("/tasks/{}?wait=30", task.id);
    let mut task = task;
    while !task.status.is_terminal() {
        task = client.get(&path).ask().await?.expect(200)?.json()?;
    }
    let whole = began.elapsed();
    ensure!(task.status == TaskStatus::Success, "it ended otherwise: {task:?}");
    let waited = task.started_at.zip(task.queued_at).context("it was never started")?;
    Ok(Life { waited: (waited.0 - waited.1).to_std().unwrap_or_default(), whole })
}

/// The processor time of the daemon with those of its workers that have ended, and of those that live.
pub(super) fn processor_time(daemon: &Daemon) -> Result<Duration> {
    let id = daemon.id().context("the daemon does not run")?;
    let mut ticks = 0;
    for entry in std::fs::read_dir("/proc")? {
        // A process may end while it is looked at.
        let Ok(stat) = std::fs::read_to_string(entry?.path().join("stat")) else { continue };
        let Some((own, rest)) = stat.split_once(" (").zip(stat.rsplit_once(") ")).map(|(own, rest)| (own.0, rest.1))
        else {
            continue;
        };
        // proc_pid_stat(5), counted from the state on: the parent is the second, the times the 12th to the 15th.
        let fields: Vec<&str> = rest.split(' ').collect();
        let field = |index: usize| fields.get(index).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
        if own.parse() == Ok(id) {
            ticks += (11..15).map(field).sum::<u64>();
        } else if field(1) == u64::from(id) {
            ticks += field(11) + field(12);
        }
    }
    // A hundred a second, whatever the kernel's own clock (time(7)).
    Ok(Duration::from_millis(ticks * 10))
}

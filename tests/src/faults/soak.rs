//! A daemon at full load for long: what it holds must not grow.
//!
//! Its clients do all that they do in a trial, and beside them there are some that are slow: they watch and hardly read,
//! and send files that never come to their end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use fastrand::Rng;
use futures_util::stream;
use tokio::task::JoinSet;

use super::remote::Remote;
use super::story::{self, World};
use crate::harness::{Client, Daemon};

/// How many watch all tasks of an account and read a message a second.
const SLOW_READERS: usize = 16;
/// How many send a file byte by byte, and give up in the middle.
const SLOW_SENDERS: usize = 8;
const SLOWLY: Duration = Duration::from_secs(1);
/// How many bytes a slow sender sends before it gives up.
const BYTES_SENT: u64 = 20;

/// A long run.
#[derive(Debug, Clone, Copy)]
pub struct Soak {
    /// Everything that is drawn by lot comes from this.
    pub seed: u64,
    /// How many clients there are beside the slow ones.
    pub clients: usize,
    /// How long it takes.
    pub time: Duration,
    /// How often to look at what the daemon holds.
    pub look_every: Duration,
}

/// What the daemon holds at some moment.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// How long it has run.
    pub at: Duration,
    /// Its resident memory.
    pub rss_bytes: u64,
    /// Its open files and connections.
    pub descriptors: usize,
    /// Its threads.
    pub threads: u64,
    /// Tasks that its clients have seen end since the beginning.
    pub tasks: u64,
}

impl Soak {
    /// Runs it; `tell` hears of each look.
    ///
    /// # Errors
    /// What a client saw that must not be, or that the daemon ended.
    pub async fn run(&self, tell: impl Fn(&Look)) -> Result<()> {
        let settings = [
            ("ocr.workers", "2"),
            ("log.level", "'error'"),
            ("outbound.allow", "['127.0.0.0/8']"),
            ("uploads.max_queued_per_user", "100000"),
            // What has ended goes soon, so that the database does not grow all the time.
            ("tasks.keep", "'1m'"),
            ("tasks.keep_records", "'1m'"),
            ("tasks.janitor_interval", "'1s'"),
        ];
        let daemon = Daemon::null(&settings).await?.hushed();
        let mut busy = JoinSet::new();
        let world = World::new().await?;
        let mut rng = Rng::with_seed(self.seed);
        let accounts = [daemon.user("anna").await?, daemon.user("berta").await?, daemon.user("clara").await?];
        let key = async |client: &Client| -> Result<Client> { super::trial::with_key(client).await };
        for index in 0..self.clients {
            let remote = Remote::new(key(&accounts[index % accounts.len()]).await?);
            busy.spawn(live(Arc::clone(&world), remote, rng.u64(..)));
        }
        for index in 0..SLOW_READERS {
            busy.spawn(read_slowly(key(&accounts[index % accounts.len()]).await?));
        }
        for index in 0..SLOW_SENDERS {
            busy.spawn(send_slowly(key(&accounts[index % accounts.len()]).await?));
        }
        let began = Instant::now();
        let mut next = self.look_every;
        while began.elapsed() < self.time {
            tokio::select! {
                ended = busy.join_next() => {
                    ended.context("no client is left")??.context("a client ended")?;
                }
                () = tokio::time::sleep(next.saturating_sub(began.elapsed())) => {
                    tell(&look(&daemon, began.elapsed(), world.ended())?);
                    next += self.look_every;
                }
            }
        }
        Ok(())
    }
}

fn look(daemon: &Daemon, at: Duration, tasks: u64) -> Result<Look> {
    let id = daemon.id().context("the daemon has ended")?;
    let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    let figure = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next());
        line.and_then(|figure| figure.parse::<u64>().ok()).unwrap_or(0)
    };
    let descriptors = std::fs::read_dir(format!("/proc/{id}/fd"))?.count();
    Ok(Look { at, rss_bytes: figure("VmRSS:") * 1024, descriptors, threads: figure("Threads:"), tasks })
}

async fn live(world: Arc<World>, remote: Remote, seed: u64) -> Result<()> {
    story::live(world, remote, seed).await.map(drop)
}

/// Watches, and reads a message a second; begins anew when it is cut off.
async fn read_slowly(client: Client) -> Result<()> {
    loop {
        if let Ok(mut socket) = client.socket("/tasks/ws").await {
            while let Ok(Some(_)) = socket.message::<serde_json::Value>().await {
                tokio::time::sleep(SLOWLY).await;
            }
        }
        tokio::time::sleep(SLOWLY).await;
    }
}

/// Sends files byte by byte, never to their end.
async fn send_slowly(client: Client) -> Result<()> {
    loop {
        let new = serde_json::json!({"service": "null", "files": {"expected": 1}});
        let Ok(answer) = client.post("/uploads/tasks").json(&new).send().await else { continue };
        let Ok(task) = answer.json::<d2d_api::Task>().await else { continue };
        let bytes = stream::unfold(0, async |sent| {
            tokio::time::sleep(SLOWLY).await;
            let byte = if sent < BYTES_SENT { Ok("%PDF-") } else { Err(std::io::Error::other("given up")) };
            Some((byte, sent + 1))
        });
        let request =
            client.post(&format!("/uploads/tasks/{}/files", task.id)).header("content-type", "application/pdf");
        // It is cut off from this side.
        let _ = request.body(reqwest::Body::wrap_stream(bytes)).send().await;
        let _ = client.delete(&format!("/tasks/{}", task.id)).send().await;
    }
}

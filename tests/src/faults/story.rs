//! What a client does: one task after the other, of every kind, each followed to its end.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use anyhow::{Context, Result, ensure};
use d2d_api::{ProblemCode, TaskId, TaskStatus, WebhookMessage};
use fastrand::Rng;

use super::known::{Fate, Known};
use super::remote::Remote;
use crate::harness::{Origin, Receiver};
use crate::null::{self, NullParams};

/// How many contents there are: few, so that tasks of all accounts share their blobs.
pub(super) const CONTENTS: u64 = 24;
const MOST_PAGES: u32 = 4;
pub(super) const MOST_PAGE_MS: u64 = 25;
/// How long after its files came a task may be cancelled or removed: before, while and after it runs.
pub(super) const MOST_DELAY_MS: u64 = 150;

/// What all clients share.
#[derive(Debug)]
pub(super) struct World {
    /// Serves the contents that are fetched.
    pub(super) origin: Origin,
    /// Is told of the ends of tasks.
    receiver: Receiver,
    stopping: AtomicBool,
    /// How many tasks were followed to their end.
    ended: AtomicU64,
}

impl World {
    pub(super) async fn new() -> Result<Arc<Self>> {
        let origin = Origin::start("127.0.0.1").await?;
        for seed in 0..CONTENTS {
            origin.serve(&path(seed), crate::harness::Reply::ok(null::file(seed)));
        }
        let receiver = Receiver::start(&["204 No Content"]).await?;
        Ok(Arc::new(Self { origin, receiver, stopping: AtomicBool::new(false), ended: AtomicU64::new(0) }))
    }

    /// How many tasks were followed to their end.
    pub(super) fn ended(&self) -> u64 {
        self.ended.load(Ordering::Relaxed)
    }

    /// Lets no client begin another task.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Who is told of the end of a task.
    pub(super) fn webhook(&self) -> String {
        self.receiver.url()
    }

    /// The ends that were told, each once.
    pub(super) fn told(&self) -> Result<BTreeSet<(TaskId, TaskStatus)>> {
        let messages = self.receiver.received().into_iter().map(|told| {
            let message: WebhookMessage = serde_json::from_slice(&told.body)?;
            Ok((message.data.id, message.data.status))
        });
        messages.collect()
    }
}

pub(super) fn path(seed: u64) -> String {
    format!("/{seed}.pdf")
}

/// The life of a client: what it knows of its tasks at the end.
pub(super) async fn live(world: Arc<World>, remote: Remote, seed: u64) -> Result<Vec<Known>> {
    let mut client = Storyteller { remote, world, rng: Rng::with_seed(seed) };
    let mut known = Vec::new();
    while !client.world.is_stopping() {
        known.push(Box::pin(client.tell()).await?);
        client.world.ended.fetch_add(1, Ordering::Relaxed);
    }
    Ok(known)
}

pub(super) struct Storyteller {
    pub(super) remote: Remote,
    pub(super) world: Arc<World>,
    pub(super) rng: Rng,
}

impl Storyteller {
    /// One task, of a kind that is drawn by lot.
    async fn tell(&mut self) -> Result<Known> {
        match self.rng.u8(0..24) {
            0..6 => self.plain().await,
            6..8 => self.in_pieces().await,
            8..10 => self.fetched().await,
            20..22 => self.by_hand().await,
            22..24 => self.named_later().await,
            10..13 => self.cancelled().await,
            13..16 => self.removed().await,
            16..18 => self.refused(ProblemCode::InputDamaged).await,
            18 => self.refused(ProblemCode::PageCrashed).await,
            _ => self.abandoned().await,
        }
    }

    /// Files are uploaded, and the result is fetched.
    async fn plain(&mut self) -> Result<Known> {
        let files = self.rng.u32(1..4);
        let pages = self.rng.u32(1..=MOST_PAGES);
        let mut known = self.register(Some(files), pages, None).await?;
        for _ in 0..files {
            self.upload(&mut known).await?;
        }
        known.fate = Fate::Success;
        self.follow(&mut known).await?;
        Ok(known)
    }

    /// The file comes by a resumable upload, which a kill may cut off anywhere.
    async fn in_pieces(&mut self) -> Result<Known> {
        let mut known = self.register(Some(1), 1, None).await?;
        let content = self.content();
        if self.rng.bool() {
            let given_up = self.begin_upload(&known, content.len()).await?;
            self.send_piece(&given_up, 0, &content[..content.len() / 2]).await?;
            self.end_upload(&given_up).await?;
        }
        let upload = self.begin_upload(&known, content.len()).await?;
        let mut offset = 0;
        while offset < content.len() {
            let end = (offset + content.len() / 3 + 1).min(content.len());
            offset = match self.send_piece(&upload, offset, &content[offset..end]).await? {
                Some(offset) => offset,
                None => self.offset(&upload).await?,
            };
        }
        known.contents.push(content);
        known.fate = Fate::Success;
        self.follow(&mut known).await?;
        Ok(known)
    }

    /// The files are fetched from another server.
    async fn fetched(&mut self) -> Result<Known> {
        let seeds: Vec<_> = (0..self.rng.usize(1..4)).map(|_| self.rng.u64(0..CONTENTS)).collect();
        let urls = seeds.iter().map(|seed| self.world.origin.url(&path(*seed))).collect();
        let mut known = self.register(None, 1, Some(urls)).await?;
        known.contents = seeds.into_iter().map(null::file).collect();
        known.fate = Fate::Success;
        self.follow(&mut known).await?;
        Ok(known)
    }

    /// Its files are sent one by one, one of them is taken back, and then it is submitted.
    async fn by_hand(&mut self) -> Result<Known> {
        let mut known = self.register(None, 1, None).await?;
        for _ in 0..2 {
            self.upload(&mut known).await?;
        }
        self.take_back(&mut known).await?;
        self.submit(&mut known).await?;
        known.fate = Fate::Success;
        self.follow(&mut known).await?;
        Ok(known)
    }

    /// What is to be fetched is told after it was registered.
    async fn named_later(&mut self) -> Result<Known> {
        let mut known = self.register(None, 1, None).await?;
        let seed = self.rng.u64(0..CONTENTS);
        self.add_url(&mut known, &self.world.origin.url(&path(seed))).await?;
        known.contents.push(null::file(seed));
        self.submit(&mut known).await?;
        known.fate = Fate::Success;
        self.follow(&mut known).await?;
        Ok(known)
    }

    /// It is cancelled at some moment; if it was faster, it has ended well.
    async fn cancelled(&mut self) -> Result<Known> {
        let mut known = self.register(Some(1), MOST_PAGES, None).await?;
        self.upload(&mut known).await?;
        self.pause().await;
        let path = format!("/tasks/{}/cancel", known.id);
        loop {
            let answer = self.remote.once(|client| client.post(&path)).await?;
            let answer = answer.filter(|answer| !self.remote.is_for_later(answer));
            ensure!(answer.as_ref().is_none_or(|answer| matches!(answer.status, 202 | 409)), "{answer:?}");
            let acknowledged = answer.is_some_and(|answer| answer.status == 202);
            let task = self.remote.task(known.id).await?.context("a cancelled task is gone")?;
            known.see(&task)?;
            ensure!(!acknowledged || task.status == TaskStatus::Cancelled, "it was to be cancelled: {task:?}");
            match task.status {
                TaskStatus::Cancelled => known.fate = Fate::Cancelled,
                TaskStatus::Success => known.fate = Fate::Success,
                _ if self.remote.is_failed_by_chance(&task) => {
                    self.retry(&mut known).await?;
                    continue;
                }
                _ => continue,
            }
            break;
        }
        self.follow(&mut known).await?;
        Ok(known)
    }

    /// It is removed at some moment.
    async fn removed(&mut self) -> Result<Known> {
        let mut known = self.register(Some(1), MOST_PAGES, None).await?;
        if self.rng.bool() {
            self.upload(&mut known).await?;
        }
        self.pause().await;
        let path = format!("/tasks/{}", known.id);
        self.gone(|client| client.delete(&path)).await?;
        known.fate = Fate::Removed;
        ensure!(self.remote.task(known.id).await?.is_none(), "it was removed and is there");
        Ok(known)
    }

    /// A page of it can't be converted; trying it again does not help.
    async fn refused(&mut self, code: ProblemCode) -> Result<Known> {
        let params = match code {
            ProblemCode::PageCrashed => NullParams { crash_page: Some(1), ..NullParams::default() },
            _ => NullParams { refuse_page: Some(1), ..NullParams::default() },
        };
        let mut known = self.register_with(Some(1), params, None).await?;
        self.upload(&mut known).await?;
        known.fate = Fate::Failure(code);
        self.follow(&mut known).await?;
        if self.rng.bool() {
            self.retry(&mut known).await?;
            self.follow(&mut known).await?;
        }
        Ok(known)
    }

    /// Its files do not all come.
    async fn abandoned(&mut self) -> Result<Known> {
        let mut known = self.register(Some(2), 1, None).await?;
        self.upload(&mut known).await?;
        Ok(known)
    }
}

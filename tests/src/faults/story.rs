//! What a client does: one task after the other, of every kind, each followed to its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use d2d_api::{Manifest, NewTask, NewTaskFiles, ProblemCode, Task, TaskStatus, UploadedFiles};
use fastrand::Rng;
use reqwest::Method;
use reqwest::multipart::{Form, Part};

use super::known::{Fate, Known};
use super::remote::Remote;
use crate::harness::{Answer, Events, Origin};
use crate::null::{self, NullParams};

/// How many contents there are: few, so that tasks of all accounts share their blobs.
const CONTENTS: u64 = 24;
const MOST_PAGES: u32 = 4;
const MOST_PAGE_MS: u64 = 25;
/// How long after its files came a task may be cancelled or removed: before, while and after it runs.
const MOST_DELAY_MS: u64 = 150;

/// What all clients share.
#[derive(Debug)]
pub(super) struct World {
    /// Serves the contents that are fetched.
    origin: Origin,
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
        Ok(Arc::new(Self { origin, stopping: AtomicBool::new(false), ended: AtomicU64::new(0) }))
    }

    /// How many tasks were followed to their end.
    pub(super) fn ended(&self) -> u64 {
        self.ended.load(Ordering::Relaxed)
    }

    /// Lets no client begin another task.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }
}

fn path(seed: u64) -> String {
    format!("/{seed}.pdf")
}

/// The life of a client: what it knows of its tasks at the end.
pub(super) async fn live(world: Arc<World>, remote: Remote, seed: u64) -> Result<Vec<Known>> {
    let mut client = Storyteller { remote, world, rng: Rng::with_seed(seed) };
    let mut known = Vec::new();
    while !client.world.stopping.load(Ordering::SeqCst) {
        known.push(Box::pin(client.tell()).await?);
        client.world.ended.fetch_add(1, Ordering::Relaxed);
    }
    Ok(known)
}

struct Storyteller {
    remote: Remote,
    world: Arc<World>,
    rng: Rng,
}

impl Storyteller {
    /// One task, of a kind that is drawn by lot.
    async fn tell(&mut self) -> Result<Known> {
        match self.rng.u8(0..20) {
            0..6 => self.plain().await,
            6..8 => self.in_pieces().await,
            8..10 => self.fetched().await,
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
        let content = null::file(self.rng.u64(0..CONTENTS));
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

    /// It is cancelled at some moment; if it was faster, it has ended well.
    async fn cancelled(&mut self) -> Result<Known> {
        let mut known = self.register(Some(1), MOST_PAGES, None).await?;
        self.upload(&mut known).await?;
        self.pause().await;
        let path = format!("/tasks/{}/cancel", known.id);
        loop {
            let answer = self.remote.once(|client| client.post(&path)).await?;
            ensure!(answer.as_ref().is_none_or(|answer| matches!(answer.status, 202 | 409)), "{answer:?}");
            let acknowledged = answer.is_some_and(|answer| answer.status == 202);
            let task = self.remote.task(known.id).await?.context("a cancelled task is gone")?;
            known.see(&task)?;
            ensure!(!acknowledged || task.status == TaskStatus::Cancelled, "it was to be cancelled: {task:?}");
            match task.status {
                TaskStatus::Cancelled => known.fate = Fate::Cancelled,
                TaskStatus::Success => known.fate = Fate::Success,
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
        let mut asked = 0;
        loop {
            let answer = self.remote.once(|client| client.delete(&path)).await?;
            asked += 1;
            match answer.map(|answer| answer.status) {
                Some(204) => break,
                // It was done when it was asked for before.
                Some(404) if asked > 1 => break,
                None => {}
                Some(status) => bail!("a removal was answered {status}"),
            }
        }
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

    async fn register(&mut self, files: Option<u32>, pages: u32, urls: Option<Vec<String>>) -> Result<Known> {
        let params = NullParams { pages, page_ms: self.rng.u64(0..MOST_PAGE_MS), ..NullParams::default() };
        self.register_with(files, params, urls).await
    }

    /// Registers a task: as often as it takes, under one key.
    async fn register_with(
        &mut self,
        files: Option<u32>,
        params: NullParams,
        urls: Option<Vec<String>>,
    ) -> Result<Known> {
        let new = NewTask {
            service: "null".to_owned(),
            params: Some(serde_json::to_value(params)?),
            files: files.map(|expected| NewTaskFiles { expected: Some(expected) }),
            urls,
            ..NewTask::default()
        };
        let key = format!("{:016x}", self.rng.u64(..));
        let request =
            |client: &crate::harness::Client| client.post("/uploads/tasks").header("idempotency-key", &key).json(&new);
        let task: Task = self.remote.surely(request).await?.expect(201)?.json()?;
        Ok(Known::new(&task, params.pages))
    }

    /// Uploads one file; whether a request that was not answered was done, the task tells.
    async fn upload(&mut self, known: &mut Known) -> Result<()> {
        let content = null::file(self.rng.u64(0..CONTENTS));
        let path = format!("/uploads/tasks/{}/files", known.id);
        let multipart = self.rng.bool();
        loop {
            let answer = self.remote.once(|client| {
                let request = client.post(&path);
                if multipart {
                    request.multipart(Form::new().part("file", Part::bytes(content.clone()).file_name("a.pdf")))
                } else {
                    request.header("content-type", "application/pdf").body(content.clone())
                }
            });
            let task = match answer.await? {
                Some(answer) => answer.expect(201)?.json::<UploadedFiles>()?.task,
                None => self.remote.task(known.id).await?.context("an acknowledged task is gone")?,
            };
            known.see(&task)?;
            if task.files.len() > known.contents.len() {
                known.contents.push(content);
                return Ok(());
            }
        }
    }

    async fn retry(&mut self, known: &mut Known) -> Result<()> {
        let ended = self.remote.task(known.id).await?.context("gone")?;
        let path = format!("/tasks/{}/retry", known.id);
        loop {
            let answer = self.remote.once(|client| client.post(&path)).await?;
            let task = self.remote.task(known.id).await?.context("gone")?;
            if task.seq > ended.seq {
                known.tried_again(&task);
                return Ok(());
            }
            ensure!(answer.is_none_or(|answer| matches!(answer.status, 429 | 503)), "it was not tried again: {task:?}");
        }
    }

    /// Follows a task to its end, and looks at what it ended with.
    async fn follow(&mut self, known: &mut Known) -> Result<()> {
        let task = loop {
            match self.rng.u8(0..4) {
                0 => self.watch_by_socket(known).await?,
                1 => self.watch_by_events(known).await?,
                _ => {}
            }
            let path = format!("/tasks/{}?wait=2", known.id);
            let answer = self.remote.surely(|client| client.get(&path)).await?;
            let task: Task = answer.expect(200)?.json()?;
            known.see(&task)?;
            if task.status.is_terminal() {
                break task;
            }
        };
        known.ended_well(&task)?;
        if known.fate == Fate::Success {
            let result = self.result(known).await?;
            ensure!(result.text() == known.expected(), "another result: {}", result.text());
        }
        Ok(())
    }

    /// Fetches the only result.
    async fn result(&self, known: &mut Known) -> Result<Answer> {
        fetch_result(&self.remote, known).await
    }

    /// Watches as long as the connection lasts.
    async fn watch_by_socket(&self, known: &mut Known) -> Result<()> {
        let Ok(mut socket) = self.remote.client().socket(&format!("/tasks/{}/ws", known.id)).await else {
            return Ok(());
        };
        while let Ok(Some(frame)) = socket.frame().await {
            known.see_frame(&frame)?;
        }
        Ok(())
    }

    async fn watch_by_events(&self, known: &mut Known) -> Result<()> {
        let request = self.remote.client().get(&format!("/tasks/{}/events", known.id));
        let Ok(mut events) = Events::open(request).await else { return Ok(()) };
        while let Ok(Some(event)) = events.next().await {
            known.see_frame(&event.frame)?;
        }
        Ok(())
    }

    async fn begin_upload(&self, known: &Known, length: usize) -> Result<String> {
        let path = format!("/uploads/tasks/{}/tus", known.id);
        // One that was begun without an answer stays as it is, and goes with the task.
        let begun = self.remote.surely(|client| {
            client.post(&path).header("tus-resumable", "1.0.0").header("upload-length", length.to_string())
        });
        let begun = begun.await?.expect(201)?;
        Ok(begun.header("location").to_owned())
    }

    /// Sends a piece; answers the offset after it, or `None` if that is not known.
    async fn send_piece(&self, upload: &str, offset: usize, piece: &[u8]) -> Result<Option<usize>> {
        let answer = self.remote.once(|client| {
            let request = client.request(Method::PATCH, upload).header("tus-resumable", "1.0.0");
            let request = request.header("content-type", "application/offset+octet-stream");
            request.header("upload-offset", offset.to_string()).body(piece.to_vec())
        });
        match answer.await? {
            Some(answer) => Ok(Some(answer.expect(204)?.header("upload-offset").parse()?)),
            None => Ok(None),
        }
    }

    async fn offset(&self, upload: &str) -> Result<usize> {
        let request =
            |client: &crate::harness::Client| client.request(Method::HEAD, upload).header("tus-resumable", "1.0.0");
        Ok(self.remote.surely(request).await?.expect(200)?.header("upload-offset").parse()?)
    }

    async fn pause(&mut self) {
        tokio::time::sleep(Duration::from_millis(self.rng.u64(0..MOST_DELAY_MS))).await;
    }
}

/// Fetches the only result of a task; it must always be the same.
pub(super) async fn fetch_result(remote: &Remote, known: &mut Known) -> Result<Answer> {
    let path = format!("/downloads/tasks/{}", known.id);
    let manifest: Manifest = remote.surely(|client| client.get(&path)).await?.expect(200)?.json()?;
    ensure!(manifest.items.len() == 1, "not one result: {manifest:?}");
    let item = &manifest.items[0];
    let seen = known.result.get_or_insert_with(|| format!("{} {}", item.id, item.sha256));
    ensure!(*seen == format!("{} {}", item.id, item.sha256), "another result than {seen}: {item:?}");
    let path = format!("{path}/files/{}", item.id);
    remote.surely(|client| client.get(&path)).await?.expect(200)
}

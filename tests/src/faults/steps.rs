//! The single steps of a client's stories: each is done however often the daemon is killed meanwhile.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use d2d_api::{Manifest, NewTask, NewTaskFiles, NewWebhook, Task, TaskLog, TaskStatus, UploadedFiles};
use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder};
use serde_json::json;

use super::known::{Fate, Known};
use super::remote::Remote;
use super::story::{CONTENTS, MOST_DELAY_MS, MOST_PAGE_MS, Storyteller};
use crate::harness::{Client, Events};
use crate::null::{self, NullParams};

/// How long a page takes that is slow: longer than it takes until a lease is renewed.
const SLOW_PAGE_MS: u64 = 1500;
/// The shortest time, in seconds, for which a client may have the data of a task kept.
const SHORTEST_KEEP: u64 = 60;

impl Storyteller {
    pub(super) async fn register(
        &mut self,
        files: Option<u32>,
        pages: u32,
        urls: Option<Vec<String>>,
    ) -> Result<Known> {
        let slow = self.rng.u8(0..30) == 0;
        let page_ms = if slow { SLOW_PAGE_MS } else { self.rng.u64(0..MOST_PAGE_MS) };
        let params = NullParams { pages, page_ms, ..NullParams::default() };
        self.register_with(files, params, urls).await
    }

    /// Registers a task: as often as it takes, under one key.
    pub(super) async fn register_with(
        &mut self,
        files: Option<u32>,
        params: NullParams,
        urls: Option<Vec<String>>,
    ) -> Result<Known> {
        let webhook = self.rng.bool().then(|| NewWebhook { url: self.world.webhook(), secret: None });
        let new = NewTask {
            service: "null".to_owned(),
            params: Some(serde_json::to_value(params)?),
            files: files.map(|expected| NewTaskFiles { expected: Some(expected) }),
            urls,
            webhook,
            expires_in: (self.rng.u8(0..4) == 0).then_some(SHORTEST_KEEP),
            ..NewTask::default()
        };
        let key = format!("{:016x}", self.rng.u64(..));
        let request = |client: &Client| client.post("/uploads/tasks").header("idempotency-key", &key).json(&new);
        let task: Task = self.remote.surely(request).await?.expect(201)?.json()?;
        Ok(Known::new(&task, params.pages, &new))
    }

    /// What is in a file. Some that nobody else has, so that blobs are new, and lose their last task, too.
    pub(super) fn content(&mut self) -> Vec<u8> {
        let own = self.rng.u8(0..4) == 0;
        null::file(if own { self.rng.u64(CONTENTS..) } else { self.rng.u64(0..CONTENTS) })
    }

    /// Uploads one file; whether a request that was not answered was done, the task tells.
    pub(super) async fn upload(&mut self, known: &mut Known) -> Result<()> {
        let content = self.content();
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
            let task = match answer.await?.filter(|answer| !self.remote.is_for_later(answer)) {
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

    pub(super) async fn retry(&mut self, known: &mut Known) -> Result<()> {
        let ended = self.remote.task(known.id).await?.context("gone")?;
        let path = format!("/tasks/{}/retry", known.id);
        loop {
            let answer = self.remote.once(|client| client.post(&path)).await?;
            let task = self.remote.task(known.id).await?.context("gone")?;
            // Its `seq` does not tell: that its webhook was called makes it grow, too.
            if task.status != ended.status || task.attempt > ended.attempt {
                known.tried_again(&task);
                return Ok(());
            }
            ensure!(answer.is_none_or(|answer| self.remote.is_for_later(&answer)), "it was not tried again: {task:?}");
        }
    }

    /// Follows a task to its end, and looks at what it ended with.
    pub(super) async fn follow(&mut self, known: &mut Known) -> Result<()> {
        let task = loop {
            match self.rng.u8(0..4) {
                0 => self.watch_by_socket(known).await?,
                1 => self.watch_by_events(known).await?,
                2 => self.read_the_log(known).await?,
                _ => {}
            }
            let path = format!("/tasks/{}?wait=2", known.id);
            let answer = self.remote.surely(|client| client.get(&path)).await?;
            let task: Task = answer.expect(200)?.json()?;
            known.see(&task)?;
            if self.remote.is_failed_by_chance(&task) {
                self.retry(known).await?;
            } else if task.status.is_terminal() {
                break task;
            }
        };
        known.ended_well(&task)?;
        check_result(&self.remote, known).await
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

    async fn read_the_log(&self, known: &Known) -> Result<()> {
        let path = format!("/tasks/{}/log", known.id);
        let log: TaskLog = self.remote.surely(|client| client.get(&path)).await?.expect(200)?.json()?;
        let numbers = log.items.windows(2).all(|pair| pair[0].seq < pair[1].seq);
        ensure!(numbers && !log.items.is_empty(), "the log is not in order: {log:?}");
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

    pub(super) async fn begin_upload(&self, known: &Known, length: usize) -> Result<String> {
        let path = format!("/uploads/tasks/{}/tus", known.id);
        // One that was begun without an answer stays as it is, and goes with the task.
        let begun = self.remote.surely(|client| {
            client.post(&path).header("tus-resumable", "1.0.0").header("upload-length", length.to_string())
        });
        let begun = begun.await?.expect(201)?;
        Ok(begun.header("location").to_owned())
    }

    /// Sends a piece; answers the offset after it, or `None` if that is not known.
    pub(super) async fn send_piece(&self, upload: &str, offset: usize, piece: &[u8]) -> Result<Option<usize>> {
        let answer = self.remote.once(|client| {
            let request = client.request(Method::PATCH, upload).header("tus-resumable", "1.0.0");
            let request = request.header("content-type", "application/offset+octet-stream");
            request.header("upload-offset", offset.to_string()).body(piece.to_vec())
        });
        match answer.await?.filter(|answer| !self.remote.is_for_later(answer)) {
            Some(answer) => Ok(Some(answer.expect(204)?.header("upload-offset").parse()?)),
            None => Ok(None),
        }
    }

    /// Ends a resumable upload before all of it has come.
    pub(super) async fn end_upload(&self, upload: &str) -> Result<()> {
        self.gone(|client| client.request(Method::DELETE, upload).header("tus-resumable", "1.0.0")).await
    }

    /// Has something removed, however often it takes.
    pub(super) async fn gone(&self, request: impl Fn(&Client) -> RequestBuilder) -> Result<()> {
        self.remote.removed(request).await
    }

    /// Takes the first file back.
    pub(super) async fn take_back(&mut self, known: &mut Known) -> Result<()> {
        let task = self.remote.task(known.id).await?.context("an acknowledged task is gone")?;
        let file = task.files.first().context("an acknowledged file is gone")?.id;
        let path = format!("/uploads/tasks/{}/files/{file}", known.id);
        self.gone(|client| client.delete(&path)).await?;
        let task = self.remote.task(known.id).await?.context("an acknowledged task is gone")?;
        known.took_back(&task);
        ensure!(task.files.len() == known.contents.len(), "it was taken back and is there: {task:?}");
        Ok(())
    }

    /// Adds a file to fetch; whether a request that was not answered was done, the task tells.
    pub(super) async fn add_url(&self, known: &mut Known, url: &str) -> Result<()> {
        let path = format!("/uploads/tasks/{}/urls", known.id);
        loop {
            let answer = self.remote.once(|client| client.post(&path).json(&json!({ "urls": [url] }))).await?;
            let task = self.remote.task(known.id).await?.context("an acknowledged task is gone")?;
            known.see(&task)?;
            if !task.urls.is_empty() {
                return Ok(());
            }
            ensure!(answer.is_none_or(|answer| self.remote.is_for_later(&answer)), "it was not added: {task:?}");
        }
    }

    /// Lets it begin.
    pub(super) async fn submit(&self, known: &mut Known) -> Result<()> {
        let path = format!("/uploads/tasks/{}/submit", known.id);
        loop {
            let answer = self.remote.once(|client| client.post(&path)).await?;
            let task = self.remote.task(known.id).await?.context("an acknowledged task is gone")?;
            known.see(&task)?;
            if task.status != TaskStatus::AwaitingFiles {
                return Ok(());
            }
            ensure!(answer.is_none_or(|answer| self.remote.is_for_later(&answer)), "it was not submitted: {task:?}");
        }
    }

    pub(super) async fn offset(&self, upload: &str) -> Result<usize> {
        let request = |client: &Client| client.request(Method::HEAD, upload).header("tus-resumable", "1.0.0");
        Ok(self.remote.surely(request).await?.expect(200)?.header("upload-offset").parse()?)
    }

    pub(super) async fn pause(&mut self) {
        tokio::time::sleep(Duration::from_millis(self.rng.u64(0..MOST_DELAY_MS))).await;
    }
}

/// Fetches the only result of a task that came to one; it must always be the same, and the right one, until it expires.
pub(super) async fn check_result(remote: &Remote, known: &mut Known) -> Result<()> {
    if known.fate != Fate::Success {
        return Ok(());
    }
    let path = format!("/downloads/tasks/{}", known.id);
    let manifest = remote.surely(|client| client.get(&path)).await?;
    if known.keep.is_some() && manifest.status == 410 {
        return Ok(());
    }
    let manifest: Manifest = manifest.expect(200)?.json()?;
    ensure!(manifest.items.len() == 1, "not one result: {manifest:?}");
    let item = &manifest.items[0];
    let seen = known.result.get_or_insert_with(|| format!("{} {}", item.id, item.sha256));
    ensure!(*seen == format!("{} {}", item.id, item.sha256), "another result than {seen}: {item:?}");
    let path = format!("{path}/files/{}", item.id);
    let result = remote.surely(|client| client.get(&path)).await?;
    if known.keep.is_some() && result.status == 410 {
        return Ok(());
    }
    let result = result.expect(200)?;
    ensure!(result.text() == known.expected(), "another result: {}", result.text());
    Ok(())
}

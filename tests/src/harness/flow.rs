//! The flow of a task as a client drives it.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use d2d_api::{Manifest, NewTask, NewTaskFiles, Task, TaskId, TaskLog, TaskStatus, UploadedFiles};
use reqwest::multipart::{Form, Part};
use serde_json::Value;

use super::{Answer, Ask, Client, eventually};
use crate::page::{self, Encoding, Page};

/// How long a task may take, with all tests at work at once.
const PATIENCE: Duration = Duration::from_mins(4);

/// A file to send.
#[derive(Debug, Clone)]
pub struct Upload {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Upload {
    /// A file.
    #[must_use]
    pub fn new(name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.to_owned(), bytes: bytes.into() }
    }

    /// A PNG of a strip of paper with one line of text.
    ///
    /// # Errors
    /// When the line is too long.
    pub fn line(name: &str, text: &str) -> Result<Self> {
        Ok(Self::new(name, Encoding::Png.encode(&page::line(text)?.image)?))
    }

    /// A PDF of these pages, called `book.pdf`.
    ///
    /// # Errors
    /// When a page is too large.
    pub fn book(pages: &[Page]) -> Result<Self> {
        let images: Vec<_> = pages.iter().map(|page| &page.image).collect();
        Ok(Self::new("book.pdf", page::pdf(&images, 200.0)?))
    }
}

/// A task for the OCR service that is queued by itself once `expected` files are in.
#[must_use]
pub fn ocr(expected: u32, params: Value) -> NewTask {
    NewTask {
        service: "ocr".to_owned(),
        params: Some(params),
        files: Some(NewTaskFiles { expected: Some(expected) }),
        ..NewTask::default()
    }
}

impl Client {
    /// Registers a task.
    ///
    /// # Errors
    /// When the daemon refuses it, or does not say where it is.
    pub async fn register(&self, new: &NewTask) -> Result<Task> {
        let answer = self.post("/uploads/tasks").json(new).ask().await?.expect(201)?;
        let task: Task = answer.json()?;
        ensure!(answer.header("location") == format!("/api/v1/tasks/{}", task.id), "{:?}", answer.headers);
        Ok(task)
    }

    /// Sends files in one multipart request, whatever the answer.
    ///
    /// # Errors
    /// When the connection fails.
    pub async fn send(&self, task: TaskId, files: &[Upload]) -> Result<Answer> {
        let mut form = Form::new();
        for file in files {
            form = form.part("file", Part::bytes(file.bytes.clone()).file_name(file.name.clone()));
        }
        self.post(&format!("/uploads/tasks/{task}/files")).multipart(form).ask().await
    }

    /// Sends files in one multipart request.
    ///
    /// # Errors
    /// When the daemon refuses one.
    pub async fn upload(&self, task: TaskId, files: &[Upload]) -> Result<UploadedFiles> {
        self.send(task, files).await?.expect(201)?.json()
    }

    /// The task as it stands.
    ///
    /// # Errors
    /// When the daemon refuses to tell.
    pub async fn task(&self, id: TaskId) -> Result<Task> {
        self.get(&format!("/tasks/{id}")).ask().await?.expect(200)?.json()
    }

    /// The changes of state that the task went through.
    ///
    /// # Errors
    /// When the daemon refuses to tell.
    pub async fn log(&self, id: TaskId) -> Result<TaskLog> {
        self.get(&format!("/tasks/{id}/log")).ask().await?.expect(200)?.json()
    }

    /// The task when `condition` holds, by long polls.
    ///
    /// # Errors
    /// When it does not come to hold, or can't any more.
    pub async fn task_when(&self, id: TaskId, what: &str, condition: impl Fn(&Task) -> bool) -> Result<Task> {
        self.task_in_answer(&format!("/tasks/{id}"), &format!("task {id} {what}"), condition).await
    }

    /// The task once it has ended.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn ended(&self, id: TaskId) -> Result<Task> {
        let ended = |task: &Task| task.status.is_terminal();
        self.task_in_answer(&format!("/tasks/{id}?wait=5"), &format!("task {id} ends"), ended).await
    }

    async fn task_in_answer(&self, path: &str, what: &str, condition: impl Fn(&Task) -> bool) -> Result<Task> {
        eventually(what, PATIENCE, async || {
            let task: Task = self.get(path).ask().await?.expect(200)?.json()?;
            let holds = condition(&task);
            ensure!(holds || !task.status.is_terminal(), "it ended first: {task:?}");
            Ok(holds.then_some(task))
        })
        .await
    }

    /// The whole way: registers a task, sends the files, waits for its end.
    ///
    /// # Errors
    /// When the daemon refuses something, or the task does not end.
    pub async fn convert(&self, files: &[Upload], params: Value) -> Result<Task> {
        let task = self.register(&ocr(u32::try_from(files.len())?, params)).await?;
        self.upload(task.id, files).await?;
        self.ended(task.id).await
    }

    /// The text that a task ended with.
    ///
    /// # Errors
    /// When it ended without.
    pub async fn text(&self, task: &Task) -> Result<String> {
        ensure!(task.status == TaskStatus::Success, "the task ended otherwise: {task:?}");
        Ok(self.result(task.id, "txt").await?.text())
    }

    /// The list of results.
    ///
    /// # Errors
    /// When the daemon refuses it.
    pub async fn manifest(&self, id: TaskId) -> Result<Manifest> {
        self.get(&format!("/downloads/tasks/{id}")).ask().await?.expect(200)?.json()
    }

    /// The first result of a format.
    ///
    /// # Errors
    /// When there is none.
    pub async fn result(&self, id: TaskId, format: &str) -> Result<Answer> {
        let manifest = self.manifest(id).await?;
        let item = manifest.items.iter().find(|item| item.format == format);
        let file = item.with_context(|| format!("no `{format}` in {manifest:?}"))?.id;
        self.get(&format!("/downloads/tasks/{id}/files/{file}")).ask().await?.expect(200)
    }
}

//! Registering tasks, giving them files, cancelling them.

use std::path::Path;

use d2d_api::{NewTask, Task, TaskId, UploadedFiles};
use futures_util::TryStreamExt;
use reqwest::multipart::{Form, Part};
use reqwest::{Body, Method};
use tokio_util::io::ReaderStream;

use super::{Client, ClientError};

/// How much of a file is read at once.
const CHUNK_BYTES: usize = 256 << 10;

impl Client {
    /// Registers a task, which awaits its files then.
    pub(crate) async fn register(&self, task: &NewTask) -> Result<Task, ClientError> {
        self.answer(self.request(Method::POST, "uploads/tasks").await?.json(task)).await
    }

    /// Uploads one file; `sent` is called with the bytes of each chunk that went out.
    pub(crate) async fn upload(
        &self,
        task: TaskId,
        path: &Path,
        name: &str,
        sent: impl Fn(u64) + Send + Sync + 'static,
    ) -> Result<UploadedFiles, ClientError> {
        let file = tokio::fs::File::open(path).await?;
        let length = file.metadata().await?.len();
        let chunks = ReaderStream::with_capacity(file, CHUNK_BYTES).inspect_ok(move |chunk| sent(chunk.len() as u64));
        let part = Part::stream_with_length(Body::wrap_stream(chunks), length).file_name(name.to_owned());
        let request = self.request(Method::POST, &format!("uploads/tasks/{task}/files")).await?;
        let response = self.send(request.multipart(Form::new().part("file", part))).await?;
        self.read(response).await
    }

    /// One task.
    pub(crate) async fn task(&self, id: TaskId) -> Result<Task, ClientError> {
        self.answer(self.request(Method::GET, &format!("tasks/{id}")).await?).await
    }

    /// Cancels a task; one that has ended stays as it is.
    pub(crate) async fn cancel(&self, id: TaskId) -> Result<(), ClientError> {
        let request = self.request(Method::POST, &format!("tasks/{id}/cancel")).await?;
        match self.send(request).await {
            Err(error) if error.code() != Some(d2d_api::ProblemCode::TaskWrongState) => Err(error),
            _ => Ok(()),
        }
    }
}

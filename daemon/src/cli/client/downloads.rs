//! Fetching results.

use d2d_api::{Artifact, Manifest, TaskId};
use futures_util::StreamExt;
use reqwest::Method;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::{Client, ClientError};

impl Client {
    /// The results of a task.
    pub(crate) async fn manifest(&self, task: TaskId) -> Result<Manifest, ClientError> {
        self.answer(self.request(Method::GET, &format!("downloads/tasks/{task}")).await?).await
    }

    /// Writes one result to `to`, and checks that it is what the manifest says.
    pub(crate) async fn download(
        &self,
        task: TaskId,
        artifact: &Artifact,
        to: &mut (impl AsyncWrite + Unpin),
    ) -> Result<(), ClientError> {
        let path = format!("downloads/tasks/{task}/files/{}", artifact.id);
        let mut chunks = self.send(self.request(Method::GET, &path).await?).await?.bytes_stream();
        let mut hash = Sha256::new();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| self.unreachable(&error))?;
            hash.update(&chunk);
            to.write_all(&chunk).await?;
        }
        to.flush().await?;
        if hex::encode(hash.finalize()) == artifact.sha256 {
            Ok(())
        } else {
            Err(self.foreign(format!("`{}` arrived damaged", artifact.name)))
        }
    }
}

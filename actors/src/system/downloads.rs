//! The results of tasks.

use d2d_api::{Artifact, ArtifactId, Manifest, ProblemCode, TaskId, TaskStatus};

use super::System;
use crate::{Access, Refused};

impl System {
    /// The results of a task that ended in `success`.
    ///
    /// # Errors
    /// `task.not_found`, `download.not_ready`, `download.expired`.
    pub async fn artifacts(&self, access: &Access, id: TaskId) -> Result<Manifest, Refused> {
        let task = self.row(access, id).await?.task;
        match task.status {
            TaskStatus::Success => {
                let results = self.inner.store.artifacts(id).await?.into_iter();
                let items: Vec<_> = results.map(|item| Artifact { expires_at: task.expires_at, ..item }).collect();
                Ok(Manifest { task: id, bytes: items.iter().map(|item| item.bytes).sum(), items })
            }
            TaskStatus::Expired => {
                Err(Refused::new(ProblemCode::DownloadExpired, "the results passed their time and were removed"))
            }
            status => {
                let detail = if status.is_terminal() {
                    format!("the task ended in `{status}`: it has no results")
                } else {
                    format!("the task is in `{status}`: wait until it ends in `success`")
                };
                Err(Refused::new(ProblemCode::DownloadNotReady, detail))
            }
        }
    }

    /// One result of a task that ended in `success`.
    ///
    /// # Errors
    /// As [`System::artifacts`], and `download.not_found`.
    pub async fn artifact(&self, access: &Access, id: TaskId, artifact: ArtifactId) -> Result<Artifact, Refused> {
        let results = self.artifacts(access, id).await?.items;
        results
            .into_iter()
            .find(|result| result.id == artifact)
            .ok_or_else(|| Refused::new(ProblemCode::DownloadNotFound, "there is no such result file in the task"))
    }
}

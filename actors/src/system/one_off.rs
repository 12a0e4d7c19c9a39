//! Converting one file in the request that brings it: by an ordinary task, in the same queue and pool as all others, which
//! is removed when the request is over, however it ends.

use std::time::Duration;

use d2d_api::{Artifact, InputFile, NewTask, ProblemCode, Task, TaskId};
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::System;
use crate::{Access, Refused, Scope, UploadSlot};

/// How often to look at a task of which nothing is heard: it may run on another node.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How long to wait when nobody tells of changes just now.
const NO_BROADCASTER: Duration = Duration::from_millis(100);

/// A task that lives as long as this: dropped, it is cancelled and removed.
#[derive(Debug)]
pub struct OneOff {
    system: System,
    access: Access,
    id: TaskId,
    removed: bool,
}

impl System {
    /// What a request may bring to this service; its parameters are right as far as they can be told.
    ///
    /// # Errors
    /// `service.not_found`, `service.bad_params` and its kind, `quota.exceeded`, `storage.full`.
    pub async fn check_one_off(&self, owner: &str, new: &NewTask) -> Result<UploadSlot, Refused> {
        self.slot_for(owner, new).await
    }

    /// Registers a task for one file and gives it the file, whose blob is held by `keep` until then. The caller may go
    /// away meanwhile: then nothing stays.
    ///
    /// # Errors
    /// As [`System::register`] and [`System::add_file`].
    pub async fn begin_one_off(
        &self,
        owner: &str,
        new: NewTask,
        file: InputFile,
        keep: impl Send + 'static,
    ) -> Result<OneOff, Refused> {
        let (system, owner) = (self.clone(), owner.to_owned());
        // Of its own, so that it is not left half-done; what it answers is dropped if nobody waits for it.
        let begun = tokio::spawn(async move {
            let task = system.register(&owner, new).await?;
            let access = Access::Owner(owner.clone());
            let one_off = OneOff { system: system.clone(), access, id: task.id, removed: false };
            system.add_file(&owner, task.id, file).await?;
            drop(keep);
            Ok(one_off)
        });
        begun.await.map_err(|error| {
            tracing::error!(%error, "a task could not be begun");
            Refused::new(ProblemCode::Internal, "the service failed to begin: try again later")
        })?
    }
}

impl OneOff {
    /// The task once it has ended, or turned out to have more pages than `most_pages`; `None` if it is still at work at
    /// `until`.
    ///
    /// # Errors
    /// `task.not_found` if somebody removed it.
    pub async fn settled(&self, most_pages: u32, until: Instant) -> Result<Option<Task>, Refused> {
        let settled = |task: &Task| task.status.is_terminal() || task.pages.total > most_pages;
        // Subscribed before the task is read, so that no change falls between.
        let mut changes = self.system.subscribe(Scope::Task(self.id));
        let mut task = self.system.task(&self.access, self.id).await?;
        while !settled(&task) {
            let now = Instant::now();
            if now >= until {
                return Ok(None);
            }
            match timeout_at(until.min(now + LOOK_AGAIN), changes.next()).await {
                Ok(Some(change)) => task = change.task.clone(),
                Ok(None) => {
                    sleep_until(until.min(now + NO_BROADCASTER)).await;
                    changes = self.system.subscribe(Scope::Task(self.id));
                    task = self.system.task(&self.access, self.id).await?;
                }
                Err(_) => task = self.system.task(&self.access, self.id).await?,
            }
        }
        Ok(Some(task))
    }

    /// The result in this format of the task, which has ended in `success`.
    ///
    /// # Errors
    /// `download.not_found`, and as [`System::artifacts`].
    pub async fn result(&self, format: &str) -> Result<Artifact, Refused> {
        let results = self.system.artifacts(&self.access, self.id).await?.items;
        let found = results.into_iter().find(|result| result.format == format);
        found
            .ok_or_else(|| Refused::new(ProblemCode::DownloadNotFound, format!("the task has no result in `{format}`")))
    }

    /// Removes the task now.
    ///
    /// # Errors
    /// `internal` if the store fails.
    pub async fn remove(mut self) -> Result<(), Refused> {
        self.removed = true;
        remove(&self.system, &self.access, self.id).await
    }
}

impl Drop for OneOff {
    fn drop(&mut self) {
        let Ok(runtime) = Handle::try_current() else { return };
        if self.removed {
            return;
        }
        let (system, access, id) = (self.system.clone(), self.access.clone(), self.id);
        runtime.spawn(async move {
            if let Err(error) = remove(&system, &access, id).await {
                tracing::warn!(task.id = %id, %error, "a task whose request is over can't be removed: it will expire");
            }
        });
    }
}

async fn remove(system: &System, access: &Access, id: TaskId) -> Result<(), Refused> {
    match system.remove(access, id).await {
        Err(refused) if refused.code == ProblemCode::TaskNotFound => Ok(()),
        removed => removed,
    }
}

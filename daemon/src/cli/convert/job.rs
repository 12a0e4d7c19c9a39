//! The way of one file: register, upload, watch, download.

use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use d2d_api::{NewTask, NewTaskFiles, PageError, TaskId, TaskStatus};
use tokio_util::sync::CancellationToken;

use super::failure::Failed;
use super::input::{Input, Way};
use super::output::{Output, Saved};
use super::show::{Line, Show};
use crate::cli::client::Client;
use crate::cli::exit::explain;

/// What the way of a file takes.
pub(super) struct Job<'a> {
    pub(super) client: &'a Client,
    pub(super) task: &'a NewTask,
    pub(super) output: &'a Output,
    pub(super) show: &'a Show,
    pub(super) cancel: &'a CancellationToken,
}

/// What became of a file.
pub(super) struct Outcome {
    /// The file.
    pub(super) path: PathBuf,
    /// Its task, if one was registered.
    pub(super) task: Option<TaskId>,
    /// Its results, or why there are none.
    pub(super) results: anyhow::Result<Vec<Saved>>,
    /// The pages that are not in the results.
    pub(super) missing: Missing,
}

/// Pages that could not be converted.
#[derive(Debug, Default)]
pub(super) struct Missing {
    /// How many there are.
    pub(super) count: u32,
    /// The first of them.
    pub(super) errors: Vec<PageError>,
}

impl Outcome {
    /// Of a file with which nothing could be begun.
    pub(super) fn failed(input: &Input, why: Failed) -> Self {
        Self { path: input.path.clone(), task: None, results: Err(why.into()), missing: Missing::default() }
    }

    pub(super) fn is_success(&self) -> bool {
        self.results.is_ok()
    }
}

impl Job<'_> {
    /// Converts one file.
    pub(super) async fn run(self, input: &Input) -> Outcome {
        let line = self.show.line(input);
        let (mut task, mut missing) = (None, Missing::default());
        let results = tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(anyhow!("cancelled")),
            results = self.convert(input, &line, &mut task, &mut missing) => results,
        };
        if let (Err(_), Some(id)) = (&results, task) {
            // Nothing is to go on without anybody waiting for it; a task that has ended stays as it is.
            let _ = self.client.cancel(id).await;
        }
        match &results {
            Ok(_) => line.done(),
            Err(error) => line.failed(&explain(error)),
        }
        Outcome { path: input.path.clone(), task, results, missing }
    }

    async fn convert(
        &self,
        input: &Input,
        line: &Line,
        task: &mut Option<TaskId>,
        missing: &mut Missing,
    ) -> anyhow::Result<Vec<Saved>> {
        let id = self.client.register(&self.task_for(input)).await?.id;
        *task = Some(id);
        if let Way::Upload(bytes) = input.way {
            line.upload(bytes);
            let sent = line.clone();
            self.client.upload(id, &input.path, &input.name, move |bytes| sent.sent(bytes)).await?;
        }
        let end = self.client.watch(id, |progress| line.progress(progress)).await?;
        if end.status != TaskStatus::Success {
            return Err(Failed::task(end.error, &end.message).into());
        }
        if end.pages.failed > 0 {
            *missing = Missing { count: end.pages.failed, errors: self.client.task(id).await?.page_errors };
        }
        let mut saved = Vec::new();
        for artifact in self.client.manifest(id).await?.items {
            let result = self.output.save(self.client, id, &artifact).await;
            saved.push(result.with_context(|| format!("can't save `{}`", artifact.name))?);
        }
        Ok(saved)
    }

    /// The task to register for a file.
    fn task_for(&self, input: &Input) -> NewTask {
        let task = self.task.clone();
        match &input.way {
            Way::Upload(_) => NewTask { files: Some(NewTaskFiles { expected: Some(1) }), ..task },
            Way::Fetch(url) => NewTask { urls: Some(vec![url.clone()]), ..task },
        }
    }
}

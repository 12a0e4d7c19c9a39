//! Trying again what failed or was cancelled.

use anyhow::{Context, Result};
use d2d_api::{ProblemCode, TaskError, TaskStatus};

use super::{NODE, artifact, claimed, file, new_task, on_each_store, progress, queued};
use crate::{FilePlan, PageResult, StoreError};

fn error() -> TaskError {
    TaskError { code: ProblemCode::PageCrashed, detail: "no".to_owned(), file: None, page: Some(2) }
}

#[test]
fn a_failed_task_goes_on_with_what_it_has() -> Result<()> {
    use TaskStatus::{AwaitingFiles, Execution, Failure, Queued, Success};
    on_each_store(|store| async move {
        let (row, lease) = claimed(&store).await?;
        let (id, file) = (row.task.id, row.task.files[0].id);
        let plan = [FilePlan { file, pages: vec![1, 2], warnings: vec![] }];
        store.set_plan(&lease, &plan, &progress(2.0, 0, 2)).await?;
        let page = PageResult { file, page: 1, blob: "page".to_owned() };
        store.checkpoint(&lease, &page, &progress(50.0, 1, 2)).await?;
        let failed = store.fail(&lease, error()).await?;

        let again = store.retry(id, "queued again", 1, 10).await?;
        assert_eq!((again.task.status, again.task.message.as_str()), (TaskStatus::Queued, "queued again"));
        assert_eq!((again.task.error, again.task.finished_at, again.task.started_at), (None, None, None));
        assert_eq!((again.task.attempt, again.attempts_before, again.task.seq), (1, 1, failed.task.seq + 1));
        assert_eq!(again.task.files, failed.task.files);
        assert!(again.task.queued_at > failed.task.queued_at, "behind what waits already");
        assert_eq!((store.plan(id).await?, store.finished_pages(id).await?), (plan.to_vec(), vec![page]));
        assert!(matches!(store.fail(&lease, error()).await, Err(StoreError::LeaseLost)), "the old lease is of no use");

        let (row, lease) = store.claim(id, NODE).await?.context("free")?;
        assert_eq!((row.task.attempt, row.attempts_before, row.task.pages.done), (2, 1, 1));
        store.succeed(&lease, &[artifact("txt", "text")], "done").await?;
        let states: Vec<_> = store.log(id).await?.into_iter().map(|entry| entry.status).collect();
        assert_eq!(states, [AwaitingFiles, Queued, Execution, Failure, Queued, Execution, Success]);
        assert!(matches!(store.retry(id, "again", 10, 10).await, Err(StoreError::Refused(_))), "a success is final");
        Ok(())
    })
}

#[test]
fn what_never_had_its_files_is_not_tried_again() -> Result<()> {
    on_each_store(|store| async move {
        let id = store.create_task(new_task("ann")).await?.task.id;
        store.add_file(id, file("a"), 2).await?;
        assert!(matches!(store.retry(id, "again", 10, 10).await, Err(StoreError::Refused(_))), "it lives");
        store.cancel(id, "no").await?;
        assert!(matches!(store.retry(id, "again", 10, 10).await, Err(StoreError::NoFiles)));
        Ok(())
    })
}

#[test]
fn the_bound_of_the_queue_holds_for_retries() -> Result<()> {
    on_each_store(|store| async move {
        let mut cancelled = Vec::new();
        for _ in 0..6 {
            let id = queued(&store, new_task("ann")).await?.task.id;
            store.cancel(id, "no").await?;
            cancelled.push(id);
        }
        // At the same time: each would fit alone.
        let mut tries = tokio::task::JoinSet::new();
        for id in cancelled {
            let store = store.clone();
            tries.spawn(async move { store.retry(id, "again", 2, 10).await });
        }
        let (mut done, mut full) = (0, 0);
        while let Some(retry) = tries.join_next().await {
            match retry? {
                Ok(_) => done += 1,
                Err(StoreError::QueueFull) => full += 1,
                Err(error) => return Err(error.into()),
            }
        }
        assert_eq!((done, full, store.counts().await?.queued), (2, 4, 2));
        Ok(())
    })
}

#[test]
fn places_are_told_for_all_at_once() -> Result<()> {
    on_each_store(|store| async move {
        for (owner, priority) in [("ann", 0), ("ann", 5), ("bob", -1), ("ann", 5), ("cid", 0), ("bob", 0)] {
            queued(&store, crate::NewTaskRow { priority, ..new_task(owner) }).await?;
        }
        let places = store.queue_positions(6).await?.context("not too many")?;
        assert_eq!(places.len(), 6);
        for (id, place) in places {
            assert_eq!(store.queue_position(id).await?, Some(place));
        }
        assert_eq!(store.queue_positions(5).await?, None, "more than asked for");
        Ok(())
    })
}

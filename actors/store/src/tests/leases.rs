//! Leases and fencing tokens: only who holds the lease commits.

use std::time::Duration;

use anyhow::{Context, Result};
use d2d_api::{FileId, PageCount, ProblemCode, RefusedTransition, TaskError, TaskStatus, Transition};

use super::{LONG, NODE, artifact, claimed, new_task, on_each_store, progress, queued};
use crate::{Lease, PageResult, Store, StoreError, TaskRow};

const SHORT: Duration = Duration::from_millis(1);

fn error() -> TaskError {
    TaskError { code: ProblemCode::InputDamaged, detail: "it is damaged".to_owned(), file: None, page: None }
}

fn page(number: u32) -> PageResult {
    PageResult { file: FileId::generate(), page: number, blob: format!("blob {number}") }
}

/// Tries all that a lease allows; answers what was refused how.
async fn try_everything(store: &Store, lease: &Lease) -> Vec<Result<(), StoreError>> {
    let drop_row = |result: Result<TaskRow, StoreError>| result.map(|_| ());
    vec![
        store.renew(lease, LONG).await,
        drop_row(store.progress(lease, &progress(99.0, 9, 9)).await),
        drop_row(store.set_plan(lease, &[], &progress(99.0, 9, 9)).await),
        drop_row(store.checkpoint(lease, &page(1), &progress(99.0, 9, 9)).await),
        drop_row(store.release(lease, "back").await),
        drop_row(store.fail(lease, error()).await),
        drop_row(store.succeed(lease, &[artifact("txt", "x")], "done").await),
    ]
}

#[test]
fn an_old_token_commits_nothing() -> Result<()> {
    on_each_store(|store| async move {
        let (row, old) = claimed(&store).await?;
        let id = row.task.id;
        store.release(&old, "drained").await?;
        let (_, new) = store.claim(id, NODE, LONG).await?.context("free again")?;
        assert!(new.token > old.token, "tokens grow");
        let before = store.task(id).await?;
        let stolen = Lease { node: "node-2".to_owned(), ..new.clone() };
        let guessed = Lease { token: new.token + 1, ..new.clone() };
        for lease in [&old, &stolen, &guessed] {
            for result in try_everything(&store, lease).await {
                assert!(matches!(result, Err(StoreError::LeaseLost)), "{lease:?}: {result:?}");
            }
        }
        assert_eq!(store.task(id).await?, before, "nothing was written");
        assert_eq!(store.finished_pages(id).await?, []);
        assert_eq!(store.artifacts(id).await?, []);
        store.succeed(&new, &[artifact("txt", "y")], "done").await?;
        assert_eq!(store.artifacts(id).await?.len(), 1);
        Ok(())
    })
}

#[test]
fn who_works_on_a_cancelled_task_commits_nothing() -> Result<()> {
    on_each_store(|store| async move {
        let (row, lease) = claimed(&store).await?;
        let id = row.task.id;
        let cancelled = store.cancel(id, "its owner cancelled it").await?;
        assert_eq!((cancelled.task.status, cancelled.node.as_ref()), (TaskStatus::Cancelled, None));
        let results = try_everything(&store, &lease).await;
        let refused = |transition| RefusedTransition { from: TaskStatus::Cancelled, transition };
        for result in &results[..4] {
            assert!(matches!(result, Err(StoreError::LeaseLost)), "{result:?}");
        }
        for (result, transition) in
            results[4..].iter().zip([Transition::Release, Transition::Fail, Transition::Succeed])
        {
            assert!(matches!(result, Err(StoreError::Refused(why)) if *why == refused(transition)), "{result:?}");
        }
        assert_eq!(store.task(id).await?, Some(cancelled));
        assert_eq!(store.artifacts(id).await?, []);
        assert!(matches!(store.cancel(id, "again").await, Err(StoreError::Refused(_))));

        store.remove_task(id).await?;
        for result in try_everything(&store, &lease).await {
            assert!(matches!(result, Err(StoreError::NotFound)), "{result:?}");
        }
        Ok(())
    })
}

#[test]
fn progress_never_goes_back_within_an_attempt() -> Result<()> {
    on_each_store(|store| async move {
        let (row, lease) = claimed(&store).await?;
        let percent = |row: &TaskRow| row.task.progress;
        let row_60 = store.progress(&lease, &progress(60.0, 3, 5)).await?;
        for late in [progress(20.0, 1, 5), progress(-5.0, 0, 0), progress(f64::NAN, 0, 0)] {
            let row = store.progress(&lease, &late).await?;
            assert!(percent(&row) >= percent(&row_60) && row.task.pages == row_60.task.pages, "{row:?}");
        }
        assert!(percent(&store.progress(&lease, &progress(1e9, 4, 5)).await?) <= 100.0);

        store.release(&lease, "drained").await?;
        let (again, _) = store.claim(row.task.id, NODE, LONG).await?.context("free again")?;
        assert!(percent(&again) < f64::EPSILON, "another attempt begins at 0");
        Ok(())
    })
}

#[test]
fn finished_pages_outlive_an_attempt() -> Result<()> {
    on_each_store(|store| async move {
        let (row, lease) = claimed(&store).await?;
        let id = row.task.id;
        let pages = [page(1), page(2)];
        store.set_plan(&lease, &[], &progress(0.0, 0, 7)).await?;
        store.checkpoint(&lease, &pages[0], &progress(10.0, 1, 7)).await?;
        store.checkpoint(&lease, &pages[1], &progress(20.0, 2, 7)).await?;
        store.checkpoint(&lease, &pages[1], &progress(20.0, 2, 7)).await?;
        store.progress(&lease, &progress(20.0, 5, 7)).await?;
        assert_eq!(store.release_node(NODE).await?.len(), 1);
        let (row, _) = store.claim(id, "node-2", LONG).await?.context("free again")?;
        assert_eq!(
            (row.task.attempt, row.task.pages),
            (2, PageCount { done: 2, total: 7, failed: 0 }),
            "what is kept counts"
        );
        assert_eq!(store.finished_pages(id).await?.len(), 2);
        Ok(())
    })
}

#[test]
fn a_lease_runs_out_by_itself_unless_it_is_renewed() -> Result<()> {
    on_each_store(|store| async move {
        let dead = queued(&store, new_task("ann")).await?.task;
        let alive = queued(&store, new_task("ann")).await?.task;
        let (_, lost) = store.claim(dead.id, NODE, SHORT).await?.context("free")?;
        let (row, renewed) = store.claim(alive.id, NODE, SHORT).await?.context("free")?;
        store.renew(&renewed, LONG).await?;
        assert_eq!(store.task(alive.id).await?, Some(row), "nobody sees a renewal");
        tokio::time::sleep(2 * SHORT).await;

        let released = store.release_expired().await?;
        assert_eq!(released.iter().map(|row| row.task.id).collect::<Vec<_>>(), [dead.id]);
        let row = &released[0];
        assert_eq!((row.task.status, row.task.attempt, row.node.as_ref()), (TaskStatus::Queued, 1, None), "it counts");
        assert_eq!((row.task.queued_at, row.task.started_at), (dead.queued_at, None), "at its old place");
        assert!(matches!(store.renew(&lost, LONG).await, Err(StoreError::LeaseLost)));
        assert_eq!(store.release_expired().await?, []);
        let entry = store.log(dead.id).await?.pop().context("logged")?;
        assert_eq!((entry.status, entry.seq), (TaskStatus::Queued, row.task.seq));
        Ok(())
    })
}

#[test]
fn a_released_attempt_does_not_count() -> Result<()> {
    on_each_store(|store| async move {
        let (row, lease) = claimed(&store).await?;
        let released = store.release(&lease, "the daemon goes down").await?;
        assert_eq!((row.task.attempt, released.task.attempt), (1, 0));
        assert_eq!(released.task.message, "the daemon goes down");
        let (again, _) = store.claim(row.task.id, NODE, LONG).await?.context("free again")?;
        assert_eq!(again.task.attempt, 1);
        Ok(())
    })
}

#[test]
fn a_node_that_starts_gives_back_what_it_held_and_nothing_else() -> Result<()> {
    on_each_store(|store| async move {
        let (mine, _) = claimed(&store).await?;
        let theirs = queued(&store, new_task("ann")).await?.task.id;
        let (_, their_lease) = store.claim(theirs, "node-2", LONG).await?.context("free")?;
        let waiting = queued(&store, new_task("ann")).await?;
        let released = store.release_node(NODE).await?;
        assert_eq!(released.len(), 1);
        assert_eq!((released[0].task.id, released[0].task.attempt), (mine.task.id, 1), "the attempt counts");
        store.renew(&their_lease, LONG).await?;
        assert_eq!(store.task(waiting.task.id).await?, Some(waiting));
        assert_eq!(store.release_node(NODE).await?, []);
        Ok(())
    })
}

//! Leases and fencing tokens: only who holds the lease commits.

use std::time::Duration;

use anyhow::{Context, Result};
use chrono::Utc;
use d2d_api::{FileId, PageCount, ProblemCode, RefusedTransition, TaskError, TaskStatus, Transition};

use super::{LONG, NODE, artifact, claimed, new_task, on_each_store, progress, queued, seen};
use crate::database::bind;
use crate::records::task_record;
use crate::{Lease, PageResult, Store, StoreError, TaskRow};

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
        store.renew(lease).await,
        drop_row(store.progress(lease, &progress(99.0, 9, 9)).await),
        drop_row(store.set_plan(lease, &[], &progress(99.0, 9, 9)).await),
        drop_row(store.checkpoint(lease, &page(1), &progress(99.0, 9, 9)).await),
        drop_row(store.release(lease, "back").await),
        drop_row(store.fail(lease, error()).await),
        drop_row(store.succeed(lease, &[artifact("txt", "x")], "done").await),
        drop_row(store.retry_later(lease, None, "back", Duration::ZERO).await),
        drop_row(store.retry_later(lease, Some(0), "back", Duration::ZERO).await),
        drop_row(store.fail_unrenewed(lease, Some(0), error()).await),
    ]
}

#[test]
fn an_old_token_commits_nothing() -> Result<()> {
    on_each_store(|store| async move {
        let (row, old) = claimed(&store).await?;
        let id = row.task.id;
        store.release(&old, "drained").await?;
        let (_, new) = store.claim(id, NODE).await?.context("free again")?;
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
        let [release, fail, succeed] = [Transition::Release, Transition::Fail, Transition::Succeed];
        let transitions = [release, fail, succeed, release, release, fail];
        assert_eq!(results.len(), 4 + transitions.len(), "each is looked at");
        for (result, transition) in results[4..].iter().zip(transitions) {
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
        let (again, _) = store.claim(row.task.id, NODE).await?.context("free again")?;
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
        store.retry_later(&lease, None, "once more", Duration::ZERO).await?;
        let (row, _) = store.claim(id, "node-2").await?.context("free again")?;
        let kept = PageCount { done: 2, total: 7, failed: 0 };
        assert_eq!((row.task.attempt, row.task.pages), (2, kept), "what is kept counts");
        assert_eq!(store.finished_pages(id).await?.len(), 2);
        Ok(())
    })
}

#[test]
fn only_a_lease_that_stands_still_is_taken_away() -> Result<()> {
    on_each_store(|store| async move {
        let (row, lease) = claimed(&store).await?;
        let id = row.task.id;
        let early = seen(&store, TaskStatus::Execution).await?;
        assert_eq!((&early.lease, early.beat, early.tries), (&lease, 0, 1));
        store.renew(&lease).await?;
        assert_eq!(store.task(id).await?.as_ref(), Some(&row), "nobody sees a renewal");
        let (beat, late) = (Some(early.beat), seen(&store, TaskStatus::Execution).await?);
        assert_eq!(late.beat, 1);
        for premature in [
            store.retry_later(&early.lease, beat, "it is dead", Duration::ZERO).await,
            store.fail_unrenewed(&early.lease, beat, error()).await,
        ] {
            assert!(matches!(premature, Err(StoreError::LeaseLost)), "it was renewed since: {premature:?}");
        }
        let row = store.retry_later(&late.lease, Some(late.beat), "it is dead", Duration::ZERO).await?;
        assert_eq!((row.task.status, row.task.attempt, row.node.as_ref()), (TaskStatus::Queued, 1, None), "it counts");
        assert!(row.task.queued_at.is_some() && row.task.started_at.is_none(), "at its old place");
        assert!(matches!(store.renew(&lease).await, Err(StoreError::LeaseLost)));
        assert_eq!(store.leases(TaskStatus::Execution).await?, []);
        let entry = store.log(id).await?.pop().context("logged")?;
        assert_eq!((entry.status, entry.seq, entry.message.as_str()), (TaskStatus::Queued, row.task.seq, "it is dead"));

        let (_, lease) = store.claim(id, NODE).await?.context("free again")?;
        let row = store.fail_unrenewed(&lease, Some(0), error()).await?;
        assert_eq!((row.task.status, row.task.error), (TaskStatus::Failure, Some(error())));
        Ok(())
    })
}

#[test]
fn a_task_is_not_started_again_before_its_time() -> Result<()> {
    on_each_store(|store| async move {
        let (row, lease) = claimed(&store).await?;
        let id = row.task.id;
        let row = store.retry_later(&lease, None, "later", LONG).await?;
        let at = row.task.retry_at.context("it says when")?;
        assert!(at > Utc::now() + LONG / 2 && at < Utc::now() + 2 * LONG, "{at}");
        assert_eq!(store.claim(id, "node-2").await?, None, "not even by who heard of it otherwise");
        assert_eq!((store.candidates(9).await?, store.candidates_of("ann", 9).await?), (vec![], vec![]));
        assert_eq!(store.queue_position(id).await?, Some(0), "it keeps its place");

        // As if the clock had been set: to a later time, at which it is due, and to an earlier one, from which it would have
        // to wait for longer than it was to.
        for at in ["time::now()", "time::now() + 2h"] {
            let set = format!("{{ UPDATE $task SET ready_at = {at} RETURN NONE; RETURN true }}");
            let _: bool = store.database().run("set it", &set, bind! { task: task_record(id) }).await?;
            assert_eq!(store.candidates(9).await?.len(), 1, "{at}");
            assert_eq!(store.candidates_of("ann", 9).await?.len(), 1, "{at}");
        }
        let (row, lease) = store.claim(id, NODE).await?.context("it is due")?;
        assert_eq!((row.task.attempt, row.task.retry_at), (2, None));

        let drained = store.release(&lease, "drained").await?;
        assert_eq!((drained.task.attempt, drained.task.retry_at), (1, None), "a drain is no fault of the task");
        let (_, lease) = store.claim(id, NODE).await?.context("at once")?;
        store.retry_later(&lease, None, "later", LONG).await?;
        let cancelled = store.cancel(id, "enough").await?;
        assert_eq!(cancelled.task.retry_at, None);
        let again = store.retry(id, "after all", 10, 10).await?;
        assert_eq!(again.task.retry_at, None, "nor does its owner have to wait");
        assert!(store.claim(id, NODE).await?.is_some());
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
        let (again, _) = store.claim(row.task.id, NODE).await?.context("free again")?;
        assert_eq!(again.task.attempt, 1);
        Ok(())
    })
}

#[test]
fn all_see_the_leases_of_all() -> Result<()> {
    on_each_store(|store| async move {
        let (mine, _) = claimed(&store).await?;
        let theirs = queued(&store, new_task("ann")).await?.task.id;
        store.claim(theirs, "node-2").await?.context("free")?;
        queued(&store, new_task("ann")).await?;
        let mut holders: Vec<_> = store
            .leases(TaskStatus::Execution)
            .await?
            .into_iter()
            .map(|seen| (seen.lease.task, seen.lease.node))
            .collect();
        holders.sort();
        assert_eq!(holders, [(mine.task.id, NODE.to_owned()), (theirs, "node-2".to_owned())]);
        assert_eq!(store.leases(TaskStatus::Fetching).await?, []);
        Ok(())
    })
}

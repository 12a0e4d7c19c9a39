//! Many at once: who is second must not get what only one may have, and nobody's change is lost.

use anyhow::{Context, Result};
use d2d_api::{TaskId, TaskStatus};
use tokio::task::JoinSet;

use super::{claimed, file, new_task, on_each_store, progress, queued};
use crate::{NewTaskRow, Store, StoreError};

/// How many try at the same time.
const CROWD: usize = 8;

/// Does `work` [`CROWD`] times at once.
async fn crowd<T, F>(store: &Store, work: impl Fn(Store, usize) -> F) -> Result<Vec<T>>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let mut crowd = JoinSet::new();
    for number in 0..CROWD {
        crowd.spawn(work(store.clone(), number));
    }
    let mut results = Vec::new();
    while let Some(result) = crowd.join_next().await {
        results.push(result?);
    }
    Ok(results)
}

#[test]
fn of_many_claims_one_wins() -> Result<()> {
    on_each_store(|store| async move {
        for _ in 0..5 {
            let id = queued(&store, new_task("ann")).await?.task.id;
            let claims =
                crowd(&store, |store, number| async move { store.claim(id, &format!("node-{number}")).await }).await?;
            let mut winners = Vec::new();
            for claim in claims {
                winners.extend(claim?);
            }
            assert_eq!(winners.len(), 1, "{winners:?}");
            let row = store.task(id).await?.context("there")?;
            assert_eq!((row.task.attempt, row.node.as_ref()), (1, Some(&winners[0].1.node)));
            assert_eq!(store.log(id).await?.len(), 3, "one claim in the log");
        }
        Ok(())
    })
}

#[test]
fn of_many_last_files_one_is_taken() -> Result<()> {
    on_each_store(|store| async move {
        let add = |id: TaskId, max| {
            move |store: Store, number: usize| async move { store.add_file(id, file(&number.to_string()), max).await }
        };
        let id = store.create_task(new_task("ann")).await?.task.id;
        let results = crowd(&store, add(id, 3)).await?;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 3);
        assert_eq!(results.iter().filter(|result| matches!(result, Err(StoreError::TooManyFiles))).count(), CROWD - 3);
        assert_eq!(store.task(id).await?.context("there")?.task.files.len(), 3);

        let id = store.create_task(NewTaskRow { expected_files: Some(2), ..new_task("ann") }).await?.task.id;
        let results = crowd(&store, add(id, 100)).await?;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 2);
        let row = store.task(id).await?.context("there")?;
        assert_eq!((row.task.status, row.task.files.len(), row.task.seq), (TaskStatus::Queued, 2, 3));
        assert_eq!(store.log(id).await?.len(), 2, "queued once");
        Ok(())
    })
}

#[test]
fn of_many_new_tasks_only_as_many_are_made_as_may_be() -> Result<()> {
    on_each_store(|store| async move {
        // As many daemons do it: within one they wait for each other.
        let results = crowd(&store, |store, _| async move {
            let new = NewTaskRow { max_queued: 5, ..new_task("ann") };
            store.create_against_others(new, None).await.map(|answer| answer.row)
        })
        .await?;
        let made: Vec<_> = results.iter().flatten().map(|row| row.task.id).collect();
        assert_eq!(made.len(), 5);
        assert!(results.iter().all(|result| matches!(result, Ok(_) | Err(StoreError::QueueFull))));
        assert_eq!(store.counts().await?.awaiting_files, 5, "nothing half-made");

        store.cancel(made[0], "makes room").await?;
        let new = || NewTaskRow { max_queued: 5, ..new_task("ann") };
        store.create_task(new()).await?;
        assert!(matches!(store.create_task(new()).await, Err(StoreError::QueueFull)));
        Ok(())
    })
}

#[test]
fn of_many_new_tasks_of_an_account_only_as_many_are_made_as_it_may_have() -> Result<()> {
    on_each_store(|store| async move {
        let results = crowd(&store, |store, number| async move {
            let owner = if number % 2 == 0 { "ann" } else { "bob" };
            let new = NewTaskRow { max_queued_of_owner: 3, ..new_task(owner) };
            store.create_against_others(new, None).await.map(|answer| answer.row)
        })
        .await?;
        for owner in ["ann", "bob"] {
            assert_eq!(results.iter().flatten().filter(|row| row.owner == owner).count(), 3, "{owner}");
        }
        assert!(results.iter().all(|result| matches!(result, Ok(_) | Err(StoreError::TooManyTasks))));
        assert_eq!(store.counts().await?.awaiting_files, 6, "nothing half-made");
        Ok(())
    })
}

#[test]
fn no_change_is_lost_when_many_change_the_same_task() -> Result<()> {
    on_each_store(|store| async move {
        let (row, lease) = claimed(&store).await?;
        let results = crowd(&store, |store, number| {
            let lease = lease.clone();
            async move {
                let percent = 10.0 * f64::from(u32::try_from(number).unwrap_or_default());
                store.progress(&lease, &progress(percent, 0, 0)).await
            }
        })
        .await?;
        let mut seqs = Vec::new();
        for result in results {
            seqs.push(result?.task.seq - row.task.seq);
        }
        seqs.sort_unstable();
        assert_eq!(seqs, (1..=CROWD as u64).collect::<Vec<_>>(), "each change is seen once");
        let after = store.task(row.task.id).await?.context("there")?;
        assert!((after.task.progress - 70.0).abs() < f64::EPSILON, "the farthest counts");
        Ok(())
    })
}

#[test]
fn an_end_is_one_end() -> Result<()> {
    on_each_store(|store| async move {
        for _ in 0..3 {
            let (row, lease) = claimed(&store).await?;
            let id = row.task.id;
            let ends = crowd(&store, |store, number| {
                let lease = lease.clone();
                async move {
                    match number % 2 {
                        0 => store.cancel(id, "enough").await,
                        _ => store.succeed(&lease, &[], "done").await,
                    }
                }
            })
            .await?;
            assert_eq!(ends.iter().filter(|end| end.is_ok()).count(), 1, "{ends:?}");
            assert!(ends.iter().all(|end| matches!(end, Ok(_) | Err(StoreError::Refused(_)))), "{ends:?}");
        }
        Ok(())
    })
}

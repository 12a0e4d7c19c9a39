//! Requests that are done once, and tasks that are given up.

use std::time::Duration;

use anyhow::Result;
use d2d_api::TaskStatus;

use super::{LONG, file, new_task, on_each_store};
use crate::{IdempotencyKey, NewTaskRow, Store, StoreError, TaskFilter};

fn key(key: &str, request: &str) -> IdempotencyKey {
    let text = |text: &str| text.to_owned();
    IdempotencyKey { owner: text("ann"), key: text(key), request: text(request), keep: LONG }
}

async fn count(store: &Store) -> Result<usize> {
    Ok(store.tasks(&TaskFilter::default(), None, 100).await?.len())
}

#[test]
fn a_task_is_made_once_for_its_key() -> Result<()> {
    on_each_store(|store| async move {
        let first = store.create_task_once(new_task("ann"), Some(key("k", "r"))).await?;
        assert!(!first.replayed);
        store.cancel(first.row.task.id, "no").await?;
        let again = store.create_task_once(new_task("ann"), Some(key("k", "r"))).await?;
        assert!(again.replayed && again.row == first.row, "{again:?}");
        let other = store.create_task_once(new_task("ann"), Some(key("k", "another"))).await;
        assert!(matches!(other, Err(StoreError::KeyReused)));
        let of_bob = Some(IdempotencyKey { owner: "bob".into(), ..key("k", "r") });
        assert!(!store.create_task_once(new_task("bob"), of_bob).await?.replayed, "keys are an account's own");
        assert_eq!(count(&store).await?, 2);
        Ok(())
    })
}

#[test]
fn a_key_changes_nothing_of_the_task() -> Result<()> {
    on_each_store(|store| async move {
        let keep = Some(Duration::from_secs(60));
        let made = store.create_task_once(NewTaskRow { keep, ..new_task("ann") }, Some(key("k", "r"))).await?;
        assert_eq!(made.row.keep, keep);
        Ok(())
    })
}

#[test]
fn of_many_at_once_one_makes_the_task() -> Result<()> {
    on_each_store(|store| async move {
        let one = |store: Store| async move { store.create_against_others(new_task("ann"), Some(key("k", "r"))).await };
        let crowd: Vec<_> = (0..8).map(|_| tokio::spawn(one(store.clone()))).collect();
        let mut fresh = 0;
        let mut ids = Vec::new();
        for answer in crowd {
            let answer = answer.await??;
            fresh += usize::from(!answer.replayed);
            ids.push(answer.row.task.id);
        }
        ids.dedup();
        assert_eq!((fresh, ids.len(), count(&store).await?), (1, 1, 1));
        Ok(())
    })
}

#[test]
fn what_was_refused_is_tried_again() -> Result<()> {
    on_each_store(|store| async move {
        let full = NewTaskRow { max_queued: 0, ..new_task("ann") };
        assert!(matches!(store.create_task_once(full, Some(key("k", "r"))).await, Err(StoreError::QueueFull)));
        assert!(!store.create_task_once(new_task("ann"), Some(key("k", "r"))).await?.replayed);
        Ok(())
    })
}

#[test]
fn changes_are_done_once_for_their_key() -> Result<()> {
    on_each_store(|store| async move {
        let id = store.create_task(new_task("ann")).await?.task.id;
        let add = || store.add_urls(id, vec!["http://a/".to_owned()], 10, Some(key("add", "r")));
        assert!(!add().await?.replayed);
        let again = add().await?;
        assert!(again.replayed);
        assert_eq!(store.task(id).await?.map(|row| row.task.urls.len()), Some(1));
        let first = store.queue_once(id, Some(key("submit", "s"))).await?;
        let again = store.queue_once(id, Some(key("submit", "s"))).await?;
        assert_eq!((again.row, again.replayed), (first.row, true));
        assert!(matches!(store.queue_once(id, Some(key("add", "s"))).await, Err(StoreError::KeyReused)));
        Ok(())
    })
}

#[test]
fn keys_are_forgotten_after_their_time() -> Result<()> {
    on_each_store(|store| async move {
        store.create_task_once(new_task("ann"), Some(key("k", "r"))).await?;
        assert_eq!(store.sweep_idempotency_keys(LONG).await?, 0);
        let expired = Some(IdempotencyKey { keep: Duration::ZERO, ..key("k", "other") });
        assert!(!store.create_task_once(new_task("ann"), expired).await?.replayed, "its time is over");
        assert_eq!(store.sweep_idempotency_keys(Duration::ZERO).await?, 1);
        assert!(!store.create_task_once(new_task("ann"), Some(key("k", "r"))).await?.replayed);
        Ok(())
    })
}

#[test]
fn tasks_whose_files_never_come_are_given_up() -> Result<()> {
    on_each_store(|store| async move {
        let patient = store.create_task(new_task("ann")).await?;
        assert!(patient.task.expires_at.is_some_and(|until| until > patient.task.created_at));
        let blob = store.blobs().put(b"scan").await?;
        let id = store.create_task(NewTaskRow { awaits: Duration::ZERO, ..new_task("ann") }).await?.task.id;
        store.add_file(id, file(&blob.sha256), 10).await?;
        let queued = store.create_task(NewTaskRow { awaits: Duration::ZERO, ..new_task("ann") }).await?.task.id;
        store.add_file(queued, file("a"), 10).await?;
        store.queue(queued).await?;
        let sha256 = blob.sha256.clone();
        drop(blob);

        let expired = store.expire_awaiting(10).await?;
        assert_eq!(expired.iter().map(|row| row.task.id).collect::<Vec<_>>(), [id]);
        let task = &expired[0].task;
        assert_eq!((task.status, task.files.len(), task.expires_at), (TaskStatus::Expired, 0, None));
        assert!(task.finished_at.is_some());
        assert!(matches!(store.blobs().read(&sha256).await, Err(StoreError::NotFound)));
        assert!(store.expire_awaiting(10).await?.is_empty());
        assert_eq!(store.stored_bytes("ann").await?, 3, "what is queued stays");
        Ok(())
    })
}

#[test]
fn an_account_has_no_more_tasks_under_way_than_it_may() -> Result<()> {
    on_each_store(|store| async move {
        let new = |owner: &str| NewTaskRow { max_queued_of_owner: 2, ..new_task(owner) };
        let first = store.create_task(new("ann")).await?.task.id;
        store.create_task(new("ann")).await?;
        assert!(matches!(store.create_task(new("ann")).await, Err(StoreError::TooManyTasks)));
        store.create_task(new("bob")).await?;
        store.cancel(first, "makes room").await?;
        store.create_task(new("ann")).await?;
        Ok(())
    })
}

//! Files of a task.

use anyhow::Result;
use d2d_api::{RefusedTransition, TaskStatus, Transition};

use super::{file, new_task, on_each_store, queued};
use crate::{NewTaskRow, StoreError};

#[test]
fn a_task_without_a_file_is_not_queued() -> Result<()> {
    on_each_store(|store| async move {
        let id = store.create_task(new_task("ann")).await?.task.id;
        assert!(matches!(store.queue(id).await, Err(StoreError::NoFiles)));
        store.add_file(id, file("a"), 10).await?;
        let row = store.queue(id).await?;
        assert_eq!(row.task.status, TaskStatus::Queued);
        let refused = RefusedTransition { from: TaskStatus::Queued, transition: Transition::Queue };
        assert!(matches!(store.queue(id).await, Err(StoreError::Refused(why)) if why == refused));
        assert_eq!(store.task(id).await?, Some(row), "a refused change leaves no trace");
        Ok(())
    })
}

#[test]
fn there_are_no_more_files_than_announced_or_allowed() -> Result<()> {
    on_each_store(|store| async move {
        let id = store.create_task(new_task("ann")).await?.task.id;
        store.add_file(id, file("a"), 2).await?;
        store.add_file(id, file("a"), 2).await?;
        assert!(matches!(store.add_file(id, file("c"), 2).await, Err(StoreError::TooManyFiles)));

        // More were announced than are allowed: the smaller number counts, and the task is not queued by itself.
        let id = store.create_task(NewTaskRow { expected_files: Some(5), ..new_task("ann") }).await?.task.id;
        let row = store.add_file(id, file("a"), 1).await?;
        assert_eq!(row.task.status, TaskStatus::AwaitingFiles);
        assert!(matches!(store.add_file(id, file("b"), 1).await, Err(StoreError::TooManyFiles)));
        Ok(())
    })
}

#[test]
fn files_change_only_while_they_are_awaited() -> Result<()> {
    on_each_store(|store| async move {
        let row = queued(&store, new_task("ann")).await?;
        let id = row.task.id;
        let closed = |result| matches!(result, Err(StoreError::FilesClosed(TaskStatus::Queued)));
        assert!(closed(store.add_file(id, file("b"), 10).await));
        assert!(closed(store.remove_file(id, row.task.files[0].id).await));
        assert_eq!(store.task(id).await?, Some(row));
        Ok(())
    })
}

#[test]
fn a_file_can_be_taken_away_again_with_its_bytes() -> Result<()> {
    on_each_store(|store| async move {
        let id = store.create_task(new_task("ann")).await?.task.id;
        let blob = store.blobs().put(b"scan").await?;
        let (first, same) = (file(&blob.sha256), file(&blob.sha256));
        store.add_file(id, first.clone(), 10).await?;
        store.add_file(id, same.clone(), 10).await?;
        drop(blob.clone());
        let sha256 = blob.sha256.clone();
        drop(blob);

        let row = store.remove_file(id, first.id).await?;
        assert_eq!(row.task.files, std::slice::from_ref(&same));
        assert_eq!(store.blobs().read(&sha256).await?, b"scan", "the other file has it");
        assert!(matches!(store.remove_file(id, first.id).await, Err(StoreError::NotFound)));
        let row = store.remove_file(id, same.id).await?;
        assert_eq!((row.task.files.len(), row.task.seq), (0, 5));
        assert!(matches!(store.blobs().read(&sha256).await, Err(StoreError::NotFound)));
        Ok(())
    })
}

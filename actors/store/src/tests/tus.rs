//! Resumable uploads: their records, their partial files, and what is swept.

use std::time::Duration;

use anyhow::{Context, Result};
use d2d_api::{FileId, InputFile, TaskId, TaskStatus, UploadId};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{LONG, file, new_task, on_each_store};
use crate::{NewTaskRow, NewTusUpload, Store, StoreError, TusState, TusUpload};

const BATCH: usize = 100;
const CONTENT: &[u8] = b"a scan that comes in three pieces";

fn upload(task: TaskId) -> NewTusUpload {
    NewTusUpload {
        task,
        owner: "ann".to_owned(),
        length: Some(CONTENT.len() as u64),
        name: Some("scan.png".to_owned()),
        metadata: Some("filename c2Nhbi5wbmc=".to_owned()),
    }
}

async fn begun(store: &Store) -> Result<TusUpload> {
    let task = store.create_task(NewTaskRow { expected_files: Some(1), ..new_task("ann") }).await?.task.id;
    Ok(store.create_tus(upload(task), LONG, 1, &[]).await?)
}

/// Writes `content` from `offset` on, as one request.
async fn write(store: &Store, id: UploadId, offset: u64, content: &[u8]) -> Result<TusUpload> {
    let mut partial = store.blobs().resume(id.0, offset).await?;
    partial.write(content).await?;
    partial.sync().await?;
    Ok(store.advance_tus(id, partial.bytes(), None, LONG).await?)
}

async fn state(store: &Store, id: UploadId) -> Result<Option<TusState>> {
    Ok(store.tus(id).await?.map(|upload| upload.state))
}

#[test]
fn pieces_become_the_file_that_the_upload_names() -> Result<()> {
    on_each_store(|store| async move {
        let made = begun(&store).await?;
        assert_eq!((made.offset, made.state, made.length), (0, TusState::Open, Some(CONTENT.len() as u64)));
        write(&store, made.id, 0, &CONTENT[..10]).await?;
        let there = write(&store, made.id, 10, &CONTENT[10..20]).await?;
        assert_eq!(store.tus(made.id).await?, Some(there.clone()));
        assert_eq!((there.offset, there.name.as_deref()), (20, Some("scan.png")));
        assert_eq!(store.blobs().partial_bytes(made.id.0).await?, 20);

        let mut partial = store.blobs().resume(made.id.0, 20).await?;
        partial.write(&CONTENT[20..]).await?;
        assert_eq!(partial.head(6).await?, &CONTENT[..6]);
        let blob = partial.complete().await?;
        assert_eq!(blob.sha256, hex::encode(Sha256::digest(CONTENT)));
        assert_eq!(blob.bytes, CONTENT.len() as u64);
        let again = partial.complete().await?;
        assert_eq!(again.sha256, blob.sha256, "as after a crash");
        let whole = InputFile { id: FileId(made.id.0), ..file(&blob.sha256) };
        let row = store.add_file(made.task, whole, 10).await?;
        assert_eq!(row.task.status, TaskStatus::Queued);
        assert_eq!(state(&store, made.id).await?, Some(TusState::Done), "in the same transaction");
        assert!(matches!(store.advance_tus(made.id, 0, None, LONG).await, Err(StoreError::NotFound)));
        drop(partial);

        store.sweep_tus(BATCH).await?;
        assert_eq!(store.blobs().partials().await?, [] as [Uuid; 0]);
        assert_eq!(store.blobs().read(&blob.sha256).await?, CONTENT);
        assert_eq!(std::fs::read_dir(store.blobs().dir().join("tmp"))?.count(), 0);
        Ok(())
    })
}

#[test]
fn what_does_not_count_is_cut_off() -> Result<()> {
    on_each_store(|store| async move {
        let id = begun(&store).await?.id;
        write(&store, id, 0, &CONTENT[..10]).await?;
        // More was written than counts when the daemon was killed, and the hash in memory is of that.
        let mut partial = store.blobs().resume(id.0, 10).await?;
        partial.write(b"never acknowledged").await?;
        partial.sync().await?;
        drop(partial);
        let mut partial = store.blobs().resume(id.0, 10).await?;
        assert_eq!(store.blobs().partial_bytes(id.0).await?, 10);

        let mark = partial.mark().await?;
        partial.write(b"with a wrong checksum").await?;
        partial.sync().await?;
        partial.go_back(mark).await?;
        assert_eq!(partial.bytes(), 10);
        partial.write(&CONTENT[10..]).await?;
        assert_eq!(partial.complete().await?.sha256, hex::encode(Sha256::digest(CONTENT)));
        assert!(store.blobs().resume(id.0, 1000).await.is_err(), "there are not so many bytes");
        Ok(())
    })
}

#[test]
fn a_task_has_as_many_uploads_under_way_as_it_takes_files() -> Result<()> {
    on_each_store(|store| async move {
        let task = store.create_task(new_task("ann")).await?.task.id;
        let other = store.create_task(new_task("ann")).await?.task.id;
        let create = |most, busy| {
            let store = store.clone();
            async move { store.create_tus(upload(task), LONG, most, busy).await }
        };
        let first = create(2, &[]).await?;
        let second = create(2, &[]).await?;
        store.create_tus(upload(other), LONG, 2, &[]).await?;
        // Both are being written to.
        write(&store, first.id, 0, b"a").await?;
        let busy = [second.id];
        let Err(StoreError::TooManyFiles) = store.create_tus(upload(task), LONG, 2, &busy).await else {
            anyhow::bail!("there is a third one");
        };
        // One never got a byte: it gives way.
        let third = create(2, &[]).await?;
        assert_eq!(state(&store, second.id).await?, None);
        assert_eq!(state(&store, first.id).await?, Some(TusState::Open));
        // The other was silent for long: all give way, since the task takes but one more file now.
        store.advance_tus(first.id, 1, None, LONG.saturating_sub(Duration::from_mins(2))).await?;
        let fourth = create(1, &[]).await?;
        assert_eq!((state(&store, first.id).await?, state(&store, third.id).await?), (None, None));
        assert_eq!(state(&store, fourth.id).await?, Some(TusState::Open));
        Ok(())
    })
}

#[test]
fn of_many_at_once_no_more_are_made_than_there_may_be() -> Result<()> {
    on_each_store(|store| async move {
        let task = store.create_task(new_task("ann")).await?.task.id;
        let attempts = (0..8).map(|_| {
            let store = store.clone();
            // Each has got bytes since: none gives way.
            tokio::spawn(async move {
                let made = store.create_tus(upload(task), LONG, 3, &[]).await?;
                store.advance_tus(made.id, 1, None, LONG).await
            })
        });
        let mut open = 0;
        for attempt in attempts.collect::<Vec<_>>() {
            open += u32::from(attempt.await?.is_ok());
        }
        assert!((1..=3).contains(&open), "{open}");
        Ok(())
    })
}

#[test]
fn what_has_expired_is_remembered_for_a_while_without_its_bytes() -> Result<()> {
    on_each_store(|store| async move {
        let id = begun(&store).await?.id;
        write(&store, id, 0, b"some").await?;
        assert_eq!(store.sweep_tus(BATCH).await?, 0, "its time is not over");
        assert_eq!(store.blobs().partial_bytes(id.0).await?, 4);
        store.advance_tus(id, 4, None, Duration::ZERO).await?;
        assert_eq!(state(&store, id).await?, Some(TusState::Expired), "before it is swept");
        assert_eq!(store.sweep_tus(BATCH).await?, 1);
        assert_eq!(state(&store, id).await?, Some(TusState::Expired));
        assert_eq!(store.blobs().partials().await?, [] as [Uuid; 0]);
        assert_eq!(store.sweep_tus(BATCH).await?, 0);
        Ok(())
    })
}

#[test]
fn uploads_of_tasks_that_take_no_files_any_more_are_swept() -> Result<()> {
    on_each_store(|store| async move {
        let cancelled = begun(&store).await?;
        write(&store, cancelled.id, 0, b"some").await?;
        store.cancel(cancelled.task, "cancelled").await?;
        let removed = begun(&store).await?;
        write(&store, removed.id, 0, b"some").await?;
        store.remove_task(removed.task).await?;
        assert_eq!(state(&store, removed.id).await?, None, "at once");
        let awaited = begun(&store).await?;
        write(&store, awaited.id, 0, b"some").await?;
        let orphan = Uuid::now_v7();
        store.blobs().resume(orphan, 0).await?.sync().await?;

        assert_eq!(store.sweep_tus(BATCH).await?, 1);
        assert_eq!(state(&store, cancelled.id).await?, None);
        assert_eq!(store.blobs().partials().await?, [awaited.id.0]);
        store.tus(awaited.id).await?.context("it is still awaited")?;
        store.remove_tus(awaited.id).await?;
        assert_eq!(store.blobs().partials().await?, [] as [Uuid; 0]);
        store.remove_tus(awaited.id).await?;
        Ok(())
    })
}

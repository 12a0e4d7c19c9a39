//! What passes its time: data first, records later; and what a crash left behind.

use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use d2d_api::{FileId, TaskStatus};

use super::{LONG, NODE, artifact, file, new_task, on_each_store, progress};
use crate::{BlobPlace, BlobRef, NewTaskRow, PageResult, Store, StoreError, TaskRow};

const NOW: Option<Duration> = Some(Duration::ZERO);
const MOMENT: Option<Duration> = Some(Duration::from_millis(1));

/// A task that ended well, with these blobs as its file, page and result.
async fn ended(store: &Store, keep: Option<Duration>, [input, page, result]: [&BlobRef; 3]) -> Result<TaskRow> {
    let new = NewTaskRow { expected_files: Some(1), keep, ..new_task("ann") };
    let id = store.create_task(new).await?.task.id;
    store.add_file(id, file(&input.sha256), 1).await?;
    let (_, lease) = store.claim(id, NODE).await?.context("free")?;
    let finished = PageResult { file: FileId::generate(), page: 1, blob: page.sha256.clone() };
    store.checkpoint(&lease, &finished, &progress(50.0, 1, 1)).await?;
    Ok(store.succeed(&lease, &[artifact("txt", &result.sha256)], "done").await?)
}

#[test]
fn data_goes_first_and_its_record_later() -> Result<()> {
    on_each_store(|store| async move {
        let blobs = store.blobs();
        let (shared, page, text) = (blobs.put(b"scan").await?, blobs.put(b"page").await?, blobs.put(b"text").await?);
        let other = store.create_task(new_task("bob")).await?.task.id;
        store.add_file(other, file(&shared.sha256), 2).await?;
        let row = ended(&store, None, [&shared, &page, &text]).await?;
        let (id, hashes) = (row.task.id, [&shared, &page, &text].map(|blob| blob.sha256.clone()));
        drop((shared, page, text));

        assert_eq!(store.overdue(None, 10).await?, [], "kept for ever");
        assert_eq!(store.expire(id, None).await?, None);
        assert_eq!(store.overdue(Some(LONG), 10).await?, []);
        assert_eq!(store.expire(id, Some(LONG)).await?, None);
        assert_eq!(store.overdue(NOW, 10).await?, [id], "what awaits files is not overdue");

        let expired = store.expire(id, NOW).await?.context("overdue")?;
        assert_eq!((expired.task.status, expired.task.seq), (TaskStatus::Expired, row.task.seq + 1));
        assert_eq!((expired.task.finished_at, &expired.task.files[..]), (row.task.finished_at, &[][..]));
        assert_eq!(store.task(id).await?, Some(expired));
        assert_eq!(store.artifacts(id).await?, []);
        assert_eq!(store.finished_pages(id).await?, []);
        assert_eq!(store.plan(id).await?, []);
        assert_eq!(store.log(id).await?.last().map(|entry| entry.status), Some(TaskStatus::Expired));
        assert_eq!(blobs.read(&hashes[0]).await?, b"scan", "another task has it, too");
        for gone in &hashes[1..] {
            assert!(matches!(blobs.read(gone).await, Err(StoreError::NotFound)));
        }
        assert_eq!(store.expire(id, NOW).await?, None, "once");
        assert_eq!(store.overdue(NOW, 10).await?, []);

        assert_eq!(store.outdated_records(LONG, 10).await?, []);
        assert_eq!(store.outdated_records(Duration::ZERO, 10).await?, [id]);
        Ok(())
    })
}

#[test]
fn a_wish_holds_without_a_setting_and_beside_it() -> Result<()> {
    on_each_store(|store| async move {
        let blob = store.blobs().put(b"x").await?;
        let brief = ended(&store, MOMENT, [&blob; 3]).await?.task.id;
        let long = ended(&store, Some(LONG), [&blob; 3]).await?;
        assert_eq!(long.keep, Some(LONG));
        while store.overdue(None, 10).await?.is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!(store.overdue(None, 10).await?, [brief]);
        assert_eq!(store.overdue(Some(LONG), 10).await?, [brief]);
        let mut all = store.overdue(NOW, 10).await?;
        all.sort_unstable();
        assert_eq!(all, [brief, long.task.id], "the setting holds for all");
        assert_eq!(store.expire(long.task.id, None).await?, None);
        assert!(store.expire(brief, None).await?.is_some());
        assert_eq!(store.overdue(None, 10).await?, [], "what is expired is not due again");
        Ok(())
    })
}

#[test]
fn live_tasks_and_retried_ones_do_not_expire() -> Result<()> {
    on_each_store(|store| async move {
        let id = store.create_task(NewTaskRow { keep: MOMENT, ..new_task("ann") }).await?.task.id;
        store.add_file(id, file("a"), 2).await?;
        assert_eq!(store.expire(id, NOW).await?, None, "it awaits files");
        store.queue(id).await?;
        assert_eq!(store.expire(id, NOW).await?, None, "it is queued");
        store.cancel(id, "no").await?;
        let again = store.retry(id, "again", 10, 10).await?;
        assert_eq!(again.task.finished_at, None);
        assert_eq!(store.expire(id, NOW).await?, None, "it is queued again");
        assert_eq!(store.overdue(NOW, 10).await?, []);
        store.cancel(id, "no").await?;
        assert!(store.expire(id, NOW).await?.is_some());
        assert!(matches!(store.retry(id, "again", 10, 10).await, Err(StoreError::Refused(_))), "its files are gone");
        Ok(())
    })
}

#[test]
fn batches_are_bounded() -> Result<()> {
    on_each_store(|store| async move {
        for _ in 0..5 {
            let id = store.create_task(new_task("ann")).await?.task.id;
            store.cancel(id, "no").await?;
        }
        assert_eq!(store.overdue(NOW, 3).await?.len(), 3);
        for id in store.overdue(NOW, 10).await? {
            store.expire(id, NOW).await?;
        }
        assert_eq!(store.outdated_records(Duration::ZERO, 2).await?.len(), 2);
        Ok(())
    })
}

/// As a process leaves it that ends after it removed the record and before it removed the blob.
#[test]
fn orphans_are_found_once_they_are_old_and_nobody_holds_them() -> Result<()> {
    on_each_store(|store| async move {
        let blobs = store.blobs();
        let id = store.create_task(new_task("ann")).await?.task.id;
        let (used, held, orphan) = (blobs.put(b"used").await?, blobs.put(b"held").await?, blobs.put(b"orphan").await?);
        store.add_file(id, file(&used.sha256), 1).await?;
        let hashes = [&used, &held, &orphan].map(|blob| blob.sha256.clone());
        drop((used, orphan));
        let sweep = async |age| -> Result<usize> {
            let mut removed = 0;
            for folder in 0..=u8::MAX {
                removed += store.remove_orphans(&BlobPlace::start_of(folder), age, 10).await?.0;
            }
            Ok(removed)
        };
        assert_eq!(sweep(LONG).await?, 0, "they are new");
        let before = SystemTime::now() - 2 * LONG;
        for hash in &hashes {
            std::fs::File::open(blobs.path(hash))?.set_modified(before)?;
        }
        assert_eq!(sweep(LONG).await?, 1);
        assert!(matches!(blobs.read(&hashes[2]).await, Err(StoreError::NotFound)));
        assert_eq!(blobs.read(&hashes[1]).await?, b"held");
        drop(held);
        assert_eq!(sweep(LONG).await?, 1);
        assert_eq!(blobs.read(&hashes[0]).await?, b"used");
        Ok(())
    })
}

//! Files that are given by URL.

use anyhow::{Context, Result};
use d2d_api::{InputFile, ProblemCode, TaskError, TaskStatus, UrlStatus};

use super::{NODE, file, new_task, on_each_store, seen};
use crate::{Lease, NewTaskRow, Store, StoreError, TaskRow, UrlProgress};

fn with_urls(urls: &[&str], uploads: Option<u32>) -> NewTaskRow {
    let urls = urls.iter().map(|url| (*url).to_owned()).collect();
    NewTaskRow { urls, expected_files: uploads, ..new_task("ann") }
}

async fn fetching(store: &Store, urls: &[&str]) -> Result<(TaskRow, Lease)> {
    let row = store.create_task(with_urls(urls, Some(0))).await?;
    store.claim_to_fetch(row.task.id, NODE).await?.context("nobody else claims it")
}

fn failed(detail: &str) -> TaskError {
    TaskError { code: ProblemCode::FetchFailed, detail: detail.to_owned(), file: None, page: None }
}

fn names(row: &TaskRow) -> Vec<&str> {
    row.task.files.iter().map(|file| file.sha256.as_str()).collect()
}

fn statuses(row: &TaskRow) -> Vec<UrlStatus> {
    row.task.urls.iter().map(|url| url.status).collect()
}

#[test]
fn urls_alone_are_fetched_at_once_and_others_after_the_uploads() -> Result<()> {
    on_each_store(|store| async move {
        let alone = store.create_task(with_urls(&["http://a/", "http://b/"], Some(0))).await?;
        assert_eq!((alone.task.status, alone.task.urls.len()), (TaskStatus::Fetching, 2));
        assert!(alone.task.expires_at.is_none() && alone.task.queued_at.is_none());

        let id = store.create_task(with_urls(&["http://a/"], Some(1))).await?.task.id;
        let row = store.add_file(id, file("a"), 10).await?;
        assert_eq!(row.task.status, TaskStatus::Fetching);
        assert!(matches!(store.add_urls(id, vec!["u".into()], 10, None).await, Err(StoreError::FilesClosed(_))));
        assert!(matches!(store.queue(id).await, Err(StoreError::FilesClosed(TaskStatus::Fetching))));

        let id = store.create_task(with_urls(&[], None)).await?.task.id;
        store.add_file(id, file("a"), 10).await?;
        let urls = vec!["http://a/".to_owned(), "http://b/".to_owned()];
        assert!(matches!(store.add_urls(id, urls.clone(), 2, None).await, Err(StoreError::TooManyFiles)));
        let row = store.add_urls(id, urls, 3, None).await?.row;
        assert_eq!((row.task.status, row.task.urls.len()), (TaskStatus::AwaitingFiles, 2));
        assert!(matches!(store.add_file(id, file("b"), 3).await, Err(StoreError::TooManyFiles)));
        assert_eq!(store.queue(id).await?.task.status, TaskStatus::Fetching);
        Ok(())
    })
}

#[test]
fn files_stand_in_the_order_of_their_urls_whatever_comes_first() -> Result<()> {
    on_each_store(|store| async move {
        let id = store.create_task(with_urls(&["u0", "u1", "u2"], Some(2))).await?.task.id;
        store.add_file(id, file("up0"), 10).await?;
        store.add_file(id, file("up1"), 10).await?;
        let (_, lease) = store.claim_to_fetch(id, NODE).await?.context("nobody else claims it")?;
        let row = store.fetched(&lease, 1, file("f1"), None).await?;
        assert_eq!(names(&row), ["up0", "up1", "f1"]);
        assert_eq!(row.task.urls[1].file, Some(row.task.files[2].id));
        assert_eq!(row.task.urls[1].bytes, 3);
        let row = store.fetched(&lease, 2, file("f2"), None).await?;
        assert_eq!(names(&row), ["up0", "up1", "f1", "f2"]);
        assert_eq!((row.task.status, row.node.as_deref()), (TaskStatus::Fetching, Some(NODE)));
        let row = store.fetched(&lease, 0, file("f0"), None).await?;
        assert_eq!(names(&row), ["up0", "up1", "f0", "f1", "f2"]);
        assert_eq!((row.task.status, row.node.as_deref()), (TaskStatus::Queued, None));
        assert!(row.task.queued_at.is_some() && row.task.error.is_none());
        assert!(matches!(store.fetched(&lease, 0, file("f0"), None).await, Err(StoreError::LeaseLost)));
        let log: Vec<_> = store.log(id).await?.into_iter().map(|entry| entry.status).collect();
        assert_eq!(log, [TaskStatus::AwaitingFiles, TaskStatus::Fetching, TaskStatus::Queued]);
        assert!(store.claim(id, NODE).await?.is_some(), "it can be worked on");
        Ok(())
    })
}

#[test]
fn one_failure_fails_the_task_when_the_others_were_tried() -> Result<()> {
    on_each_store(|store| async move {
        let (row, lease) = fetching(&store, &["u0", "u1", "u2"]).await?;
        let row = {
            drop(row);
            store.not_fetched(&lease, 1, failed("gone")).await?
        };
        assert_eq!((row.task.status, row.task.error), (TaskStatus::Fetching, None));
        store.not_fetched(&lease, 2, failed("gone, too")).await?;
        let row = store.fetched(&lease, 0, file("f0"), None).await?;
        assert_eq!(row.task.status, TaskStatus::Failure);
        assert_eq!((row.task.message.as_str(), &row.task.error), ("gone", &Some(failed("gone"))));
        assert_eq!(row.task.urls[2].error, Some(failed("gone, too")));
        assert_eq!(statuses(&row), [UrlStatus::Done, UrlStatus::Failed, UrlStatus::Failed]);
        assert!(row.task.finished_at.is_some() && row.node.is_none());
        Ok(())
    })
}

#[test]
fn what_is_fetched_stays_when_another_goes_on() -> Result<()> {
    on_each_store(|store| async move {
        let (row, old) = fetching(&store, &["u0", "u1", "u2"]).await?;
        let id = row.task.id;
        let row = store.tell_fetching(&old, &[UrlProgress { index: 1, bytes: 7 }], "one of three").await?;
        assert_eq!((row.task.message.as_str(), row.task.urls[1].bytes), ("one of three", 7));
        assert_eq!(statuses(&row), [UrlStatus::Waiting, UrlStatus::Fetching, UrlStatus::Waiting]);
        store.fetched(&old, 0, file("f0"), None).await?;
        assert!(store.claim_to_fetch(id, "node-2").await?.is_none(), "it is held");
        assert!(store.candidates_to_fetch(5).await?.is_empty());

        let early = seen(&store, TaskStatus::Fetching).await?;
        assert_eq!((&early.lease, early.beat), (&old, 0));
        store.renew_fetching(&old).await?;
        let premature = store.release_fetching_unrenewed(&early.lease, Some(early.beat)).await;
        assert!(matches!(premature, Err(StoreError::LeaseLost)), "it was renewed since: {premature:?}");
        let late = seen(&store, TaskStatus::Fetching).await?;
        let released = store.release_fetching_unrenewed(&late.lease, Some(late.beat)).await?;
        assert_eq!(statuses(&released), [UrlStatus::Done, UrlStatus::Waiting, UrlStatus::Waiting]);
        assert_eq!((released.task.status, released.node.as_ref()), (TaskStatus::Fetching, None));
        assert_eq!(store.candidates_to_fetch(5).await?.len(), 1);
        let (row, new) = store.claim_to_fetch(id, "node-2").await?.context("it is free")?;
        assert_eq!(names(&row), ["f0"]);
        assert!(new.token > old.token);
        for lost in [
            store.renew_fetching(&old).await.err(),
            store.tell_fetching(&old, &[], "still here").await.err(),
            store.fetched(&old, 1, file("f1"), None).await.err(),
            store.not_fetched(&old, 1, failed("late")).await.err(),
            store.release_fetching(&old).await.err(),
        ] {
            assert!(matches!(lost, Some(StoreError::LeaseLost)), "{lost:?}");
        }
        store.renew_fetching(&new).await?;
        Ok(())
    })
}

#[test]
fn a_cancelled_task_takes_no_file_any_more() -> Result<()> {
    on_each_store(|store| async move {
        let (row, lease) = fetching(&store, &["u0", "u1"]).await?;
        store.tell_fetching(&lease, &[UrlProgress { index: 0, bytes: 7 }], "").await?;
        let row = store.cancel(row.task.id, "enough").await?;
        assert_eq!(statuses(&row), [UrlStatus::Waiting, UrlStatus::Waiting]);
        assert!(matches!(store.fetched(&lease, 0, file("f0"), None).await, Err(StoreError::LeaseLost)));
        assert!(matches!(store.renew_fetching(&lease).await, Err(StoreError::LeaseLost)));
        Ok(())
    })
}

#[test]
fn an_account_keeps_no_more_than_it_may() -> Result<()> {
    on_each_store(|store| async move {
        let sized = |name: &str, bytes| InputFile { bytes, ..file(name) };
        let id = store.create_task(with_urls(&["u0"], None)).await?.task.id;
        assert_eq!(store.stored_bytes("ann").await?, 0);
        let row = store.add_file_within(id, sized("a", 60), 10, Some(100)).await?;
        assert_eq!(store.stored_bytes("ann").await?, 60);
        let more = store.add_file_within(id, sized("b", 41), 10, Some(100)).await;
        assert!(matches!(more, Err(StoreError::TooManyBytes)), "{more:?}");
        store.add_file_within(id, sized("b", 40), 10, Some(100)).await?;
        store.remove_file(id, row.task.files[0].id).await?;
        assert_eq!(store.stored_bytes("ann").await?, 40);

        store.queue(id).await?;
        let (_, lease) = store.claim_to_fetch(id, NODE).await?.context("nobody else claims it")?;
        let more = store.fetched(&lease, 0, sized("c", 61), Some(100)).await;
        assert!(matches!(more, Err(StoreError::TooManyBytes)), "{more:?}");
        store.fetched(&lease, 0, sized("c", 10), Some(100)).await?;
        let (_, lease) = store.claim(id, NODE).await?.context("nobody else claims it")?;
        store.succeed(&lease, &[super::artifact("txt", "t"), super::artifact("md", "m")], "done").await?;
        assert_eq!(store.stored_bytes("ann").await?, 60, "its results count");
        assert_eq!(store.stored_bytes("bob").await?, 0);
        store.remove_task(id).await?;
        assert_eq!(store.stored_bytes("ann").await?, 0);
        Ok(())
    })
}

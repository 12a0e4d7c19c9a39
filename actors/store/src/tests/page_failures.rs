//! Pages that can't be converted: kept through attempts, shown, noted, forgotten by a retry.

use anyhow::{Context, Result};
use d2d_api::{FileId, PageCount, PageError, ProblemCode, TaskError, TaskStatus};

use super::{NODE, artifact, claimed, new_task, on_each_store, progress, queued};
use crate::{FailedPage, Lease, NewTaskRow, Progress, Store, StoreError, TaskFilter, TaskRow};

fn failed(file: FileId, page: u32) -> FailedPage {
    FailedPage { file, page, code: ProblemCode::PageTimeout, detail: "too slow".to_owned(), tries: 2 }
}

fn shown(page: u32) -> PageError {
    let (detail, file) = ("too slow".to_owned(), "a scan.png".to_owned());
    PageError { code: ProblemCode::PageTimeout, detail, file, page, tries: 2 }
}

fn at(failed: u32) -> Progress {
    Progress { pages: PageCount { done: 0, total: 9, failed }, ..progress(10.0, 0, 9) }
}

async fn fail_pages(store: &Store, lease: &Lease, file: FileId, pages: &[u32]) -> Result<TaskRow> {
    let mut all = Vec::new();
    let mut row = None;
    for (count, &page) in (1..).zip(pages) {
        all.push(shown(page));
        let note = format!("page {page} failed");
        row = Some(store.fail_page(lease, &failed(file, page), Some(&all), &note, &at(count)).await?);
    }
    row.context("no page")
}

#[test]
fn a_failed_page_outlives_its_attempt_and_ends_with_a_retry() -> Result<()> {
    on_each_store(|store| async move {
        let (row, lease) = claimed(&store).await?;
        let (id, file) = (row.task.id, row.task.files[0].id);
        let row = fail_pages(&store, &lease, file, &[2, 7]).await?;
        assert_eq!((row.task.pages.failed, row.task.page_errors), (2, vec![shown(2), shown(7)]));
        // Another that changes nothing of what is shown.
        let row = store.fail_page(&lease, &failed(file, 8), None, "page 8 failed", &at(3)).await?;
        assert_eq!((row.task.pages.failed, row.task.page_errors.len()), (3, 2));

        store.release(&lease, "going down").await?;
        let (row, lease) = store.claim(id, NODE).await?.context("free")?;
        assert_eq!((row.task.pages.failed, row.task.page_errors.len()), (3, 2), "it goes on where it was");
        assert_eq!(store.failed_pages(id).await?, [2, 7, 8].map(|page| failed(file, page)));

        store.fail(&lease, TaskError::from(shown(2))).await?;
        let again = store.retry(id, "again", 10, 10).await?;
        assert_eq!((again.task.pages.failed, again.task.page_errors), (0, vec![]));
        assert_eq!(store.failed_pages(id).await?, []);
        Ok(())
    })
}

#[test]
fn who_lost_the_lease_fails_no_page() -> Result<()> {
    on_each_store(|store| async move {
        let (row, lease) = claimed(&store).await?;
        let (id, file) = (row.task.id, row.task.files[0].id);
        store.release(&lease, "going down").await?;
        let late = store.fail_page(&lease, &failed(file, 1), None, "late", &at(1)).await;
        assert!(matches!(late, Err(StoreError::LeaseLost)), "{late:?}");
        assert!(matches!(store.note_page(&lease, "late", &at(0)).await, Err(StoreError::LeaseLost)));
        assert_eq!((store.failed_pages(id).await?, store.log(id).await?.len()), (vec![], 4));
        Ok(())
    })
}

#[test]
fn the_log_tells_of_pages_but_not_without_end() -> Result<()> {
    on_each_store(|store| async move {
        let (row, lease) = claimed(&store).await?;
        let before = store.log(row.task.id).await?.len();
        for number in 1..=203 {
            store.note_page(&lease, &format!("note {number}"), &at(0)).await?;
        }
        let log = store.log(row.task.id).await?;
        assert_eq!(log.len() - before, 200);
        assert_eq!((log[before].message.as_str(), log[before].status), ("note 1", TaskStatus::Execution));
        let last = log.last().context("entries")?;
        assert!(last.message.starts_with("note 200;") && last.message.contains("not logged"), "{last:?}");
        let ended = store.succeed(&lease, &[artifact("txt", "text")], "done").await?;
        let last = store.log(row.task.id).await?.pop().context("entries")?;
        assert_eq!((last.seq, last.message.as_str()), (ended.task.seq, "done"), "changes of state always are");
        Ok(())
    })
}

#[test]
fn a_partial_success_keeps_what_is_missing() -> Result<()> {
    on_each_store(|store| async move {
        let row = queued(&store, NewTaskRow { partial: true, ..new_task("ann") }).await?;
        assert!(row.task.partial);
        let (row, lease) = store.claim(row.task.id, NODE).await?.context("free")?;
        fail_pages(&store, &lease, row.task.files[0].id, &[3]).await?;
        let row = store.succeed(&lease, &[artifact("txt", "text")], "8 of 9 pages read").await?;
        assert_eq!((row.task.status, row.task.pages.failed), (TaskStatus::Success, 1));
        assert_eq!(row.task.page_errors, [shown(3)]);
        store.remove_task(row.task.id).await?;
        assert_eq!(store.failed_pages(row.task.id).await?, []);
        Ok(())
    })
}

#[test]
fn dead_letters_are_found_by_what_went_wrong() -> Result<()> {
    on_each_store(|store| async move {
        let mut tasks = Vec::new();
        for number in 0..6 {
            let id = queued(&store, new_task(if number % 2 == 0 { "ann" } else { "bob" })).await?.task.id;
            let (_, lease) = store.claim(id, NODE).await?.context("free")?;
            let code = if number < 3 { ProblemCode::PageCrashed } else { ProblemCode::InputDamaged };
            let error = TaskError { code, detail: "no".to_owned(), file: None, page: None };
            tasks.push(store.fail(&lease, error).await?.task.id);
        }
        let list = async |owner: Option<&str>, code, cursor| -> Result<Vec<usize>> {
            let owner = owner.map(str::to_owned);
            let filter = TaskFilter { status: vec![TaskStatus::Failure], owner, code, ..TaskFilter::default() };
            let rows = store.tasks(&filter, cursor, 2).await?;
            Ok(rows.iter().filter_map(|row| tasks.iter().position(|id| *id == row.task.id)).collect())
        };
        assert_eq!(list(None, Some(ProblemCode::PageCrashed), None).await?, [2, 1]);
        assert_eq!(list(None, Some(ProblemCode::PageCrashed), Some(tasks[1])).await?, [0]);
        assert_eq!(list(Some("bob"), Some(ProblemCode::InputDamaged), None).await?, [5, 3]);
        assert_eq!(list(None, Some(ProblemCode::PageTimeout), None).await?, [0_usize; 0]);
        assert_eq!(list(None, None, None).await?, [5, 4]);
        store.retry(tasks[2], "again", 10, 10).await?;
        assert_eq!(list(None, Some(ProblemCode::PageCrashed), None).await?, [1, 0], "it is none any more");
        Ok(())
    })
}

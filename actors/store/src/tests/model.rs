//! The store against the pure state machine: whatever is done to a task in whatever order, both agree.

use std::time::Duration;

use anyhow::{Context, Result};
use d2d_api::{FileId, ProblemCode, TaskError, TaskId, TaskStatus, Transition, UrlStatus};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use tempfile::TempDir;

use super::{NODE, artifact, file, new_task, open, progress, runtime};
use crate::{Lease, NewTaskRow, PageResult, Store, StoreError, TaskRow};

/// What can be done to a task. With a lease: the newest there was, or one before it.
#[derive(Debug, Clone, Copy)]
enum Deed {
    AddFile,
    RemoveFile,
    AddUrl,
    Queue,
    Cancel,
    ClaimToFetch,
    Fetched(bool, usize),
    NotFetched(bool, usize),
    ReleaseFetching,
    Claim,
    /// Who watches gives it back: it has, or has not, seen the last beat of the lease.
    TakeAway(bool),
    Renew(bool),
    Progress(bool),
    Checkpoint(bool),
    Succeed(bool),
    Fail(bool),
    Release(bool),
    Retry,
    Expire,
}

fn deed() -> impl Strategy<Value = Deed> {
    let newest = prop::bool::weighted(0.8);
    prop_oneof![
        3 => Just(Deed::AddFile),
        1 => Just(Deed::RemoveFile),
        2 => Just(Deed::AddUrl),
        4 => Just(Deed::ClaimToFetch),
        5 => (newest, 0..MAX_FILES).prop_map(|(newest, index)| Deed::Fetched(newest, index)),
        1 => (newest, 0..MAX_FILES).prop_map(|(newest, index)| Deed::NotFetched(newest, index)),
        1 => Just(Deed::ReleaseFetching),
        2 => Just(Deed::Queue),
        1 => Just(Deed::Cancel),
        5 => Just(Deed::Claim),
        2 => any::<bool>().prop_map(Deed::TakeAway),
        1 => newest.prop_map(Deed::Renew),
        2 => newest.prop_map(Deed::Progress),
        2 => newest.prop_map(Deed::Checkpoint),
        1 => newest.prop_map(Deed::Succeed),
        1 => newest.prop_map(Deed::Fail),
        2 => newest.prop_map(Deed::Release),
        2 => Just(Deed::Retry),
        1 => Just(Deed::Expire),
    ]
}

/// What the task should be like.
#[derive(Debug)]
struct Model {
    status: TaskStatus,
    expected: Option<usize>,
    files: Vec<FileId>,
    /// Whether it ever was queued.
    complete: bool,
    /// Whether it does not await uploads any more.
    submitted: bool,
    urls: Vec<UrlStatus>,
    /// All leases there were; the last one counts while the task is in execution, or is fetched by a node.
    leases: Vec<Lease>,
    /// Whether a node fetches it.
    fetched: bool,
    attempt: u32,
    /// Those of them before it was last tried again by its owner's wish.
    attempts_before: u32,
    pages: u32,
    seq: u64,
    logged: usize,
}

const MAX_FILES: usize = 3;

impl Model {
    /// Does the transition if the state machine allows it and `held`; answers whether.
    fn go(&mut self, transition: Transition, held: bool) -> bool {
        let Some(next) = self.status.after(transition).ok().filter(|_| held) else { return false };
        self.status = next;
        self.complete |= next == TaskStatus::Queued;
        self.submitted |= matches!(next, TaskStatus::Queued | TaskStatus::Fetching);
        self.seq += 1;
        self.logged += 1;
        self.fetched = false;
        true
    }

    /// The uploads are here.
    fn proceed(&mut self) -> bool {
        let next = if self.urls.is_empty() { Transition::Queue } else { Transition::Fetch };
        self.go(next, true)
    }

    /// Lets a URL end so, if it may; the last one ends the fetching. Answers whether.
    fn settle(&mut self, newest: bool, index: usize, end: UrlStatus) -> bool {
        let open = self.urls.get(index) == Some(&UrlStatus::Waiting);
        if !(newest && self.fetched && open) {
            return false;
        }
        self.urls[index] = end;
        if self.urls.contains(&UrlStatus::Waiting) {
            self.seq += 1;
            return true;
        }
        let failed = self.urls.contains(&UrlStatus::Failed);
        self.go(if failed { Transition::Fail } else { Transition::Queue }, true)
    }

    /// What failed or was cancelled is tried again, if its files were here once or can be fetched.
    fn retry(&mut self) -> bool {
        let lacks = self.urls.iter().any(|url| *url != UrlStatus::Done);
        let fits = if lacks {
            self.go(Transition::Refetch, self.submitted)
        } else {
            self.go(Transition::Retry, self.complete)
        };
        if fits {
            self.attempts_before = self.attempt;
            self.urls.iter_mut().filter(|url| **url != UrlStatus::Done).for_each(|url| *url = UrlStatus::Waiting);
        }
        fits
    }

    fn lease(&self, newest: bool) -> Lease {
        let mut leases = self.leases.iter().rev();
        let lease = if newest { leases.next() } else { leases.nth(1) };
        lease.cloned().unwrap_or(Lease { task: TaskId::generate(), node: NODE.to_owned(), token: 0 })
    }

    fn holds(&self, newest: bool) -> bool {
        newest && self.status == TaskStatus::Execution
    }
}

/// Does `deed` to both; answers what the store said, and whether it should have been done.
async fn act(store: &Store, id: TaskId, model: &mut Model, deed: Deed) -> Result<(Result<TaskRow, StoreError>, bool)> {
    let awaiting = model.status.takes_files();
    Ok(match deed {
        Deed::AddFile => {
            let new = file("x");
            let most = MAX_FILES - model.urls.len();
            let fits = awaiting && model.files.len() < model.expected.unwrap_or(MAX_FILES).min(most);
            if fits {
                model.files.push(new.id);
                if model.expected == Some(model.files.len()) {
                    model.proceed();
                } else {
                    model.seq += 1;
                }
            }
            (store.add_file(id, new, u32::try_from(MAX_FILES)?).await, fits)
        }
        Deed::RemoveFile => {
            let first = model.files.first().copied();
            let fits = awaiting && first.is_some();
            if fits {
                model.files.remove(0);
                model.seq += 1;
            }
            (store.remove_file(id, first.unwrap_or(FileId::generate())).await, fits)
        }
        Deed::AddUrl => {
            let uploads = model.files.len().max(model.expected.unwrap_or(0));
            let fits = awaiting && uploads + model.urls.len() < MAX_FILES;
            if fits {
                model.urls.push(UrlStatus::Waiting);
                model.seq += 1;
            }
            let urls = vec!["http://example.org/".to_owned()];
            let answer = store.add_urls(id, urls, u32::try_from(MAX_FILES)?, None).await;
            (answer.map(|answer| answer.row), fits)
        }
        Deed::Queue => {
            let some = model.files.len() + model.urls.len() > 0;
            (store.queue(id).await, awaiting && some && model.proceed())
        }
        Deed::ClaimToFetch | Deed::Fetched(..) | Deed::NotFetched(..) | Deed::ReleaseFetching => {
            fetch(store, id, model, deed).await?
        }
        Deed::Cancel => (store.cancel(id, "no").await, model.go(Transition::Cancel, true)),
        Deed::Claim => claim(store, id, model).await?,
        Deed::TakeAway(saw_last) => take_away(store, model, saw_last).await?,
        Deed::Renew(newest) => {
            let renewed = store.renew(&model.lease(newest)).await;
            let row = store.task(id).await?.context("there")?;
            (renewed.map(|()| row), model.holds(newest))
        }
        Deed::Progress(newest) => {
            let fits = model.holds(newest);
            model.seq += u64::from(fits);
            (store.progress(&model.lease(newest), &progress(1.0, model.pages, 9)).await, fits)
        }
        Deed::Checkpoint(newest) => {
            let fits = model.holds(newest);
            model.seq += u64::from(fits);
            model.pages += u32::from(fits);
            let page = PageResult { file: FileId::generate(), page: 1, blob: "b".to_owned() };
            (store.checkpoint(&model.lease(newest), &page, &progress(1.0, model.pages, 9)).await, fits)
        }
        Deed::Succeed(newest) => {
            let lease = model.lease(newest);
            let fits = model.go(Transition::Succeed, newest);
            (store.succeed(&lease, &[artifact("txt", "t")], "done").await, fits)
        }
        Deed::Fail(newest) => {
            // The state machine lets a queued task fail, too; without a lease nobody does it.
            let held = model.holds(newest) || newest && model.fetched;
            (store.fail(&model.lease(newest), fault()).await, model.go(Transition::Fail, held))
        }
        Deed::Release(newest) => {
            let fits = model.go(Transition::Release, newest);
            model.attempt -= u32::from(fits);
            (store.release(&model.lease(newest), "drained").await, fits)
        }
        Deed::Retry => (store.retry(id, "again", 10_000, 10_000).await, model.retry()),
        Deed::Expire => {
            // The state machine lets a task expire that awaits files, too; its data is due only after an end.
            let ended = model.status.is_terminal();
            let fits = model.go(Transition::Expire, ended);
            if fits {
                (model.pages, model.files) = (0, vec![]);
            }
            let expired = store.expire(id, Some(Duration::ZERO)).await?;
            (expired.ok_or(StoreError::LeaseLost), fits)
        }
    })
}

/// As [`act`], for who claims a queued task.
async fn claim(store: &Store, id: TaskId, model: &mut Model) -> Result<(Result<TaskRow, StoreError>, bool)> {
    let fits = model.go(Transition::Claim, true);
    let claimed = store.claim(id, NODE).await?;
    if let Some((_, lease)) = &claimed {
        anyhow::ensure!(model.leases.iter().all(|old| old.token < lease.token), "tokens grow");
        model.leases.push(lease.clone());
        model.attempt += 1;
    }
    Ok((claimed.map(|(row, _)| row).ok_or(StoreError::LeaseLost), fits))
}

/// As [`act`], for one who watches the leases, and has seen the last beat or not.
async fn take_away(store: &Store, model: &mut Model, saw_last: bool) -> Result<(Result<TaskRow, StoreError>, bool)> {
    let leases = store.leases(TaskStatus::Execution).await?;
    let tries = model.attempt - model.attempts_before;
    let fits = model.go(Transition::Release, saw_last && model.status == TaskStatus::Execution);
    anyhow::ensure!(leases.len() <= 1 && leases.iter().all(|seen| seen.tries == tries), "{leases:?}");
    let Some(seen) = leases.first() else { return Ok((Err(StoreError::LeaseLost), fits)) };
    let beat = if saw_last { seen.beat } else { seen.beat + 1 };
    Ok((store.retry_later(&seen.lease, Some(beat), "its node is dead", Duration::ZERO).await, fits))
}

fn fault() -> TaskError {
    TaskError { code: ProblemCode::Internal, detail: "no".to_owned(), file: None, page: None }
}

/// As [`act`], for what is done about files given by URL.
async fn fetch(
    store: &Store,
    id: TaskId,
    model: &mut Model,
    deed: Deed,
) -> Result<(Result<TaskRow, StoreError>, bool)> {
    Ok(match deed {
        Deed::ClaimToFetch => {
            let fits = model.status == TaskStatus::Fetching && !model.fetched;
            let claimed = store.claim_to_fetch(id, NODE).await?;
            if let Some((_, lease)) = &claimed {
                anyhow::ensure!(model.leases.iter().all(|old| old.token < lease.token), "tokens grow");
                model.leases.push(lease.clone());
                model.seq += 1;
                model.fetched = true;
            }
            (claimed.map(|(row, _)| row).ok_or(StoreError::LeaseLost), fits)
        }
        Deed::Fetched(newest, index) => {
            let new = file("x");
            let lease = model.lease(newest);
            let fits = model.settle(newest, index, UrlStatus::Done);
            if fits {
                let later = model.urls[index + 1..].iter().filter(|url| **url == UrlStatus::Done).count();
                model.files.insert(model.files.len() - later, new.id);
            }
            (store.fetched(&lease, index, new, None).await, fits)
        }
        Deed::NotFetched(newest, index) => {
            let lease = model.lease(newest);
            let fits = model.settle(newest, index, UrlStatus::Failed);
            (store.not_fetched(&lease, index, fault()).await, fits)
        }
        _ => {
            let fits = std::mem::take(&mut model.fetched);
            model.seq += u64::from(fits);
            match store.leases(TaskStatus::Fetching).await?.pop() {
                Some(seen) => (store.release_fetching_unrenewed(&seen.lease, Some(seen.beat)).await, fits),
                None => (Err(StoreError::LeaseLost), fits),
            }
        }
    })
}

async fn agree(store: &Store, expected: Option<usize>, deeds: &[Deed]) -> Result<()> {
    let announced = expected.map(u32::try_from).transpose()?;
    let id = store.create_task(NewTaskRow { expected_files: announced, ..new_task("ann") }).await?.task.id;
    let mut model = Model {
        status: TaskStatus::AwaitingFiles,
        expected,
        files: vec![],
        complete: false,
        submitted: false,
        urls: vec![],
        leases: vec![],
        fetched: false,
        attempt: 0,
        attempts_before: 0,
        pages: 0,
        seq: 1,
        logged: 1,
    };
    for deed in deeds {
        let (answer, should) = act(store, id, &mut model, *deed).await?;
        anyhow::ensure!(answer.is_ok() == should, "{deed:?}: {answer:?} with {model:?}");
        let row = store.task(id).await?.context("there")?;
        if let Ok(after) = answer {
            anyhow::ensure!(after == row, "{deed:?} answers the task after it");
        }
        let files: Vec<_> = row.task.files.iter().map(|file| file.id).collect();
        let seen = (row.task.status, row.task.attempt, row.task.seq, files.as_slice());
        let meant = (model.status, model.attempt, model.seq, model.files.as_slice());
        anyhow::ensure!(seen == meant, "{deed:?}: {row:?} with {model:?}");
        let urls: Vec<_> = row.task.urls.iter().map(|url| url.status).collect();
        anyhow::ensure!(urls == model.urls, "{deed:?}: {row:?} with {model:?}");
        anyhow::ensure!(row.node.is_some() == (model.status == TaskStatus::Execution || model.fetched), "{row:?}");
        anyhow::ensure!(row.task.finished_at.is_some() == model.status.is_terminal(), "{row:?}");
        let in_execution = row.task.started_at.is_some() || model.status != TaskStatus::Execution;
        anyhow::ensure!(in_execution, "{row:?}");
    }
    let log = store.log(id).await?;
    anyhow::ensure!(log.len() == model.logged, "{log:?} with {model:?}");
    anyhow::ensure!(log.last().map(|entry| entry.status) == Some(model.status), "{log:?}");
    anyhow::ensure!(store.finished_pages(id).await?.len() == usize::try_from(model.pages)?, "{model:?}");
    let results = store.artifacts(id).await?.len();
    anyhow::ensure!(results == usize::from(model.status == TaskStatus::Success), "{model:?}");
    store.remove_task(id).await?;
    Ok(())
}

#[test]
fn the_store_agrees_with_the_state_machine() -> Result<()> {
    let runtime = runtime()?;
    let dir = TempDir::new()?;
    let store = runtime.block_on(open("mem://", dir.path()))?;
    let mut runner = TestRunner::new(Config { cases: 32, failure_persistence: None, ..Config::default() });
    let histories = (prop::option::of(1..=MAX_FILES), prop::collection::vec(deed(), 1..24));
    runner.run(&histories, |(expected, deeds)| {
        let store = store.clone();
        runtime
            .block_on(runtime.spawn(async move { Box::pin(agree(&store, expected, &deeds)).await }))
            .map_err(|error| TestCaseError::fail(error.to_string()))?
            .map_err(|error| TestCaseError::fail(format!("{error:#}")))
    })?;
    Ok(())
}

//! One user's flood against another's single page, with pages that take a known time.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use d2d_api::{NewTask, NewTaskFiles, Task, TaskId, TaskStatus};
use d2d_tests::harness::{Ask, Client, Daemon, Upload};
use d2d_tests::null;
use serde_json::json;

/// How long a page takes: long against all that is done around it, on a busy machine, too.
const PAGE: Duration = Duration::from_secs(2);
/// What may be added to that: registering, sending, committing, on a machine that runs other tests beside.
const AROUND: Duration = Duration::from_millis(1500);

fn pages(count: u32, page: Duration, priority: i32) -> NewTask {
    NewTask {
        service: "null".to_owned(),
        params: Some(json!({ "pages": count, "page_ms": u64::try_from(page.as_millis()).unwrap_or_default() })),
        files: Some(NewTaskFiles { expected: Some(1) }),
        priority: Some(priority),
        ..NewTask::default()
    }
}

async fn queue(client: &Client, new: &NewTask, seed: u64) -> Result<TaskId> {
    let id = client.register(new).await?.id;
    client.upload(id, &[Upload::new("a.pdf", null::file(seed))]).await?;
    Ok(id)
}

/// From the moment at which it was queued to its end, by the clock of the service.
fn waited(task: &Task) -> Result<Duration> {
    let (queued, finished) = (task.queued_at.context("queued")?, task.finished_at.context("ended")?);
    Ok((finished - queued).to_std()?)
}

async fn single_page_beside(flood: &[NewTask], workers: &str) -> Result<()> {
    let daemon = Daemon::null(&[("ocr.workers", workers)]).await?;
    let (anna, berta) = (daemon.user("anna").await?, daemon.user("berta").await?);
    let mut ids = Vec::new();
    for (seed, new) in (0..).zip(flood) {
        ids.push(queue(&anna, new, seed).await?);
    }
    anna.task_when(ids[0], "has done a page", |task| task.pages.done > 0).await?;
    for round in 0..3 {
        let id = queue(&berta, &pages(1, PAGE, -100), 1_000 + round).await?;
        let task = berta.ended(id).await?;
        ensure!(task.status == TaskStatus::Success, "{task:?}");
        let took = waited(&task)?;
        println!("{workers} workers, {} tasks of another user: a single page of {PAGE:?} took {took:?}", flood.len());
        ensure!(took <= 2 * PAGE + AROUND, "{took:?} for a page of {PAGE:?}");
    }
    let first = anna.task(ids[0]).await?;
    ensure!(first.status == TaskStatus::Execution, "the flood is over: {first:?}");
    anna.post(&format!("/tasks/{}/cancel", ids[0])).ask().await?.expect(202)?;
    Ok(())
}

#[tokio::test]
async fn a_single_page_does_not_wait_for_the_thousand_pages_of_another() -> Result<()> {
    single_page_beside(&[pages(1_000, PAGE, 100)], "1").await
}

#[tokio::test]
async fn nor_for_many_tasks_whose_user_takes_every_place() -> Result<()> {
    let flood: Vec<_> = (0..20).map(|_| pages(50, PAGE, 100)).collect();
    single_page_beside(&flood, "2").await
}

#[tokio::test]
async fn a_user_runs_no_more_tasks_than_the_settings_say() -> Result<()> {
    let daemon = Daemon::null(&[("ocr.workers", "2"), ("tasks.running_per_user", "1")]).await?;
    let (anna, berta) = (daemon.user("anna").await?, daemon.user("berta").await?);
    let first = queue(&anna, &pages(30, PAGE, 0), 1).await?;
    anna.task_when(first, "runs", |task| task.status == TaskStatus::Execution).await?;
    let second = queue(&anna, &pages(1, PAGE, 0), 2).await?;
    // Another user's task that came later passes it: there are places.
    let other = queue(&berta, &pages(1, Duration::ZERO, 0), 3).await?;
    ensure!(berta.ended(other).await?.status == TaskStatus::Success);
    ensure!(anna.task(second).await?.status == TaskStatus::Queued, "it is the second of its user");
    anna.post(&format!("/tasks/{first}/cancel")).ask().await?.expect(202)?;
    ensure!(anna.ended(second).await?.status == TaskStatus::Success);
    Ok(())
}

/// How long it takes from `queued` to `execution` when nothing else is to do, and how many tasks a second get through.
#[tokio::test]
#[ignore = "tells figures; nothing fails"]
async fn how_long_tasks_wait_for_nothing() -> Result<()> {
    let daemon = Daemon::null(&[("ocr.workers", "2")]).await?;
    let anna = daemon.user("anna").await?;
    let started = async |id| -> Result<f64> {
        let task = anna.ended(id).await?;
        let wait = task.started_at.context("started")? - task.queued_at.context("queued")?;
        Ok(wait.to_std()?.as_secs_f64() * 1e3)
    };
    let mut waits = Vec::new();
    for seed in 0..200 {
        waits.push(started(queue(&anna, &pages(1, Duration::ZERO, 0), seed).await?).await?);
    }
    let began = Instant::now();
    let burst = futures_util::future::try_join_all((0..200).map(|seed| {
        let anna = &anna;
        async move { queue(anna, &pages(1, Duration::ZERO, 0), seed).await }
    }));
    let ids = burst.await?;
    let queued = began.elapsed();
    let mut burst = Vec::new();
    for id in &ids {
        burst.push(started(*id).await?);
    }
    println!("200 at once: queued in {queued:?}, done in {:?}", began.elapsed());
    for (name, mut waits) in [("idle", waits), ("burst of 200", burst)] {
        waits.sort_by(f64::total_cmp);
        let at = |part: usize| waits[waits.len() * part / 100];
        println!("{name}: from queued to execution p50 {:.1} ms, p90 {:.1} ms, p99 {:.1} ms", at(50), at(90), at(99));
    }
    Ok(())
}

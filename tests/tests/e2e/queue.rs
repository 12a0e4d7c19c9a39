//! Steps 6 to 8: the task waits its turn, is processed, and tells how far it is.

use anyhow::{Context, Result};
use d2d_api::{Frame, FrameType, Task, TaskStatus};
use d2d_tests::harness::{Ask, Daemon, Events, Upload, ocr, shared};
use d2d_tests::page::document;
use serde_json::json;

fn scan() -> Result<Upload> {
    Upload::line("page.png", "Waiting its turn")
}

#[tokio::test]
async fn a_task_passes_all_its_states_in_order() -> Result<()> {
    use TaskStatus::{AwaitingFiles, Execution, Queued, Success};
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = anna.convert(&[scan()?], json!({"formats": ["txt"]})).await?;
    assert_eq!(task.status, Success);
    assert_eq!((task.attempt, task.pages.done, task.pages.total), (1, 1, 1));
    assert!((task.progress - 100.0).abs() < f64::EPSILON, "{}", task.progress);
    assert!(task.error.is_none() && task.queue_position.is_none() && task.eta_seconds.is_none());
    let times = [Some(task.created_at), task.queued_at, task.started_at, task.finished_at];
    assert!(times.iter().all(Option::is_some) && times.is_sorted(), "{times:?}");

    let log = anna.log(task.id).await?.items;
    let states: Vec<_> = log.iter().map(|entry| entry.status).collect();
    assert_eq!(states, [AwaitingFiles, Queued, Execution, Success]);
    assert!(log.is_sorted_by(|before, after| before.seq < after.seq && before.time <= after.time), "{log:?}");
    assert!(log.iter().all(|entry| !entry.message.is_empty()), "{log:?}");
    assert_eq!(log.last().map(|entry| entry.seq), Some(task.seq));
    Ok(())
}

#[tokio::test]
async fn a_running_task_tells_what_it_does_and_how_far_it_is() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = anna.register(&ocr(1, json!({"formats": ["txt"]}))).await?;
    anna.upload(task.id, &[Upload::book(&document(4)?)?]).await?;
    let halfway = anna.task_when(task.id, "has read a page", |task| task.pages.done > 0).await?;
    assert_eq!(halfway.pages.total, 4);
    if halfway.status == TaskStatus::Execution {
        assert!(halfway.progress > 0.0 && halfway.progress < 100.0, "{halfway:?}");
        assert!(!halfway.message.is_empty() && halfway.started_at.is_some(), "{halfway:?}");
    }
    let end = anna.ended(task.id).await?;
    assert_eq!((end.status, end.pages.done), (TaskStatus::Success, 4));
    Ok(())
}

#[tokio::test]
async fn waiting_tasks_know_their_place() -> Result<()> {
    let daemon = Daemon::with(&[("tasks.running", "1")]).await?;
    let anna = daemon.user("anna").await?;
    let long = anna.register(&ocr(1, json!({}))).await?;
    anna.upload(long.id, &[Upload::book(&document(30)?)?]).await?;
    anna.task_when(long.id, "runs", |task| task.status == TaskStatus::Execution).await?;

    let mut waiting = Vec::new();
    for _ in 0..3 {
        let task = anna.register(&ocr(1, json!({}))).await?;
        waiting.push(anna.upload(task.id, &[scan()?]).await?.task.id);
    }
    for (place, id) in (0..).zip(&waiting) {
        let task = anna.task(*id).await?;
        assert_eq!((task.status, task.queue_position), (TaskStatus::Queued, Some(place)), "{task:?}");
    }
    // The first leaves: the others move up. What was started moves them too.
    anna.post(&format!("/tasks/{}/cancel", waiting[0])).ask().await?.expect(202)?;
    assert_eq!(anna.task(waiting[1]).await?.queue_position, Some(0));
    anna.post(&format!("/tasks/{}/cancel", long.id)).ask().await?.expect(202)?;
    for id in &waiting[1..] {
        assert_eq!(anna.ended(*id).await?.status, TaskStatus::Success);
    }
    Ok(())
}

#[tokio::test]
async fn a_higher_priority_goes_first_among_ones_own() -> Result<()> {
    let daemon = Daemon::with(&[("tasks.running", "1")]).await?;
    let anna = daemon.user("anna").await?;
    let long = anna.register(&ocr(1, json!({}))).await?;
    anna.upload(long.id, &[Upload::book(&document(30)?)?]).await?;
    anna.task_when(long.id, "runs", |task| task.status == TaskStatus::Execution).await?;
    let mut ids = Vec::new();
    for priority in [0, 50] {
        let task = anna.register(&d2d_api::NewTask { priority: Some(priority), ..ocr(1, json!({})) }).await?;
        ids.push(anna.upload(task.id, &[scan()?]).await?.task.id);
    }
    anna.post(&format!("/tasks/{}/cancel", long.id)).ask().await?.expect(202)?;
    let (plain, urgent): (Task, Task) = (anna.ended(ids[0]).await?, anna.ended(ids[1]).await?);
    assert!(urgent.started_at < plain.started_at, "the plain one was started first");
    Ok(())
}

#[tokio::test]
async fn a_long_poll_answers_when_something_changed_and_not_before() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = anna.register(&ocr(1, json!({}))).await?;
    let path = format!("/tasks/{}", task.id);
    let tag = anna.get(&path).ask().await?.expect(200)?.header("etag").to_owned();
    let unchanged = anna.get(&format!("{path}?wait=1")).header("if-none-match", &tag).ask().await?.expect(304)?;
    assert!(unchanged.body.is_empty() && unchanged.header("etag") == tag);

    let poll = anna.get(&format!("{path}?wait=60")).header("if-none-match", &tag).ask();
    let upload = async { anna.upload(task.id, &[scan()?]).await };
    let (changed, uploaded) = tokio::join!(poll, upload);
    let (changed, uploaded) = (changed?.expect(200)?, uploaded?);
    assert_ne!(changed.header("etag"), tag);
    let news: Task = changed.json()?;
    assert!(news.seq > task.seq && news.seq <= uploaded.task.seq + 100, "{news:?}");
    anna.ended(task.id).await?;
    Ok(())
}

#[tokio::test]
async fn who_watches_a_waiting_task_sees_it_move_up() -> Result<()> {
    let daemon = Daemon::with(&[("tasks.running", "1")]).await?;
    let anna = daemon.user("anna").await?;
    let long = anna.register(&ocr(1, json!({}))).await?;
    anna.upload(long.id, &[Upload::book(&document(60)?)?]).await?;
    anna.task_when(long.id, "runs", |task| task.status == TaskStatus::Execution).await?;
    let mut waiting = Vec::new();
    for _ in 0..3 {
        let task = anna.register(&ocr(1, json!({}))).await?;
        waiting.push(anna.upload(task.id, &[scan()?]).await?.task);
    }
    let last = &waiting[2];
    let (mut one, mut all) = (anna.socket(&format!("/tasks/{}/ws", last.id)).await?, anna.socket("/tasks/ws").await?);
    let mut events = Events::open(anna.get(&format!("/tasks/{}/events", last.id))).await?;
    let place = |frame: &Frame| frame.task.as_ref().and_then(|task| task.queue_position);
    let first = one.frame().await?.context("closed")?;
    assert_eq!((first.kind, place(&first), first.seq), (FrameType::Snapshot, Some(2), last.seq));
    events.next().await?.context("ended")?;

    let path = format!("/tasks/{}", last.id);
    let tag = anna.get(&path).ask().await?.expect(200)?.header("etag").to_owned();
    let poll = anna.get(&format!("{path}?wait=60")).header("if-none-match", &tag).ask();
    let leave = async { anna.delete(&format!("/tasks/{}", waiting[0].id)).ask().await?.expect(204) };
    let (polled, left) = tokio::join!(poll, leave);
    left?;
    let polled: Task = polled?.expect(200)?.json()?;
    assert_eq!((polled.queue_position, polled.seq), (Some(1), last.seq), "nothing else of it has changed");
    for moved in [one.frame().await?.context("closed")?, events.next().await?.context("ended")?.frame] {
        assert_eq!((moved.kind, place(&moved), moved.seq), (FrameType::Update, Some(1), last.seq));
    }
    let told = loop {
        let frame = all.frame().await?.context("closed")?;
        if frame.task.as_ref().is_some_and(|task| task.id == last.id) && place(&frame) == Some(1) {
            break frame;
        }
    };
    assert_eq!(told.seq, last.seq);
    anna.post(&format!("/tasks/{}/cancel", long.id)).ask().await?.expect(202)?;
    assert_eq!(anna.ended(last.id).await?.status, TaskStatus::Success);
    Ok(())
}

#[tokio::test]
async fn conditions_of_a_poll_are_those_of_rfc_9110() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = anna.convert(&[scan()?], json!({})).await?;
    let path = format!("/tasks/{}?wait=60", task.id);
    let tag = anna.get(&path).ask().await?.expect(200)?.header("etag").to_owned();
    assert!(tag.starts_with("W/\""), "{tag}");
    let strong = tag.trim_start_matches("W/");
    // An ended task is answered at once, whatever the client knows of it.
    for known in [tag.as_str(), strong, "*", &format!("\"other\", {tag}")] {
        let same = anna.get(&path).header("if-none-match", known).ask().await?.expect(304)?;
        assert!(same.body.is_empty() && same.header("etag") == tag, "{known}");
    }
    anna.get(&path).header("if-none-match", "\"other\"").ask().await?.expect(200)?;
    Ok(())
}

//! Changes as server-sent events.

use anyhow::{Context, Result};
use d2d_api::{FrameType, ProblemCode, TaskId, TaskStatus};
use d2d_tests::harness::{Ask, Client, Event, Events, Upload, ocr, shared};
use serde_json::json;

fn scan() -> Result<Upload> {
    Upload::line("page.png", "Told in a stream")
}

fn path(id: TaskId) -> String {
    format!("/tasks/{id}/events")
}

async fn events(client: &Client, id: TaskId) -> Result<Events> {
    Events::open(client.get(&path(id))).await
}

fn kinds(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.kind.as_str()).collect()
}

#[tokio::test]
async fn the_frames_are_those_of_the_websocket() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = anna.register(&ocr(1, json!({"formats": ["txt"]}))).await?;
    let mut stream = events(&anna, task.id).await?;
    let mut all = vec![stream.next().await?.context("it ended at once")?];
    assert_eq!((all[0].kind.as_str(), all[0].id.as_str()), ("snapshot", "1"));
    anna.upload(task.id, &[scan()?]).await?;
    all.extend(stream.all().await?);
    let (first, last) = (all.first().context("no event")?, all.last().context("no event")?);
    assert_eq!((first.frame.kind, last.frame.kind), (FrameType::Snapshot, FrameType::Done));
    assert!(kinds(&all[1..all.len() - 1]).iter().all(|kind| *kind == "update"), "{all:?}");
    assert!(all.iter().all(|event| event.id == event.frame.seq.to_string()), "{all:?}");
    assert!(all.is_sorted_by_key(|event| event.frame.seq), "{all:?}");
    assert_eq!(last.frame.task.as_ref().map(|task| task.status), Some(TaskStatus::Success));
    assert_eq!(last.frame.seq, anna.task(task.id).await?.seq);
    Ok(())
}

#[tokio::test]
async fn who_comes_again_goes_on_where_it_was() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = anna.register(&ocr(1, json!({}))).await?;
    // Nothing new: no snapshot, so the first event is the next change. A client that comes again has the address that it
    // first came with.
    let base = path(task.id);
    let mut streams = vec![
        Events::open(anna.get(&base).header("last-event-id", "1")).await?,
        Events::open(anna.get(&format!("{base}?since=1"))).await?,
        Events::open(anna.get(&format!("{base}?since=0")).header("last-event-id", "1")).await?,
    ];
    anna.upload(task.id, &[scan()?]).await?;
    for stream in &mut streams {
        let next = stream.next().await?.context("it ended")?;
        assert!(next.kind != "snapshot" && next.frame.seq > 1, "{next:?}");
        assert_eq!(stream.all().await?.last().map(|event| event.kind.clone()).as_deref(), Some("done"));
    }

    // Something new: a snapshot. What is no `seq` of ours says nothing.
    for last in ["1", "x", ""] {
        let missed = Events::open(anna.get(&path(task.id)).header("last-event-id", last)).await?.all().await?;
        assert_eq!(kinds(&missed), ["snapshot", "done"], "{last}");
    }
    Ok(())
}

#[tokio::test]
async fn who_saw_the_end_is_told_not_to_come_again() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = anna.convert(&[scan()?], json!({})).await?;
    let all = events(&anna, task.id).await?.all().await?;
    assert_eq!(kinds(&all), ["snapshot", "done"]);
    let last = &all[1].id;
    anna.get(&path(task.id)).header("last-event-id", last).ask().await?.expect(204)?;
    anna.get(&format!("{}?since={last}", path(task.id))).ask().await?.expect(204)?;
    Ok(())
}

#[tokio::test]
async fn who_may_not_watch_gets_no_stream() -> Result<()> {
    let daemon = shared().await?;
    let (anna, berta) = (daemon.user("anna").await?, daemon.user("berta").await?);
    let task = anna.register(&ocr(1, json!({}))).await?;
    anna.anonymous().get(&path(task.id)).ask().await?.problem(ProblemCode::AuthMissingToken)?;
    anna.with_token("no token").get(&path(task.id)).ask().await?.problem(ProblemCode::AuthBadToken)?;
    berta.get(&path(task.id)).ask().await?.problem(ProblemCode::TaskNotFound)?;
    let odd = anna.get(&format!("{}?since=x", path(task.id))).ask().await?.problem(ProblemCode::RequestInvalid)?;
    assert_eq!(odd.errors[0].pointer, "/query/since");
    Ok(())
}

#[tokio::test]
async fn a_removed_task_ends_its_stream() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = anna.register(&ocr(1, json!({}))).await?;
    let mut stream = events(&anna, task.id).await?;
    stream.next().await?.context("it ended at once")?;
    anna.delete(&format!("/tasks/{}", task.id)).ask().await?.expect(204)?;
    let rest = stream.all().await?;
    assert_eq!(kinds(&rest), ["done"]);
    assert_eq!(rest[0].frame.task.as_ref().map(|task| task.status), Some(TaskStatus::Cancelled));
    Ok(())
}

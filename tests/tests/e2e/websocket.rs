//! Step 9: changes are pushed over a websocket.

use anyhow::{Context, Result, bail};
use d2d_api::{Frame, FrameType, ProblemCode, TaskId, TaskStatus};
use d2d_tests::harness::{Ask, Client, Daemon, Upload, ocr, shared};
use d2d_tests::page::document;
use serde_json::json;

fn scan() -> Result<Upload> {
    Upload::line("page.png", "Pushed, not polled")
}

async fn register(client: &Client) -> Result<TaskId> {
    Ok(client.register(&ocr(1, json!({"formats": ["txt"]}))).await?.id)
}

/// What holds for all frames of one task: the snapshot first, `done` last and only last, each newer than the one before,
/// progress that never goes back.
fn check_order(frames: &[Frame], id: TaskId) -> Result<()> {
    let tasks: Vec<_> =
        frames.iter().map(|frame| frame.task.clone().context("a frame without a task")).collect::<Result<_>>()?;
    let kinds: Vec<_> = frames.iter().map(|frame| frame.kind).collect();
    let (first, last) = (kinds.first().context("no frame")?, kinds.last().context("no frame")?);
    assert_eq!((*first, *last), (FrameType::Snapshot, FrameType::Done));
    assert!(kinds[1..kinds.len() - 1].iter().all(|kind| *kind == FrameType::Update), "{kinds:?}");
    assert!(frames.iter().all(|frame| frame.v == 1) && tasks.iter().all(|task| task.id == id));
    assert!(frames.is_sorted_by_key(|frame| frame.seq), "{frames:?}");
    for (before, after) in tasks.iter().zip(&tasks[1..]) {
        if before.attempt == after.attempt {
            assert!(before.progress <= after.progress, "{before:?} then {after:?}");
            assert!(before.pages.done <= after.pages.done, "{before:?} then {after:?}");
        }
        assert!(!before.status.is_terminal() || before == after, "{before:?} then {after:?}");
    }
    Ok(())
}

#[tokio::test]
async fn the_whole_way_is_told_from_the_snapshot_to_the_end() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let id = register(&anna).await?;
    let mut socket = anna.socket(&format!("/tasks/{id}/ws")).await?;
    let snapshot = socket.frame().await?.context("closed at once")?;
    assert_eq!(snapshot.task.as_ref().map(|task| task.status), Some(TaskStatus::AwaitingFiles));
    anna.upload(id, &[Upload::book(&document(5)?)?]).await?;
    let mut frames = vec![snapshot];
    frames.extend(socket.frames().await?);
    check_order(&frames, id)?;
    let tasks: Vec<_> = frames.iter().filter_map(|frame| frame.task.as_ref()).collect();
    let running: Vec<_> = tasks.iter().filter(|task| task.status == TaskStatus::Execution).collect();
    assert!(
        running.iter().any(|task| task.pages.total == 5 && task.pages.done > 0 && task.pages.done < 5),
        "{running:?}"
    );
    assert!(running.iter().all(|task| !task.message.is_empty()), "{running:?}");
    let end = tasks.last().context("no frame")?;
    assert_eq!((end.status, end.pages.done), (TaskStatus::Success, 5));
    // What was pushed last is what can be read.
    assert_eq!(frames.last().map(|frame| frame.seq), Some(anna.task(id).await?.seq));
    Ok(())
}

#[tokio::test]
async fn who_comes_late_misses_nothing() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = anna.convert(&[scan()?], json!({})).await?;
    let frames = anna.socket(&format!("/tasks/{}/ws", task.id)).await?.frames().await?;
    check_order(&frames, task.id)?;
    assert_eq!(frames[0].task.as_ref().map(|task| task.status), Some(TaskStatus::Success));
    Ok(())
}

#[tokio::test]
async fn a_failure_and_its_reason_are_told() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let id = register(&anna).await?;
    let mut socket = anna.socket(&format!("/tasks/{id}/ws")).await?;
    anna.upload(id, &[Upload::book(&[])?]).await?;
    let frames = socket.frames().await?;
    check_order(&frames, id)?;
    let end = frames.last().and_then(|frame| frame.task.clone()).context("no frame")?;
    assert_eq!(end.status, TaskStatus::Failure);
    assert_eq!(end.error.map(|error| error.code), Some(ProblemCode::InputNoPages));
    Ok(())
}

#[tokio::test]
async fn a_browser_sends_its_token_in_the_first_message() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = anna.convert(&[scan()?], json!({})).await?;
    let mut socket = anna.anonymous().socket(&format!("/tasks/{}/ws", task.id)).await?;
    socket.send(json!({"token": anna.token()}).to_string()).await?;
    check_order(&socket.frames().await?, task.id)
}

/// The one frame that a socket answers with before it closes.
async fn refusal(client: &Client, path: &str, first_message: Option<String>) -> Result<ProblemCode> {
    let mut socket = client.socket(path).await?;
    if let Some(message) = first_message {
        socket.send(message).await?;
    }
    match &socket.frames().await?[..] {
        [Frame { kind: FrameType::Error, error: Some(problem), task: None, .. }] => Ok(problem.code),
        other => bail!("expected a refusal, got {other:?}"),
    }
}

/// A socket that is not even opened, because the token in the header tells already that the task can't be seen.
async fn is_not_found(client: &Client, path: &str) -> Result<()> {
    match client.socket(path).await {
        Ok(_) => bail!("the socket was opened"),
        Err(error) if error.to_string().contains("404") => Ok(()),
        Err(error) => Err(error),
    }
}

#[tokio::test]
async fn who_may_not_watch_is_told_why_and_sees_nothing() -> Result<()> {
    let daemon = shared().await?;
    let (anna, berta) = (daemon.user("anna").await?, daemon.user("berta").await?);
    let path = format!("/tasks/{}/ws", register(&anna).await?);
    let stranger = anna.anonymous();
    let say = |token: &str| Some(json!({"token": token}).to_string());
    is_not_found(&berta, &path).await?;
    assert_eq!(refusal(&stranger, &path, say(berta.token())).await?, ProblemCode::TaskNotFound);
    assert_eq!(refusal(&stranger, &path, say("no token")).await?, ProblemCode::AuthBadToken);
    assert_eq!(refusal(&stranger, &path, None).await?, ProblemCode::AuthMissingToken);
    let unknown = "/tasks/0199a0b0-0000-7000-8000-000000000000/ws";
    is_not_found(&anna, unknown).await?;
    let forged = anna.with_token("no token").socket(&path).await;
    assert!(forged.is_err(), "a websocket was opened with a forged token");
    let plain = anna.get(&path).ask().await?;
    assert!((400..500).contains(&plain.status), "a request that is no websocket was answered {}", plain.status);
    Ok(())
}

#[tokio::test]
async fn one_socket_tells_of_all_my_tasks_and_of_nobody_elses() -> Result<()> {
    let daemon = Daemon::start().await?;
    let (anna, berta) = (daemon.user("anna").await?, daemon.user("berta").await?);
    let before = register(&anna).await?;
    let mut socket = anna.socket("/tasks/ws").await?;
    let snapshot = socket.frame().await?.context("closed at once")?;
    assert_eq!((snapshot.kind, snapshot.task.map(|task| task.id)), (FrameType::Snapshot, Some(before)));

    let foreign = berta.convert(&[scan()?], json!({})).await?;
    let after = register(&anna).await?;
    for id in [before, after] {
        anna.upload(id, &[scan()?]).await?;
    }
    let mut ended = Vec::new();
    while ended.len() < 2 {
        let frame = socket.frame().await?.context("closed before the tasks ended")?;
        let task = frame.task.context("a frame without a task")?;
        assert_ne!(task.id, foreign.id, "another user's task");
        if frame.kind == FrameType::Done {
            assert_eq!(task.status, TaskStatus::Success);
            ended.push(task.id);
        }
    }
    ended.sort();
    assert_eq!(ended, [before, after]);
    Ok(())
}

#[tokio::test]
async fn what_was_seen_is_not_told_again() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = anna.convert(&[scan()?], json!({})).await?;
    let kinds = async |since: u64| -> Result<Vec<FrameType>> {
        let frames = anna.socket(&format!("/tasks/{}/ws?since={since}", task.id)).await?.frames().await?;
        assert!(frames.iter().all(|frame| frame.seq == task.seq));
        Ok(frames.iter().map(|frame| frame.kind).collect())
    };
    assert_eq!(kinds(task.seq - 1).await?, [FrameType::Snapshot, FrameType::Done]);
    assert_eq!(kinds(task.seq).await?, [FrameType::Done]);

    let live = register(&anna).await?;
    let mut socket = anna.socket(&format!("/tasks/{live}/ws?since=1")).await?;
    anna.upload(live, &[scan()?]).await?;
    let frames = socket.frames().await?;
    assert!(frames.iter().all(|frame| frame.seq > 1), "{frames:?}");
    assert_eq!(frames.last().map(|frame| frame.kind), Some(FrameType::Done));
    Ok(())
}

#[tokio::test]
async fn of_all_my_tasks_only_news_are_told_to_who_knows_them() -> Result<()> {
    let daemon = shared().await?;
    let (anna, berta) = (daemon.user("anna").await?, daemon.user("berta").await?);
    let (known, changed, unknown) = (register(&anna).await?, register(&anna).await?, register(&anna).await?);
    let ended = anna.convert(&[scan()?], json!({})).await?;
    let (seen_to_the_end, removed) = (anna.convert(&[scan()?], json!({})).await?, register(&anna).await?);
    anna.delete(&format!("/tasks/{removed}")).ask().await?.expect(204)?;
    let foreign = register(&berta).await?;
    let since = [
        (known, 1),
        (changed, 0),
        (ended.id, ended.seq - 1),
        (seen_to_the_end.id, seen_to_the_end.seq),
        (removed, 1),
        (foreign, 0),
    ];
    let query: Vec<_> = since.iter().map(|(id, seq)| format!("since={id}:{seq}")).collect();
    let mut socket = anna.socket(&format!("/tasks/ws?{}", query.join("&"))).await?;
    let mut told = Vec::new();
    for _ in 0..3 {
        let frame = socket.frame().await?.context("closed")?;
        told.push((frame.kind, frame.task.context("no task")?.id));
    }
    assert_eq!(told, [(FrameType::Snapshot, changed), (FrameType::Snapshot, unknown), (FrameType::Done, ended.id)]);
    // And on from there.
    anna.post(&format!("/tasks/{known}/cancel")).ask().await?.expect(202)?;
    let next = socket.frame().await?.context("closed")?;
    assert_eq!((next.kind, next.task.map(|task| task.id)), (FrameType::Done, Some(known)));
    for bad in ["17", "x:1", &format!("{known}")] {
        assert!(anna.socket(&format!("/tasks/ws?since={bad}")).await.is_err(), "{bad} was taken");
    }
    Ok(())
}

#[tokio::test]
async fn the_close_code_says_why() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = anna.convert(&[scan()?], json!({})).await?;
    let path = format!("/tasks/{}/ws", task.id);
    assert_eq!(anna.socket(&path).await?.close_code().await?, 1000);
    for message in [json!({"token": "no token"}), json!({"no": "token"}), json!(17)] {
        let mut socket = anna.anonymous().socket(&path).await?;
        socket.send(message.to_string()).await?;
        assert_eq!(socket.close_code().await?, 1008, "{message}");
    }
    let mut socket = anna.anonymous().socket(&path).await?;
    socket.send_binary(vec![0; 64]).await?;
    assert_eq!(socket.close_code().await?, 1008);
    Ok(())
}

#[tokio::test]
async fn who_sends_garbage_harms_nobody() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let id = register(&anna).await?;
    let path = format!("/tasks/{id}/ws");
    let (mut noisy, mut greedy, mut quiet) =
        (anna.socket(&path).await?, anna.socket(&path).await?, anna.socket(&path).await?);
    for round in 0..50 {
        noisy.send(format!("{{{round}")).await?;
        noisy.send_binary(vec![round; 1000]).await?;
    }
    // More than a client has to tell: that connection ends.
    greedy.send("x".repeat(1 << 20)).await.ok();
    assert!(greedy.frames().await.is_err(), "a message of a megabyte was taken");
    anna.upload(id, &[scan()?]).await?;
    check_order(&noisy.frames().await?, id)?;
    check_order(&quiet.frames().await?, id)
}

#[tokio::test]
async fn many_sockets_all_see_the_end() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let id = register(&anna).await?;
    let mut sockets = Vec::new();
    for _ in 0..200 {
        sockets.push(anna.socket(&format!("/tasks/{id}/ws")).await?);
    }
    anna.upload(id, &[scan()?]).await?;
    for mut socket in sockets {
        check_order(&socket.frames().await?, id)?;
    }
    Ok(())
}

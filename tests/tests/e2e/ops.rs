//! Operators: over the Unix socket by who they are, over TCP by their token; what they see and steer.

use anyhow::{Context, Result};
use d2d_api::{Me, OpsFrame, OpsFrameType, OpsTask, OpsTasks, Overview, ProblemCode, Role, TaskStatus, WorkerState};
use d2d_tests::harness::{Ask, Daemon, PASSWORD, SOON, Upload, eventually, ocr, shared};
use d2d_tests::page::document;
use serde_json::json;

#[tokio::test]
async fn the_local_socket_knows_operators_without_a_token() -> Result<()> {
    let daemon = shared().await?;
    let operator = daemon.operator()?;
    let me: Me = operator.get("/auth/me").ask().await?.expect(200)?.json()?;
    assert_eq!((me.role, me.token_expires_at), (Role::Operator, None));
    operator.get("/ops/overview").ask().await?.expect(200)?;
    // The same without a token over TCP, and with the token of a user.
    daemon.client()?.get("/ops/overview").ask().await?.problem(ProblemCode::AuthMissingToken)?;
    let anna = daemon.user("anna").await?;
    for path in ["/ops/overview", "/ops/tasks"] {
        anna.get(path).ask().await?.problem(ProblemCode::AuthForbidden)?;
    }
    assert!(anna.socket("/ops/ws").await.is_err(), "a user watches the whole service");
    let olga = daemon.client()?.log_in(&daemon.account("olga", &["--operator"]).await?, PASSWORD).await?;
    olga.get("/ops/overview").ask().await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn the_overview_counts_what_there_is() -> Result<()> {
    let daemon = Daemon::start().await?;
    let (anna, operator) = (daemon.user("anna").await?, daemon.operator()?);
    let overview = async || -> Result<Overview> { operator.get("/ops/overview").ask().await?.expect(200)?.json() };
    let fresh = overview().await?;
    assert_eq!(Some(fresh.node.pid), daemon.id());
    assert!(!fresh.node.draining && fresh.node.rss_bytes > 1 << 20, "{:?}", fresh.node);
    assert_eq!((fresh.queue.awaiting_files, fresh.queue.succeeded, fresh.queue.pages), (0, 0, 0));
    let [pool] = &fresh.pools[..] else { anyhow::bail!("not one pool: {:?}", fresh.pools) };
    assert_eq!((pool.service.as_str(), pool.workers.len()), ("ocr", 1));

    anna.register(&ocr(1, json!({}))).await?;
    let task = anna.register(&ocr(1, json!({"formats": ["txt"]}))).await?;
    anna.upload(task.id, &[Upload::book(&document(6)?)?]).await?;
    let busy = eventually("the worker reads a page", SOON, async || {
        let overview = overview().await?;
        let worker = &overview.pools[0].workers[0];
        Ok((worker.state == WorkerState::Busy && worker.reading.is_some()).then_some(overview))
    })
    .await?;
    let worker = &busy.pools[0].workers[0];
    let reading = worker.reading.as_ref().context("gone again")?;
    assert_eq!((reading.task, reading.file.as_str()), (task.id, "book.pdf"));
    assert!(worker.pid.is_some() && worker.pid != daemon.id(), "user data is read in a process of its own");
    assert!(worker.rss_bytes > 1 << 20, "{worker:?}");
    assert_eq!((busy.queue.awaiting_files, busy.queue.execution), (1, 1));

    anna.ended(task.id).await?;
    let after = overview().await?;
    assert_eq!((after.queue.succeeded, after.queue.pages, after.queue.execution), (1, 6, 0));
    assert_eq!(after.pools[0].workers[0].pages, 6);
    Ok(())
}

#[tokio::test]
async fn operators_see_and_cancel_the_tasks_of_all() -> Result<()> {
    let daemon = Daemon::start().await?;
    let (anna, berta, operator) = (daemon.user("anna").await?, daemon.user("berta").await?, daemon.operator()?);
    let (annas, bertas) = (anna.register(&ocr(1, json!({}))).await?, berta.register(&ocr(1, json!({}))).await?);
    let all: OpsTasks = operator.get("/ops/tasks").ask().await?.expect(200)?.json()?;
    let owners: Vec<_> = all.items.iter().map(|task| (task.id, task.owner.as_str())).collect();
    assert_eq!(owners, [(bertas.id, "berta-1"), (annas.id, "anna-0")], "newest first");
    let one: OpsTasks = operator.get("/ops/tasks?owner=anna-0").ask().await?.expect(200)?.json()?;
    assert_eq!(one.items.iter().map(|task| task.id).collect::<Vec<_>>(), [annas.id]);

    let path = format!("/ops/tasks/{}/cancel", annas.id);
    berta.post(&path).ask().await?.problem(ProblemCode::AuthForbidden)?;
    let cancelled: OpsTask = operator.post(&path).ask().await?.expect(202)?.json()?;
    assert_eq!(cancelled.status, TaskStatus::Cancelled);
    assert_eq!(anna.task(annas.id).await?.status, TaskStatus::Cancelled);
    operator.post(&path).ask().await?.problem(ProblemCode::TaskWrongState)?;
    Ok(())
}

#[tokio::test]
async fn the_console_is_told_of_every_change() -> Result<()> {
    let daemon = Daemon::start().await?;
    let (anna, operator) = (daemon.user("anna").await?, daemon.operator()?);
    let before = anna.register(&ocr(1, json!({}))).await?;
    let mut socket = operator.socket("/ops/ws").await?;
    let first: OpsFrame = socket.message().await?.context("closed at once")?;
    assert!(first.kind == OpsFrameType::Overview && first.overview.is_some(), "{first:?}");
    let second: OpsFrame = socket.message().await?.context("closed at once")?;
    let tasks = second.tasks.context("no tasks")?;
    assert_eq!(second.kind, OpsFrameType::Tasks);
    assert_eq!(tasks.iter().map(|task| task.id).collect::<Vec<_>>(), [before.id]);

    let scan = Upload::line("page.png", "Seen from above")?;
    let task = anna.register(&ocr(1, json!({}))).await?;
    anna.upload(task.id, &[scan]).await?;
    let (mut seen, mut overviews) = (Vec::new(), 0);
    while seen.last() != Some(&TaskStatus::Success) || overviews == 0 {
        let frame: OpsFrame = socket.message().await?.context("closed")?;
        overviews += u32::from(frame.overview.is_some());
        for change in frame.tasks.unwrap_or_default().into_iter().filter(|change| change.id == task.id) {
            assert!(change.owner.starts_with("anna"));
            seen.push(change.status);
        }
    }
    assert!(seen.is_sorted(), "states went back: {seen:?}");
    Ok(())
}

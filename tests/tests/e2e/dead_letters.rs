//! Dead letters: operators list what failed and queue it again, over the API and from the shell.

use anyhow::{Context, Result, ensure};
use d2d_api::{NewTask, NewTaskFiles, OpsTask, OpsTasks, ProblemCode, Replayed, Task, TaskStatus};
use d2d_tests::harness::{Ask, Client, Daemon, Upload};
use d2d_tests::null;
use serde_json::{Value, json};

/// A task for the service that costs nothing.
fn new(params: Value) -> NewTask {
    NewTask {
        service: "null".to_owned(),
        params: Some(params),
        files: Some(NewTaskFiles { expected: Some(1) }),
        ..NewTask::default()
    }
}

/// A task that ended in failure, for its second of three pages.
async fn failed(client: &Client) -> Result<Task> {
    let task = client.register(&new(json!({"pages": 3, "refuse_page": 2}))).await?;
    client.upload(task.id, &[Upload::new("scan.pdf", null::file(1))]).await?;
    let task = client.ended(task.id).await?;
    ensure!(task.status == TaskStatus::Failure && task.pages.done == 2, "{task:?}");
    Ok(task)
}

#[tokio::test]
async fn operators_list_and_replay_what_failed() -> Result<()> {
    let daemon = Daemon::null(&[]).await?;
    let (anna, berta, operator) = (daemon.user("anna").await?, daemon.user("berta").await?, daemon.operator()?);
    let tasks = [failed(&anna).await?, failed(&berta).await?, failed(&anna).await?];
    let list = async |query: &str| -> Result<Vec<_>> {
        let page: OpsTasks = operator.get(&format!("/ops/dead-letters{query}")).ask().await?.expect(200)?.json()?;
        Ok(page.items.iter().map(|task| task.id).collect())
    };
    assert_eq!(list("").await?, [tasks[2].id, tasks[1].id, tasks[0].id], "newest first");
    assert_eq!(list("?owner=anna-0").await?, [tasks[2].id, tasks[0].id]);
    assert_eq!(list("?owner=anna-0&limit=1").await?, [tasks[2].id]);
    assert_eq!(list(&format!("?cursor={}", tasks[1].id)).await?, [tasks[0].id]);
    assert_eq!(list("?code=input.damaged&service=null").await?.len(), 3);
    assert_eq!(list("?code=page.crashed").await?.len() + list("?service=ocr").await?.len(), 0);
    operator.get("/ops/dead-letters?code=page.fell").ask().await?.problem(ProblemCode::RequestInvalid)?;
    anna.get("/ops/dead-letters").ask().await?.problem(ProblemCode::AuthForbidden)?;

    let replay = async |body: Value| operator.post("/ops/dead-letters/replay").json(&body).ask().await;
    for wrong in [json!({}), json!({"ids": [], "filter": {}}), json!({"filter": {"colour": 1}}), json!({"ids": []})] {
        replay(wrong).await?.problem(ProblemCode::RequestInvalid)?;
    }
    anna.post("/ops/dead-letters/replay")
        .json(&json!({"filter": {}}))
        .ask()
        .await?
        .problem(ProblemCode::AuthForbidden)?;
    let some: Replayed = replay(json!({"filter": {"owner": "anna-0"}, "limit": 1})).await?.expect(200)?.json()?;
    assert_eq!((some.queued, some.next_cursor), (vec![tasks[2].id], Some(tasks[2].id.to_string())));
    let again =
        anna.task_when(tasks[2].id, "fails again", |task| task.attempt == 2 && task.status.is_terminal()).await?;
    assert_eq!((again.status, again.pages.done), (TaskStatus::Failure, 2));
    let log = anna.log(tasks[2].id).await?.items;
    ensure!(log.iter().any(|entry| entry.message == "queued again by an operator"), "{log:?}");
    Ok(())
}

#[tokio::test]
async fn a_replay_stops_where_the_queue_is_full() -> Result<()> {
    let daemon = Daemon::null(&[("uploads.max_queued", "2")]).await?;
    let (anna, operator) = (daemon.user("anna").await?, daemon.operator()?);
    let tasks = [failed(&anna).await?, failed(&anna).await?];
    let waiting = anna.register(&new(json!({}))).await?;
    let replay = async || operator.post("/ops/dead-letters/replay").json(&json!({"filter": {}})).ask().await;
    let more = anna.register(&new(json!({}))).await?;
    let full = replay().await?;
    full.problem(ProblemCode::QueueFull)?;
    ensure!(!full.header("retry-after").is_empty(), "{full:?}");
    for id in [tasks[0].id, tasks[1].id] {
        assert_eq!(anna.task(id).await?.attempt, 1, "it stays as it was");
    }
    let run = daemon.d2d(&["dead-letters", "replay", "--all", "--yes"], "").await?.expect(1)?;
    ensure!(run.stderr.contains("queue is full") && run.stdout.is_empty(), "{run:?}");
    for id in [waiting.id, more.id] {
        anna.delete(&format!("/tasks/{id}")).ask().await?.expect(204)?;
    }
    let done: Replayed = replay().await?.expect(200)?.json()?;
    assert_eq!(done.queued.len() + done.stopped.iter().count(), 2, "{done:?}");
    Ok(())
}

#[tokio::test]
async fn the_shell_lists_and_replays() -> Result<()> {
    let mut daemon = Daemon::null(&[]).await?;
    let (anna, berta) = (daemon.user("anna").await?, daemon.user("berta").await?);
    let empty = daemon.d2d(&["dead-letters", "list"], "").await?.expect(0)?;
    ensure!(empty.stdout.contains("no task has failed"), "{empty:?}");
    let (annas, bertas) = (failed(&anna).await?, failed(&berta).await?);

    let text = daemon.d2d(&["dead-letters", "list"], "").await?.expect(0)?.stdout;
    let lines: Vec<_> = text.lines().collect();
    ensure!(lines.len() == 2 && lines[0].starts_with(&bertas.id.to_string()), "{text}");
    ensure!(lines[1].contains("anna-0") && lines[1].contains("input.damaged"), "{text}");
    let list: Vec<OpsTask> = daemon.d2d(&["dead-letters", "list", "--owner", "anna-0", "--json"], "").await?.json()?;
    assert_eq!(list.iter().map(|task| task.id).collect::<Vec<_>>(), [annas.id]);
    let limited = daemon.d2d(&["dead-letters", "list", "--limit", "1"], "").await?.expect(0)?;
    ensure!(limited.stdout.lines().count() == 1 && limited.stderr.contains("--limit"), "{limited:?}");

    let id = annas.id.to_string();
    let one = daemon.d2d(&["dead-letters", "replay", &id], "").await?.expect(0)?;
    assert_eq!(one.stdout.trim(), id);
    anna.task_when(annas.id, "fails again", |task| task.attempt == 2 && task.status.is_terminal()).await?;
    let unasked = daemon.d2d(&["dead-letters", "replay", "--all"], "").await?.expect(2)?;
    ensure!(unasked.stderr.contains("--yes"), "{unasked:?}");
    daemon.d2d(&["dead-letters", "replay"], "").await?.expect(2)?;
    daemon.d2d(&["dead-letters", "replay", &id, "--owner", "anna-0"], "").await?.expect(2)?;
    daemon.d2d(&["dead-letters", "list", "--code", "page.fell"], "").await?.expect(2)?;
    let all = ["dead-letters", "replay", "--all", "--owner", "berta-1", "--yes", "--json"];
    let all: Replayed = daemon.d2d(&all, "").await?.expect(0)?.json()?;
    assert_eq!(all.queued, [bertas.id]);
    berta.task_when(bertas.id, "fails again", |task| task.attempt == 2 && task.status.is_terminal()).await?;
    anna.delete(&format!("/tasks/{id}")).ask().await?.expect(204)?;
    let gone = daemon.d2d(&["dead-letters", "replay", &id, &bertas.id.to_string()], "").await?.expect(1)?;
    ensure!(gone.stderr.contains(&id) && gone.stdout.contains(&bertas.id.to_string()), "{gone:?}");

    daemon.terminate().await?;
    let nobody = daemon.d2d(&["dead-letters", "list"], "").await?.expect(1)?;
    ensure!(nobody.stderr.contains("start it"), "{nobody:?}");
    Ok(())
}

#[tokio::test]
async fn a_server_is_asked_with_an_operators_account() -> Result<()> {
    let daemon = Daemon::null(&[]).await?;
    let (anna, olga) = (daemon.account("anna", &[]).await?, daemon.account("olga", &["--operator"]).await?);
    let server = format!("http://{}", daemon.address());
    let list = async |name: &str| {
        let mut command = std::process::Command::new(d2d_tests::harness::program()?);
        command.args(["dead-letters", "list", "--json", "--server", &server]).current_dir(daemon.folder());
        command.env_remove("D2D_TOKEN").env("D2D_USER", name).env("D2D_PASSWORD", d2d_tests::harness::PASSWORD);
        d2d_tests::harness::Run::of(command, "").await
    };
    let none: Vec<OpsTask> = list(&olga).await?.expect(0)?.json()?;
    ensure!(none.is_empty());
    let refused = list(&anna).await?.expect(1)?;
    refused.stderr.contains("for operators").then_some(()).context("it does not say who may")?;
    Ok(())
}

//! A user's tasks as a list: newest first, page by page, filtered; and gone when they are removed.

use anyhow::{Context, Result};
use chrono::SecondsFormat;
use d2d_api::{NewTask, ProblemCode, TaskId, TaskList, TaskStatus};
use d2d_tests::harness::{Ask, Client, Upload, ocr, shared};
use serde_json::json;

async fn list(client: &Client, query: &str) -> Result<TaskList> {
    client.get(&format!("/tasks{query}")).ask().await?.expect(200)?.json()
}

#[tokio::test]
async fn the_list_goes_on_where_its_cursor_says() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.insert(0, anna.register(&ocr(1, json!({}))).await?.id);
    }
    let (mut seen, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let page = list(&anna, &query).await?;
        assert!(page.items.len() <= 2);
        seen.extend(page.items.iter().map(|task| task.id));
        let Some(cursor) = page.next_cursor else { break };
        query = format!("?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, ids, "every task once, newest first");
    Ok(())
}

#[tokio::test]
async fn the_list_can_be_filtered() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let labelled = NewTask { label: Some("box 7".into()), ..ocr(1, json!({})) };
    let (waiting, cancelled) = (anna.register(&labelled).await?.id, anna.register(&ocr(1, json!({}))).await?.id);
    anna.post(&format!("/tasks/{cancelled}/cancel")).ask().await?.expect(202)?;
    let ids = async |query: &str| -> Result<Vec<TaskId>> {
        Ok(list(&anna, query).await?.items.iter().map(|task| task.id).collect())
    };
    assert_eq!(ids("?status=awaiting_files").await?, [waiting]);
    assert_eq!(ids("?status=cancelled").await?, [cancelled]);
    assert_eq!(ids("?status=cancelled&status=awaiting_files").await?, [cancelled, waiting]);
    assert_eq!(ids("?label=box%207").await?, [waiting]);
    assert_eq!(ids("?service=ocr&label=box").await?, []);
    assert_eq!(ids("?service=sorcery").await?, []);
    Ok(())
}

#[tokio::test]
async fn a_list_that_can_not_be_is_refused() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let cases = [
        ("limit=0", "limit"),
        ("limit=x", "limit"),
        ("status=lost", "status"),
        ("cursor=x", "cursor"),
        ("colour=red", "colour"),
    ];
    for (query, field) in cases {
        let answer = anna.get(&format!("/tasks?{query}")).ask().await?;
        let problem = answer.problem(ProblemCode::RequestInvalid).with_context(|| query.to_owned())?;
        let pointer = problem.errors.first().map(|error| error.pointer.as_str());
        assert_eq!(pointer, Some(format!("/query/{field}").as_str()), "{problem:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_removed_task_is_gone_with_its_results() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = anna.convert(&[Upload::line("page.png", "Not for long")?], json!({})).await?;
    assert_eq!(task.status, TaskStatus::Success);
    let file = anna.manifest(task.id).await?.items.first().context("no result")?.id;
    anna.delete(&format!("/tasks/{}", task.id)).ask().await?.expect(204)?;
    let paths = [
        format!("/tasks/{}", task.id),
        format!("/tasks/{}/log", task.id),
        format!("/downloads/tasks/{}", task.id),
        format!("/downloads/tasks/{}/files/{file}", task.id),
    ];
    for path in paths {
        anna.get(&path).ask().await?.problem(ProblemCode::TaskNotFound).with_context(|| path.clone())?;
    }
    anna.delete(&format!("/tasks/{}", task.id)).ask().await?.problem(ProblemCode::TaskNotFound)?;
    assert_eq!(list(&anna, "").await?.items, []);
    Ok(())
}

/// However tasks come and go between the pages: of those that stay, each is seen once.
#[tokio::test]
async fn pages_stay_in_place_while_tasks_come_and_go() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let mut ids = Vec::new();
    for _ in 0..9 {
        ids.insert(0, anna.register(&ocr(1, json!({}))).await?.id);
    }
    let (mut seen, mut query) = (Vec::new(), "?limit=3".to_owned());
    let mut removed = Vec::new();
    loop {
        let page = list(&anna, &query).await?;
        let last = page.items.last().context("an empty page")?.id;
        seen.extend(page.items.iter().map(|task| task.id));
        let Some(cursor) = page.next_cursor else { break };
        query = format!("?limit=3&cursor={cursor}");
        // A new one before all, and gone are the one that the cursor names and the next one.
        anna.register(&ocr(1, json!({}))).await?;
        let at = ids.iter().position(|id| *id == last).context("an unknown task")?;
        for id in ids[at..].iter().take(2) {
            anna.delete(&format!("/tasks/{id}")).ask().await?.expect(204)?;
            removed.push(*id);
        }
    }
    let expected: Vec<_> = ids.iter().filter(|id| seen.contains(id) || !removed.contains(id)).copied().collect();
    assert_eq!(seen, expected);
    assert!(removed.iter().any(|id| !seen.contains(id)) && seen.len() >= 6, "{seen:?} without {removed:?}");
    Ok(())
}

#[tokio::test]
async fn the_list_can_be_bounded_by_time() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let mut tasks = Vec::new();
    for _ in 0..3 {
        tasks.push(anna.register(&ocr(1, json!({}))).await?);
    }
    let times: Vec<_> = tasks.iter().map(|task| task.created_at.to_rfc3339_opts(SecondsFormat::Nanos, true)).collect();
    let ids = async |query: String| -> Result<Vec<TaskId>> {
        Ok(list(&anna, &query).await?.items.iter().map(|task| task.id).collect())
    };
    assert_eq!(ids(format!("?created_after={}", times[1])).await?, [tasks[2].id, tasks[1].id], "that moment or later");
    assert_eq!(ids(format!("?created_before={}", times[1])).await?, [tasks[0].id]);
    assert_eq!(ids(format!("?created_after={}&created_before={}", times[1], times[2])).await?, [tasks[1].id]);
    let wrong = anna.get("/tasks?created_after=yesterday").ask().await?.problem(ProblemCode::RequestInvalid)?;
    assert_eq!(wrong.errors[0].pointer, "/query/created_after");
    Ok(())
}

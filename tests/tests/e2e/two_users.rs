//! Two users at once: each gets the own text, and neither can tell that the other has a task.

use anyhow::{Context, Result};
use d2d_api::{ProblemCode, Task, TaskList, TaskStatus};
use d2d_tests::harness::{API, Ask, Client, Daemon, Upload, ocr};
use d2d_tests::page::document;
use reqwest::Method;
use serde_json::json;

async fn read(client: &Client, text: &str) -> Result<Task> {
    let task = client.convert(&[Upload::line("page.png", text)?], json!({"formats": ["txt"]})).await?;
    assert_eq!(client.text(&task).await?.trim(), text);
    Ok(task)
}

#[tokio::test]
async fn each_gets_the_own_text() -> Result<()> {
    let daemon = Daemon::with(&[("ocr.workers", "2")]).await?;
    let (anna, berta) = (daemon.user("anna").await?, daemon.user("berta").await?);
    for round in 1..=2 {
        let (annas, bertas) = (format!("Anna, letter {round}"), format!("Berta, bill {round}"));
        tokio::try_join!(read(&anna, &annas), read(&berta, &bertas))?;
    }
    for client in [&anna, &berta] {
        let list: TaskList = client.get("/tasks").ask().await?.expect(200)?.json()?;
        assert_eq!(list.items.len(), 2, "the list has other tasks than one's own");
    }
    Ok(())
}

#[tokio::test]
async fn a_long_task_does_not_hold_up_another_user() -> Result<()> {
    let daemon = Daemon::start().await?;
    let (anna, berta) = (daemon.user("anna").await?, daemon.user("berta").await?);
    let book = anna.register(&ocr(1, json!({"formats": ["txt"]}))).await?;
    anna.upload(book.id, &[Upload::book(&document(40)?)?]).await?;
    let before = anna.task_when(book.id, "has read a page", |task| task.pages.done > 0).await?.pages.done;
    read(&berta, "Just one page").await?;
    let after = anna.task(book.id).await?;
    assert_eq!(after.status, TaskStatus::Execution, "the single page waited for the whole book");
    // With one worker: the page in hand, and one or two more while the single page is registered and sent.
    assert!(after.pages.done - before <= 5, "{} pages of the book went first", after.pages.done - before);
    anna.delete(&format!("/tasks/{}", book.id)).ask().await?.expect(204)?;
    Ok(())
}

#[tokio::test]
async fn the_task_of_another_does_not_exist() -> Result<()> {
    let daemon = Daemon::start().await?;
    let (anna, berta) = (daemon.user("anna").await?, daemon.user("berta").await?);
    let done = read(&anna, "For my eyes only").await?;
    let open = anna.register(&ocr(2, json!({}))).await?;
    let file =
        anna.upload(open.id, &[Upload::line("page.png", "Half of it")?]).await?.files.first().context("no file")?.id;
    let result = anna.manifest(done.id).await?.items.first().context("no result")?.id;
    let before = (anna.task(open.id).await?, anna.task(done.id).await?);

    let doors = [
        (Method::GET, format!("/tasks/{}", open.id)),
        (Method::GET, format!("/tasks/{}/log", open.id)),
        (Method::POST, format!("/tasks/{}/cancel", open.id)),
        (Method::DELETE, format!("/tasks/{}", open.id)),
        (Method::DELETE, format!("/tasks/{}", done.id)),
        (Method::POST, format!("/uploads/tasks/{}/submit", open.id)),
        (Method::DELETE, format!("/uploads/tasks/{}/files/{file}", open.id)),
        (Method::GET, format!("/downloads/tasks/{}", done.id)),
        (Method::GET, format!("/downloads/tasks/{}", open.id)),
        (Method::GET, format!("/downloads/tasks/{}/files/{result}", done.id)),
    ];
    for (method, path) in doors {
        let answer = berta.request(method.clone(), &format!("{API}{path}")).ask().await?;
        let foreign = answer.problem(ProblemCode::TaskNotFound).with_context(|| format!("{method} {path}"))?;
        // Not a word differs from the answer for an id that nobody has.
        let nowhere = "0199a0b0-0000-7000-8000-000000000000";
        let path = path.replace(&open.id.to_string(), nowhere).replace(&done.id.to_string(), nowhere);
        let unknown = berta.request(method, &format!("{API}{path}")).ask().await?.problem(ProblemCode::TaskNotFound)?;
        assert_eq!(foreign.detail, unknown.detail);
    }
    berta.send(open.id, &[Upload::line("page.png", "Smuggled in")?]).await?.problem(ProblemCode::TaskNotFound)?;

    assert_eq!((anna.task(open.id).await?, anna.task(done.id).await?), before, "the attempts left a trace");
    assert_eq!(before.0.status, TaskStatus::AwaitingFiles);
    Ok(())
}

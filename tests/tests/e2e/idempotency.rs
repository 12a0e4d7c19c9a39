//! Requests with an `Idempotency-Key` can be sent again: nothing is done twice.

use std::collections::BTreeSet;

use anyhow::Result;
use d2d_api::{ProblemCode, Task, TaskList, TaskStatus};
use d2d_tests::harness::{Answer, Ask, Client, Daemon, PASSWORD, Upload, ocr, shared};
use serde_json::{Value, json};

async fn register(client: &Client, key: &str, new: &Value) -> Result<Answer> {
    client.post("/uploads/tasks").header("idempotency-key", key).json(new).ask().await
}

async fn count(client: &Client) -> Result<usize> {
    Ok(client.get("/tasks").ask().await?.expect(200)?.json::<TaskList>()?.items.len())
}

#[tokio::test]
async fn a_registration_sent_again_is_answered_as_the_first_time_also_after_a_restart() -> Result<()> {
    let mut daemon = Daemon::start().await?;
    let name = daemon.account("anna", &[]).await?;
    let anna = daemon.client()?.log_in(&name, PASSWORD).await?;
    let new = json!({"service": "ocr", "files": {"expected": 1}});
    let first = register(&anna, "\"8e03978e-40d5\"", &new).await?.expect(201)?;
    assert_eq!(first.header("idempotency-replayed"), "");
    let task: Task = first.json()?;
    anna.upload(task.id, &[Upload::line("page.png", "Only once")?]).await?;

    daemon.kill().await?;
    daemon.start_again().await?;
    let anna = daemon.client()?.log_in(&name, PASSWORD).await?;
    for body in [new.clone(), json!({"files": {"expected": 1}, "service": "ocr"})] {
        let again = register(&anna, "8e03978e-40d5", &body).await?.expect(201)?;
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(again.header("location"), first.header("location"));
        assert_eq!(again.json::<Task>()?, task, "the answer is another, whatever became of the task");
    }
    let other = register(&anna, "8e03978e-40d5", &json!({"service": "ocr"})).await?;
    other.problem(ProblemCode::RequestKeyReused)?;
    let boris = daemon.user("boris").await?;
    let of_boris = register(&boris, "8e03978e-40d5", &new).await?.expect(201)?;
    assert_eq!(of_boris.header("idempotency-replayed"), "", "keys of others do not count");
    assert_eq!((count(&anna).await?, count(&boris).await?), (1, 1));
    Ok(())
}

#[tokio::test]
async fn of_many_at_once_one_makes_a_task() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let new = json!({"service": "ocr"});
    let answers = futures_util::future::join_all((0..10).map(|_| register(&anna, "k", &new))).await;
    let (mut ids, mut fresh) = (BTreeSet::new(), 0);
    for answer in answers {
        let answer = answer?.expect(201)?;
        fresh += usize::from(answer.header("idempotency-replayed").is_empty());
        ids.insert(answer.json::<Task>()?.id);
    }
    assert_eq!((ids.len(), fresh, count(&anna).await?), (1, 1, 1));
    Ok(())
}

#[tokio::test]
async fn what_was_refused_can_be_put_right_under_the_same_key() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let wrong = json!({"service": "ocr", "params": {"dpi": 1}});
    register(&anna, "k", &wrong).await?.problem(ProblemCode::ServiceBadParams)?;
    register(&anna, "k", &json!({"service": "ocr"})).await?.expect(201)?;
    Ok(())
}

#[tokio::test]
async fn submitting_and_giving_urls_are_done_once_too() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let id = anna.register(&d2d_api::NewTask { files: None, ..ocr(1, json!({})) }).await?.id;
    let urls = json!({"urls": ["http://192.0.2.1.example/"]});
    let add = || anna.post(&format!("/uploads/tasks/{id}/urls")).header("idempotency-key", "add").json(&urls).ask();
    add().await?.expect(202)?;
    let again = add().await?.expect(202)?;
    assert_eq!((again.header("idempotency-replayed"), again.json::<Task>()?.urls.len()), ("true", 1));
    assert_eq!(anna.task(id).await?.urls.len(), 1);
    let submit = |key| anna.post(&format!("/uploads/tasks/{id}/submit")).header("idempotency-key", key).ask();
    submit("add").await?.problem(ProblemCode::RequestKeyReused)?;
    submit("submit").await?.expect(202)?;
    anna.post(&format!("/tasks/{id}/cancel")).ask().await?.expect(202)?;
    let again = submit("submit").await?.expect(202)?;
    assert_eq!((again.header("idempotency-replayed"), again.json::<Task>()?.status), ("true", TaskStatus::Fetching));
    submit("another").await?.problem(ProblemCode::TaskWrongState)?;
    Ok(())
}

#[tokio::test]
async fn what_is_no_key_is_refused() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    for key in ["", "\"\"", "two words", "\"open", &"x".repeat(256)] {
        let answer = register(&anna, key, &json!({"service": "ocr"})).await?;
        assert_eq!(answer.problem(ProblemCode::RequestInvalid)?.errors[0].pointer, "/header/Idempotency-Key", "{key}");
    }
    register(&anna, &"x".repeat(255), &json!({"service": "ocr"})).await?.expect(201)?;
    assert_eq!(count(&anna).await?, 1);
    Ok(())
}

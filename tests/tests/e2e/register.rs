//! Steps 3 and 4: a task is registered for a conversion service, and its parameters are checked against that service.

use anyhow::{Context, Result};
use d2d_api::{NewTask, ProblemCode, ServiceInfo, Services, Task, TaskList, TaskStatus};
use d2d_tests::harness::{Ask, Daemon, ocr, shared};
use serde_json::{Value, json};

#[tokio::test]
async fn services_tell_what_they_take() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let services: Services = anna.get("/uploads/services").ask().await?.expect(200)?.json()?;
    let listed = services.items.iter().find(|service| service.name == "ocr").context("no ocr")?;
    let ocr: ServiceInfo = anna.get("/uploads/services/ocr").ask().await?.expect(200)?.json()?;
    assert_eq!(*listed, ocr);
    assert!(ocr.media_types.iter().any(|kind| kind == "application/pdf"), "{:?}", ocr.media_types);
    assert!(ocr.limits.file_bytes > 0 && ocr.limits.files > 0 && ocr.limits.pages > 0 && ocr.limits.page_pixels > 0);
    assert_eq!(ocr.params["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert!(ocr.params["properties"].get("formats").is_some(), "{}", ocr.params);
    let schema: Value = anna.get("/ocr/params").ask().await?.expect(200)?.json()?;
    assert_eq!(schema, ocr.params, "the two services tell different schemas");
    anna.get("/uploads/services/sorcery").ask().await?.problem(ProblemCode::ServiceNotFound)?;
    Ok(())
}

#[tokio::test]
async fn a_new_task_awaits_its_files_with_all_parameters_filled_in() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let new = NewTask { label: Some("Kirchenbuch № 7".into()), priority: Some(5), ..ocr(2, json!({"dpi": 300})) };
    let task = anna.register(&new).await?;
    assert_eq!(task.status, TaskStatus::AwaitingFiles);
    assert_eq!((task.label.as_deref(), task.priority, task.expected_files), (Some("Kirchenbuch № 7"), 5, Some(2)));
    assert_eq!(task.params["dpi"], 300);
    assert!(task.params.get("languages").is_some() && task.params.get("formats").is_some(), "{}", task.params);
    assert_eq!((task.attempt, task.files.len(), task.pages.total), (0, 0, 0));
    assert!(task.queued_at.is_none() && task.started_at.is_none() && task.finished_at.is_none());
    assert_eq!(anna.task(task.id).await?, task, "the registration answered something else than there is");
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_with_a_registration_is_told_at_its_place() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let (params, fields) = (ProblemCode::ServiceBadParams, ProblemCode::RequestInvalid);
    let cases = [
        (json!({"service": "ocr", "params": {"dpi": 10}}), params, "/params/dpi"),
        (json!({"service": "ocr", "params": {"dpi": "many"}}), params, "/params/dpi"),
        (json!({"service": "ocr", "params": {"formats": ["txt", "papyrus"]}}), params, "/params/formats/1"),
        (json!({"service": "ocr", "params": {"pages": "3-1"}}), params, "/params/pages"),
        (json!({"service": "ocr", "params": {"qality": "fast"}}), params, "/params/qality"),
        (json!({"service": "ocr", "lable": "x"}), fields, "/lable"),
        (json!({"service": "ocr", "files": {"expected": 0}}), fields, "/files/expected"),
        (json!({"service": "ocr", "files": {"expected": "two"}}), fields, "/files/expected"),
        (json!({"service": "ocr", "priority": 101}), fields, "/priority"),
        (json!({"service": "ocr", "label": "x".repeat(201)}), fields, "/label"),
        (json!({"service": 7}), fields, "/service"),
    ];
    for (new, code, pointer) in cases {
        let answer = anna.post("/uploads/tasks").json(&new).ask().await?;
        let problem = answer.problem(code).with_context(|| format!("{new}"))?;
        let pointers: Vec<_> = problem.errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, [pointer], "{new}: {problem:?}");
    }
    let all: TaskList = anna.get("/tasks").ask().await?.expect(200)?.json()?;
    assert!(all.items.is_empty(), "a refused registration left a task behind");
    Ok(())
}

#[tokio::test]
async fn a_request_that_is_no_registration_is_refused() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let post =
        |kind: &str, body: &str| anna.post("/uploads/tasks").header("content-type", kind).body(body.to_owned()).ask();
    let unknown = json!({"service": "sorcery"}).to_string();
    post("application/json", &unknown).await?.problem(ProblemCode::ServiceNotFound)?;
    post("application/json", "{\"service\": ").await?.problem(ProblemCode::RequestMalformed)?;
    post("application/json", "").await?.problem(ProblemCode::RequestMalformed)?;
    post("text/plain", "ocr please").await?.problem(ProblemCode::RequestUnsupportedMediaType)?;
    let huge = json!({"service": "ocr", "label": "x".repeat(2 << 20)}).to_string();
    post("application/json", &huge).await?.problem(ProblemCode::RequestTooLarge)?;
    Ok(())
}

#[tokio::test]
async fn a_language_that_nothing_reads_is_refused() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let new = json!({"service": "ocr", "params": {"languages": ["eng", "xxx"]}});
    let answer = anna.post("/uploads/tasks").json(&new).ask().await?.expect(422)?;
    let problem: d2d_api::Problem = answer.json()?;
    assert_eq!(problem.errors.first().map(|error| error.pointer.as_str()), Some("/params/languages/1"), "{problem:?}");
    Ok(())
}

#[tokio::test]
async fn past_the_bound_the_queue_takes_nothing_more() -> Result<()> {
    let daemon = Daemon::with(&[("uploads.max_queued", "2")]).await?;
    let anna = daemon.user("anna").await?;
    let first: Task = anna.register(&ocr(1, json!({}))).await?;
    anna.register(&ocr(1, json!({}))).await?;
    let refused = anna.post("/uploads/tasks").json(&ocr(1, json!({}))).ask().await?;
    refused.problem(ProblemCode::QueueFull)?;
    assert!(refused.header("retry-after").parse::<u32>()? > 0);
    let all: TaskList = anna.get("/tasks").ask().await?.expect(200)?.json()?;
    assert_eq!(all.items.len(), 2, "the refused one is half there");
    anna.delete(&format!("/tasks/{}", first.id)).ask().await?.expect(204)?;
    anna.register(&ocr(1, json!({}))).await?;
    Ok(())
}

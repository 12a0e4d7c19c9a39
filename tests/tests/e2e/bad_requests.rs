//! Requests that fit nothing: each is answered with the problem that it is.

use anyhow::{Context, Result};
use d2d_api::ProblemCode;
use d2d_tests::harness::{API, Ask, ocr, shared};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn ids_that_are_unknown_or_none_are_not_found() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    for id in ["0199a0b0-0000-7000-8000-000000000000", "7", "not-an-id", "..%2f..%2fetc%2fpasswd"] {
        let doors = [
            (Method::GET, format!("/tasks/{id}")),
            (Method::GET, format!("/tasks/{id}/log")),
            (Method::POST, format!("/tasks/{id}/cancel")),
            (Method::DELETE, format!("/tasks/{id}")),
            (Method::POST, format!("/uploads/tasks/{id}/submit")),
            (Method::GET, format!("/downloads/tasks/{id}")),
        ];
        for (method, path) in doors {
            let answer = anna.request(method.clone(), &format!("{API}{path}")).ask().await?;
            answer.problem(ProblemCode::TaskNotFound).with_context(|| format!("{method} {path}"))?;
        }
        let upload = anna.post(&format!("/uploads/tasks/{id}/files")).header("content-type", "image/png").body("x");
        upload.ask().await?.problem(ProblemCode::TaskNotFound)?;
    }
    let task = anna.register(&ocr(1, json!({}))).await?;
    for file in ["0199a0b0-0000-7000-8000-000000000000", "not-an-id"] {
        let path = format!("/uploads/tasks/{}/files/{file}", task.id);
        anna.delete(&path).ask().await?.problem(ProblemCode::UploadFileNotFound)?;
    }
    Ok(())
}

#[tokio::test]
async fn methods_that_an_address_does_not_know_are_named() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let cases = [
        (Method::GET, "/auth/token", "POST"),
        (Method::PUT, "/tasks", "GET"),
        (Method::PATCH, "/uploads/tasks", "POST"),
        (Method::POST, "/auth/me", "GET"),
        (Method::DELETE, "/ops/overview", "GET"),
        (Method::POST, "/tasks/openapi.json", "GET"),
    ];
    for (method, path, known) in cases {
        let answer = anna.request(method.clone(), &format!("{API}{path}")).ask().await?;
        let problem = answer.problem(ProblemCode::RequestMethodNotAllowed);
        problem.with_context(|| format!("{method} {path}"))?;
        let allow: Vec<_> = answer.header("allow").split(',').map(str::trim).collect();
        assert!(allow.contains(&known) && !allow.contains(&method.as_str()), "{method} {path}: {allow:?}");
    }
    Ok(())
}

#[tokio::test]
async fn addresses_with_nothing_behind_them_say_so() -> Result<()> {
    let daemon = shared().await?;
    let client = daemon.client()?;
    for path in
        ["/", "/api", "/api/v1", "/api/v1/", "/api/v2/tasks", "/api/v1/nothing", "/api/v1/tasks/x/y/z", "/admin"]
    {
        client.request(Method::GET, path).ask().await?.problem(ProblemCode::RequestNotFound).with_context(|| path)?;
    }
    Ok(())
}

#[tokio::test]
async fn query_parameters_that_are_unknown_are_refused() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = anna.register(&ocr(1, json!({}))).await?;
    for (path, field) in [("?watt=30", "watt"), ("?wait=soon", "wait"), ("?wait=1000", "wait")] {
        let answer = anna.get(&format!("/tasks/{}{path}", task.id)).ask().await?;
        let problem = answer.problem(ProblemCode::RequestInvalid)?;
        assert_eq!(problem.errors[0].pointer, format!("/query/{field}"));
    }
    Ok(())
}

#[tokio::test]
async fn every_answer_names_its_request() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let ours = anna.get("/auth/me").header("x-request-id", "from-the-proxy-7").ask().await?.expect(200)?;
    assert_eq!(ours.header("x-request-id"), "from-the-proxy-7");
    let made = anna.get("/auth/me").ask().await?.expect(200)?;
    assert!(!made.header("x-request-id").is_empty());
    assert_ne!(made.header("x-request-id"), anna.get("/auth/me").ask().await?.header("x-request-id"));
    let log = daemon.log();
    assert!(log.contains("from-the-proxy-7") && log.contains(made.header("x-request-id")), "not in the log");
    assert!(!log.contains(anna.token()), "the log has a token");
    Ok(())
}

#[tokio::test]
async fn the_probes_are_answered_without_a_token() -> Result<()> {
    let daemon = shared().await?;
    let client = daemon.client()?;
    for path in ["/healthz", "/readyz"] {
        client.request(Method::GET, path).ask().await?.expect(200)?;
    }
    Ok(())
}

//! Webhooks: whoever is named is told of the end of a task, signed, until it takes the message.

use anyhow::{Context, Result, ensure};
use d2d_api::{
    NewTask, NewWebhook, ProblemCode, Task, TaskId, TaskList, TaskStatus, TaskWebhook, WebhookEvent, WebhookMessage,
    WebhookStatus,
};
use d2d_tests::harness::{Ask, Client, Daemon, Received, Receiver, SILENCE, SOON, Upload, eventually, ocr, shared};
use serde_json::json;
use standardwebhooks::Webhook;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// Lets the daemon reach receivers on this machine.
const HERE: (&str, &str) = ("outbound.allow", "['127.0.0.0/8']");

fn telling(url: &str, secret: Option<&str>) -> NewTask {
    let webhook = NewWebhook { url: url.to_owned(), secret: secret.map(str::to_owned) };
    NewTask { webhook: Some(webhook), ..ocr(1, json!({"formats": ["txt"]})) }
}

/// A task that was cancelled, of which this URL is told.
async fn cancelled(client: &Client, url: &str) -> Result<TaskId> {
    let id = client.register(&telling(url, Some(SECRET))).await?.id;
    client.post(&format!("/tasks/{id}/cancel")).ask().await?.expect(202)?;
    Ok(id)
}

async fn webhook(client: &Client, id: TaskId) -> Result<TaskWebhook> {
    client.task(id).await?.webhook.context("the task has no webhook")
}

/// The webhook of the task when `condition` holds.
async fn webhook_when(client: &Client, id: TaskId, condition: impl Fn(&TaskWebhook) -> bool) -> Result<TaskWebhook> {
    let look = async || Ok(Some(webhook(client, id).await?).filter(|webhook| condition(webhook)));
    eventually(&format!("the webhook of {id} comes so far"), SOON, look).await
}

/// What a message says, if it is signed with this secret.
fn verified(request: &Received, secret: &str) -> Result<WebhookMessage> {
    Webhook::new(secret)?.verify(&request.body, &request.headers)?;
    ensure!(request.header("content-type") == "application/json", "{request:?}");
    Ok(serde_json::from_slice(&request.body)?)
}

#[tokio::test]
async fn the_end_of_a_task_is_told_once_and_signed() -> Result<()> {
    let daemon = Daemon::with(&[HERE]).await?;
    let (anna, receiver) = (daemon.user("anna").await?, Receiver::start(&["204 No Content"]).await?);
    let registered = anna.register(&telling(&receiver.url(), None)).await?;
    let secret = registered.webhook.and_then(|webhook| webhook.secret).context("no secret was made")?;
    let before = webhook(&anna, registered.id).await?;
    assert_eq!((before.status, before.attempts, before.secret), (WebhookStatus::Pending, 0, None));
    anna.upload(registered.id, &[Upload::line("page.png", "Tell me when")?]).await?;

    let requests = receiver.requests(1).await?;
    let message = verified(&requests[0], &secret)?;
    assert_eq!(requests[0].line, "POST /ended?task=mine HTTP/1.1");
    assert_eq!((message.kind, message.data.status), (WebhookEvent::Success, TaskStatus::Success));
    let after = webhook_when(&anna, registered.id, |webhook| webhook.status == WebhookStatus::Delivered).await?;
    assert_eq!((after.attempts, after.next_attempt_at, after.last_error), (1, None, None));
    let task = anna.task(registered.id).await?;
    assert!(task.seq > message.data.seq, "who knows the task by its tag does not see that it was told");
    assert_eq!(Task { webhook: None, seq: 0, ..message.data }, Task { webhook: None, seq: 0, ..task });
    assert_eq!(receiver.received().len(), 1, "told twice");
    let secret = secret.trim_start_matches("whsec_");
    assert!(!daemon.log().contains(secret), "the secret is in the log");
    let list = anna.get("/tasks").ask().await?.expect(200)?.text();
    assert!(!list.contains(secret), "the secret is told again");
    Ok(())
}

#[tokio::test]
async fn every_kind_of_end_is_told() -> Result<()> {
    let daemon = Daemon::with(&[HERE]).await?;
    let (anna, receiver) = (daemon.user("anna").await?, Receiver::start(&["200 OK"]).await?);
    let damaged = anna.register(&telling(&receiver.url(), Some(SECRET))).await?;
    assert_eq!(damaged.webhook.and_then(|webhook| webhook.secret), None, "a client's own secret comes back");
    anna.upload(damaged.id, &[Upload::new("half.pdf", &b"%PDF-1.7\n"[..])]).await?;
    let cancelled = cancelled(&anna, &receiver.url()).await?;
    let requests = receiver.requests(2).await?;
    let messages = requests.iter().map(|request| verified(request, SECRET)).collect::<Result<Vec<_>>>()?;
    let kind = |id| messages.iter().find(|message| message.data.id == id).map(|message| message.kind);
    assert_eq!(kind(damaged.id), Some(WebhookEvent::Failure));
    assert_eq!(kind(cancelled), Some(WebhookEvent::Cancelled));
    Ok(())
}

#[tokio::test]
async fn what_was_not_taken_is_sent_again_under_the_same_id() -> Result<()> {
    let daemon = Daemon::with(&[HERE]).await?;
    let (anna, receiver) = (daemon.user("anna").await?, Receiver::start(&["500 Broken", "200 OK"]).await?);
    let id = cancelled(&anna, &receiver.url()).await?;
    let waits = webhook_when(&anna, id, |webhook| webhook.attempts == 1).await?;
    assert_eq!(waits.status, WebhookStatus::Pending);
    assert!(waits.next_attempt_at.is_some());
    assert!(waits.last_error.is_some_and(|error| error.contains("500")));
    let requests = receiver.requests(2).await?;
    assert_eq!(requests[0].header("webhook-id"), requests[1].header("webhook-id"));
    assert_ne!(requests[0].header("webhook-timestamp"), requests[1].header("webhook-timestamp"));
    assert_eq!(verified(&requests[0], SECRET)?, verified(&requests[1], SECRET)?);
    let after = webhook_when(&anna, id, |webhook| webhook.status == WebhookStatus::Delivered).await?;
    assert_eq!((after.attempts, after.last_error), (2, None));
    Ok(())
}

#[tokio::test]
async fn who_is_gone_is_left_alone() -> Result<()> {
    let daemon = Daemon::with(&[HERE]).await?;
    let (anna, receiver) = (daemon.user("anna").await?, Receiver::start(&["410 Gone"]).await?);
    let id = cancelled(&anna, &receiver.url()).await?;
    let after = webhook_when(&anna, id, |webhook| webhook.status != WebhookStatus::Pending).await?;
    assert_eq!((after.status, after.attempts, after.next_attempt_at), (WebhookStatus::Failed, 1, None));
    assert!(after.last_error.is_some_and(|error| error.contains("410")));
    Ok(())
}

#[tokio::test]
async fn in_the_end_it_is_given_up() -> Result<()> {
    let daemon = Daemon::with(&[HERE, ("webhooks.attempts", "1"), ("webhooks.timeout", "'300ms'")]).await?;
    let (anna, receiver) = (daemon.user("anna").await?, Receiver::start(&[SILENCE]).await?);
    let id = cancelled(&anna, &receiver.url()).await?;
    let after = webhook_when(&anna, id, |webhook| webhook.status != WebhookStatus::Pending).await?;
    assert_eq!((after.status, after.attempts), (WebhookStatus::Failed, 1));
    assert!(after.last_error.is_some_and(|error| error.contains("0.3 s")));
    Ok(())
}

#[tokio::test]
async fn what_was_on_its_way_when_the_daemon_was_killed_is_sent_again() -> Result<()> {
    let mut daemon = Daemon::with(&[HERE]).await?;
    let (anna, receiver) = (daemon.user("anna").await?, Receiver::start(&[SILENCE, "200 OK"]).await?);
    let id = cancelled(&anna, &receiver.url()).await?;
    receiver.requests(1).await?;
    daemon.kill().await?;
    daemon.start_again().await?;
    let anna = daemon.client()?.with_token(anna.token());
    let after = webhook_when(&anna, id, |webhook| webhook.status == WebhookStatus::Delivered).await?;
    assert_eq!(after.attempts, 1, "nobody knows of the one that was cut off");
    let requests = receiver.received();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0].header("webhook-id"), requests[1].header("webhook-id"));
    verified(&requests[1], SECRET)?;
    Ok(())
}

#[tokio::test]
async fn bad_webhooks_are_refused_when_the_task_is_registered() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let refused = async |webhook: serde_json::Value, code, pointer: &str| -> Result<()> {
        let new = json!({"service": "ocr", "webhook": webhook});
        let problem = anna.post("/uploads/tasks").json(&new).ask().await?.problem(code)?;
        let pointers: Vec<_> = problem.errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, [pointer], "{webhook}: {problem:?}");
        Ok(())
    };
    for url in [
        "http://127.0.0.1/",
        "http://localhost:8/",
        "http://[::1]/",
        "http://0x7f.1/",
        "https://10.0.0.1:8443/x",
        "http://169.254.169.254",
    ] {
        refused(json!({"url": url}), ProblemCode::FetchForbidden, "/webhook/url").await?;
    }
    for url in ["", "ended", "ftp://example.org/", "file:///etc/passwd", "https://anna:pw@example.org/"] {
        refused(json!({"url": url}), ProblemCode::FetchBadUrl, "/webhook/url").await?;
    }
    for secret in ["", "whsec_", "whsec_AAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
        let webhook = json!({"url": "https://example.org/", "secret": secret});
        refused(webhook, ProblemCode::RequestInvalid, "/webhook/secret").await?;
    }
    let all: TaskList = anna.get("/tasks").ask().await?.expect(200)?.json()?;
    assert!(all.items.is_empty(), "a refused registration left a task behind");
    Ok(())
}

#[tokio::test]
async fn redirects_are_not_followed() -> Result<()> {
    let daemon = Daemon::with(&[HERE]).await?;
    let (anna, elsewhere) = (daemon.user("anna").await?, Receiver::start(&["200 OK"]).await?);
    let receiver = Receiver::start(&[&format!("307 There\nlocation: {}", elsewhere.url())]).await?;
    let id = cancelled(&anna, &receiver.url()).await?;
    let after = webhook_when(&anna, id, |webhook| webhook.attempts > 0).await?;
    assert!(after.last_error.is_some_and(|error| error.contains("redirects are not followed")));
    assert!(elsewhere.received().is_empty());
    Ok(())
}

//! Tickets open one websocket each, and what is open ends with the token that it was opened with.

use anyhow::{Context, Result, bail};
use d2d_api::{Frame, FrameType, ProblemCode, Scope, Ticket};
use d2d_tests::harness::{Ask, Client, Daemon, PASSWORD, Socket, ocr, shared};
use serde_json::json;

async fn ticket(client: &Client) -> Result<String> {
    let answer = client.post("/auth/ws-tickets").ask().await?.expect(201)?;
    assert_eq!(answer.header("cache-control"), "no-store");
    let ticket: Ticket = answer.json()?;
    assert_eq!(ticket.expires_in, 30);
    Ok(ticket.ticket)
}

/// Opens a websocket with a ticket in its address and no token.
async fn open(client: &Client, path: &str, ticket: &str) -> Result<Socket> {
    client.anonymous().socket(&format!("{path}?ticket={ticket}")).await
}

/// Why a websocket was not opened.
async fn refused(client: &Client, path: &str, ticket: &str, status: &str) -> Result<()> {
    match open(client, path, ticket).await {
        Ok(_) => bail!("the socket was opened"),
        Err(error) if error.to_string().contains(status) => Ok(()),
        Err(error) => Err(error.context(format!("expected {status}"))),
    }
}

/// The reason that an open websocket gives for its end.
async fn reason(socket: &mut Socket) -> Result<ProblemCode> {
    match socket.frames().await?.into_iter().next_back() {
        Some(Frame { kind: FrameType::Error, error: Some(problem), .. }) => Ok(problem.code),
        other => bail!("it ended with {other:?}"),
    }
}

#[tokio::test]
async fn a_ticket_opens_one_websocket() -> Result<()> {
    let daemon = Daemon::start().await?;
    let anna = daemon.user("anna").await?;
    let id = anna.register(&ocr(1, json!({}))).await?.id;
    for path in [format!("/tasks/{id}/ws"), "/tasks/ws".to_owned()] {
        let ticket = ticket(&anna).await?;
        let mut socket = open(&anna, &path, &ticket).await?;
        let first = socket.frame().await?.context("closed at once")?;
        assert_eq!((first.kind, first.task.map(|task| task.id)), (FrameType::Snapshot, Some(id)));
        refused(&anna, &path, &ticket, "401").await?;
        assert!(!daemon.log().contains(&ticket), "a ticket is in the log");
    }
    for never in ["", "x", "d2dt_0"] {
        refused(&anna, "/tasks/ws", never, "401").await?;
    }
    let elsewhere = anna.anonymous().get(&format!("/tasks/{id}?ticket={}", ticket(&anna).await?)).ask().await?;
    elsewhere.problem(ProblemCode::RequestInvalid)?;
    assert!(!daemon.log().contains(anna.token()), "a token is in the log");
    Ok(())
}

#[tokio::test]
async fn a_ticket_opens_one_stream_of_events() -> Result<()> {
    let daemon = Daemon::with(&[("auth.token_ttl", "'5s'")]).await?;
    let anna = daemon.user("anna").await?;
    let id = anna.register(&ocr(1, json!({}))).await?.id;
    let path = format!("/tasks/{id}/events?ticket={}", ticket(&anna).await?);
    // Whole, because it ends with the token that the ticket was got with.
    let events = anna.anonymous().get(&path).ask().await?.expect(200)?;
    assert!(events.header("content-type").starts_with("text/event-stream"), "{:?}", events.headers);
    let text = events.text();
    assert!(text.contains("event: snapshot") && text.contains("event: error"), "{text}");
    assert!(text.contains(ProblemCode::AuthExpiredToken.as_str()), "{text}");
    anna.anonymous().get(&path).ask().await?.problem(ProblemCode::AuthBadTicket)?;
    Ok(())
}

#[tokio::test]
async fn of_two_with_one_ticket_one_comes_in() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    for _ in 0..5 {
        let ticket = ticket(&anna).await?;
        let (one, two) = tokio::join!(open(&anna, "/tasks/ws", &ticket), open(&anna, "/tasks/ws", &ticket));
        assert!(one.is_ok() != two.is_ok(), "{} {}", one.is_ok(), two.is_ok());
    }
    Ok(())
}

#[tokio::test]
async fn a_ticket_stands_for_what_it_was_got_with() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    refused(&anna, "/ops/ws", &ticket(&anna).await?, "403").await?;
    let olga = daemon.client()?.log_in(&daemon.account("olga", &["--operator"]).await?, PASSWORD).await?;
    open(&olga, "/ops/ws", &ticket(&olga).await?).await?;

    let key = async |scope: Scope| {
        let new = json!({"name": "x", "scopes": [scope]});
        let key: d2d_api::ApiKey = olga.post("/auth/api-keys").json(&new).ask().await?.expect(201)?.json()?;
        anyhow::Ok(olga.with_token(&key.secret.context("no secret")?))
    };
    let (reader, writer) = (key(Scope::TasksRead).await?, key(Scope::UploadsWrite).await?);
    open(&reader, "/tasks/ws", &ticket(&reader).await?).await?;
    reader.socket("/tasks/ws").await?;
    refused(&writer, "/tasks/ws", &ticket(&writer).await?, "403").await?;
    refused(&reader, "/ops/ws", &ticket(&reader).await?, "403").await?;

    let spent = ticket(&anna).await?;
    anna.post("/auth/token/revoke").json(&json!({"token": anna.token()})).ask().await?.expect(204)?;
    refused(&anna, "/tasks/ws", &spent, "401").await?;
    daemon.operator()?.post("/auth/ws-tickets").ask().await?.problem(ProblemCode::AuthForbidden)?;
    Ok(())
}

#[tokio::test]
async fn an_open_websocket_ends_when_its_token_does() -> Result<()> {
    let daemon = Daemon::with(&[("auth.token_ttl", "'3s'")]).await?;
    let anna = daemon.user("anna").await?;
    let mut by_ticket = open(&anna, "/tasks/ws", &ticket(&anna).await?).await?;
    let mut by_header = anna.socket("/tasks/ws").await?;
    assert_eq!(reason(&mut by_ticket).await?, ProblemCode::AuthExpiredToken);
    assert_eq!(reason(&mut by_header).await?, ProblemCode::AuthExpiredToken);
    Ok(())
}

/// It is looked for that twice a minute.
#[tokio::test]
async fn an_open_websocket_ends_when_its_token_is_revoked() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let id = anna.register(&ocr(1, json!({}))).await?.id;
    let mut one = anna.socket(&format!("/tasks/{id}/ws")).await?;
    let mut all = open(&anna, "/tasks/ws", &ticket(&anna).await?).await?;
    anna.post("/auth/token/revoke").json(&json!({"token": anna.token()})).ask().await?.expect(204)?;
    let (one, all) = tokio::join!(reason(&mut one), reason(&mut all));
    assert_eq!((one?, all?), (ProblemCode::AuthBadToken, ProblemCode::AuthBadToken));
    Ok(())
}

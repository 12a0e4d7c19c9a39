//! API keys: for programs that can't log in, and only for what they are for.

use std::time::Duration;

use anyhow::{Context, Result};
use d2d_api::{ApiKey, ApiKeys, Me, ProblemCode, Scope};
use d2d_tests::harness::{API, Ask, Client, Daemon, PASSWORD, SOON, eventually, ocr, shared};
use reqwest::Method;
use serde_json::json;

async fn make(client: &Client, scopes: &[Scope]) -> Result<(ApiKey, Client)> {
    let new = json!({"name": "scanner in the hall", "scopes": scopes});
    let answer = client.post("/auth/api-keys").json(&new).ask().await?.expect(201)?;
    assert_eq!(answer.header("cache-control"), "no-store");
    let key: ApiKey = answer.json()?;
    let secret = key.secret.clone().context("no secret")?;
    assert!(secret.starts_with(&format!("d2d_{}_", key.id)), "what secret scanners look for");
    Ok((key, client.with_token(&secret)))
}

#[tokio::test]
async fn a_key_is_shown_once_works_and_is_removed() -> Result<()> {
    let daemon = shared().await?;
    let (anna, berta) = (daemon.user("anna").await?, daemon.user("berta").await?);
    let (key, program) = make(&anna, &[Scope::TasksRead, Scope::UploadsWrite, Scope::TasksRead]).await?;
    let me: Me = program.get("/auth/me").ask().await?.expect(200)?.json()?;
    let scopes = Some(vec![Scope::UploadsWrite, Scope::TasksRead]);
    assert_eq!((me.api_key, me.scopes, me.session), (Some(key.id.clone()), scopes, None));

    let used = eventually("its use is noted", SOON, async || {
        let list = anna.get("/auth/api-keys").ask().await?.expect(200)?;
        assert!(!list.text().contains(program.token()) && !list.text().contains("secret"), "{}", list.text());
        let keys: ApiKeys = list.json()?;
        Ok(keys.items.into_iter().find(|one| one.id == key.id).filter(|one| one.last_used_at.is_some()))
    })
    .await?;
    assert_eq!(used.name, "scanner in the hall");

    let path = format!("/auth/api-keys/{}", key.id);
    berta.delete(&path).ask().await?.problem(ProblemCode::AuthApiKeyNotFound)?;
    anna.delete(&path).ask().await?.expect(204)?;
    program.get("/auth/me").ask().await?.problem(ProblemCode::AuthBadToken)?;
    anna.delete(&path).ask().await?.problem(ProblemCode::AuthApiKeyNotFound)?;
    Ok(())
}

#[tokio::test]
async fn a_key_opens_what_its_scopes_name_and_nothing_else() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let id = anna.register(&ocr(1, json!({}))).await?.id;
    let doors = [
        (Method::POST, "/uploads/tasks".to_owned(), Scope::UploadsWrite),
        (Method::POST, format!("/uploads/tasks/{id}/submit"), Scope::UploadsWrite),
        (Method::GET, "/tasks".to_owned(), Scope::TasksRead),
        (Method::GET, format!("/tasks/{id}"), Scope::TasksRead),
        (Method::POST, format!("/tasks/{id}/cancel"), Scope::TasksWrite),
        (Method::GET, format!("/downloads/tasks/{id}"), Scope::DownloadsRead),
        (Method::GET, "/ops/overview".to_owned(), Scope::Ops),
    ];
    for scope in [Scope::UploadsWrite, Scope::TasksRead, Scope::DownloadsRead, Scope::TasksWrite] {
        let (_, program) = make(&anna, &[scope]).await?;
        for (method, path, needed) in &doors {
            let answer = program.request(method.clone(), &format!("{API}{path}")).ask().await?;
            if scope == *needed {
                assert!(!answer.text().contains("auth."), "{scope} {method} {path}: {}", answer.text());
            } else {
                answer
                    .problem(ProblemCode::AuthInsufficientScope)
                    .with_context(|| format!("{scope} {method} {path}"))?;
                let challenge = answer.header("www-authenticate");
                assert!(
                    challenge.ends_with(&format!("error=\"insufficient_scope\", scope=\"{needed}\"")),
                    "{challenge}"
                );
            }
        }
        program.get("/ocr/languages").ask().await?.expect(200)?;
        program.get("/uploads/services").ask().await?.expect(200)?;
    }
    Ok(())
}

#[tokio::test]
async fn no_key_manages_keys_passwords_or_accounts() -> Result<()> {
    let daemon = shared().await?;
    let name = daemon.account("olga", &["--operator"]).await?;
    let olga = daemon.client()?.log_in(&name, PASSWORD).await?;
    let (key, program) = make(&olga, &Scope::ALL).await?;
    program.get("/ops/overview").ask().await?.expect(200)?;
    let password = json!({"current": PASSWORD, "new": "another password"});
    for request in [
        program.get("/auth/api-keys"),
        program.post("/auth/api-keys").json(&json!({"name": "x", "scopes": ["ops"]})),
        program.delete(&format!("/auth/api-keys/{}", key.id)),
        program.post("/auth/password").json(&password),
        program.get("/auth/users"),
        program.post("/auth/users").json(&json!({"name": "mallory", "password": PASSWORD})),
        program.delete(&format!("/auth/users/{name}")),
        program.post("/auth/keys/rotate"),
    ] {
        request.ask().await?.problem(ProblemCode::AuthInsufficientScope)?;
    }
    // What operators may, their keys may only as long as they are operators.
    let demote = json!({"role": "user"});
    let path = format!("{API}/auth/users/{name}");
    daemon.operator()?.request(Method::PATCH, &path).json(&demote).ask().await?.expect(200)?;
    program.get("/ops/overview").ask().await?.problem(ProblemCode::AuthForbidden)?;
    program.get("/tasks").ask().await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn what_makes_no_sense_as_a_key_is_refused() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let refused = [
        (json!({"name": "", "scopes": ["tasks:read"]}), "/name"),
        (json!({"name": "x".repeat(65), "scopes": ["tasks:read"]}), "/name"),
        (json!({"name": "x", "scopes": []}), "/scopes"),
        (json!({"name": "x", "scopes": ["everything"]}), "/scopes/0"),
        (json!({"name": "x", "scopes": ["tasks:read"], "expires_at": "2020-01-01T00:00:00Z"}), "/expires_at"),
        (json!({"name": "x", "scopes": ["tasks:read"], "expires_at": "tomorrow"}), "/expires_at"),
        (json!({"name": "x", "scopes": ["tasks:read"], "forever": true}), "/forever"),
    ];
    for (new, pointer) in refused {
        let problem = anna.post("/auth/api-keys").json(&new).ask().await?.problem(ProblemCode::RequestInvalid)?;
        assert_eq!(problem.errors.first().map(|error| error.pointer.as_str()), Some(pointer), "{new}");
    }
    let ops = json!({"name": "x", "scopes": ["ops"]});
    anna.post("/auth/api-keys").json(&ops).ask().await?.problem(ProblemCode::AuthForbidden)?;
    daemon.operator()?.post("/auth/api-keys").json(&ops).ask().await?.problem(ProblemCode::AuthForbidden)?;
    for odd in ["d2d_", "d2d_0123456789abcdef_", &format!("d2d_0123456789abcdef_{}", "0".repeat(64))] {
        anna.with_token(odd).get("/auth/me").ask().await?.problem(ProblemCode::AuthBadToken)?;
    }
    Ok(())
}

#[tokio::test]
async fn a_key_ends_by_its_time_and_with_its_account_but_not_with_the_password() -> Result<()> {
    let daemon = shared().await?;
    let name = daemon.account("anna", &[]).await?;
    let anna = daemon.client()?.log_in(&name, PASSWORD).await?;
    let (now, _) = make(&anna, &[Scope::TasksRead]).await?;
    let soon = now.created_at + Duration::from_secs(2);
    let new = json!({"name": "short-lived", "scopes": ["tasks:read"], "expires_at": soon});
    let short: ApiKey = anna.post("/auth/api-keys").json(&new).ask().await?.expect(201)?.json()?;
    let short = anna.with_token(&short.secret.context("no secret")?);
    let ended = eventually("the key has ended", SOON, async || {
        let answer = short.get("/tasks").ask().await?;
        Ok((answer.status != 200).then_some(answer))
    });
    ended.await?.problem(ProblemCode::AuthExpiredToken)?;

    let (_, program) = make(&anna, &[Scope::TasksRead]).await?;
    let change = json!({"current": PASSWORD, "new": "another password"});
    anna.post("/auth/password").json(&change).ask().await?.expect(204)?;
    program.get("/tasks").ask().await?.expect(200)?;
    daemon.d2d(&["user", "disable", &name], "").await?.expect(0)?;
    program.get("/tasks").ask().await?.problem(ProblemCode::AuthBadToken)?;
    daemon.d2d(&["user", "enable", &name], "").await?.expect(0)?;
    program.get("/tasks").ask().await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn an_account_has_fifty_at_most() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    for _ in 0..50 {
        make(&anna, &[Scope::TasksRead]).await?;
    }
    let one_more = json!({"name": "x", "scopes": ["tasks:read"]});
    anna.post("/auth/api-keys").json(&one_more).ask().await?.problem(ProblemCode::AuthTooManyApiKeys)?;
    let keys: ApiKeys = anna.get("/auth/api-keys").ask().await?.expect(200)?.json()?;
    assert_eq!(keys.items.len(), 50);
    anna.delete(&format!("/auth/api-keys/{}", keys.items[0].id)).ask().await?.expect(204)?;
    make(&anna, &[Scope::TasksRead]).await?;
    Ok(())
}

#[tokio::test]
async fn no_secret_is_in_the_log() -> Result<()> {
    let daemon = Daemon::with(&[("log.level", "'debug'")]).await?;
    let anna = daemon.user("anna").await?;
    let (key, program) = make(&anna, &[Scope::TasksRead]).await?;
    program.get("/tasks").ask().await?.expect(200)?;
    let log = daemon.log();
    assert!(log.contains(&key.id), "which key was made is in the log");
    assert!(!log.contains(program.token()) && !log.contains(anna.token()), "a secret is in the log");
    Ok(())
}

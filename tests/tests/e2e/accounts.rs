//! Step 1: accounts are made by operators, and by nobody else.

use anyhow::Result;
use d2d_api::{Me, ProblemCode, Role, User, Users};
use d2d_tests::harness::{API, Ask, Client, PASSWORD, shared};
use reqwest::Method;
use serde_json::{Value, json};

fn patch(client: &Client, path: &str, change: &Value) -> reqwest::RequestBuilder {
    client.request(Method::PATCH, &format!("{API}{path}")).json(change)
}

#[tokio::test]
async fn nobody_registers_by_themselves() -> Result<()> {
    let daemon = shared().await?;
    let new = json!({"name": "mallory", "password": PASSWORD});
    let stranger = daemon.client()?;
    stranger.post("/auth/users").json(&new).ask().await?.problem(ProblemCode::AuthMissingToken)?;
    for path in ["/auth/register", "/auth/signup"] {
        stranger.post(path).json(&new).ask().await?.problem(ProblemCode::RequestNotFound)?;
    }
    let user = daemon.user("anna").await?;
    user.post("/auth/users").json(&new).ask().await?.problem(ProblemCode::AuthForbidden)?;
    user.get("/auth/users").ask().await?.problem(ProblemCode::AuthForbidden)?;
    let grant = json!({"username": "mallory", "password": PASSWORD});
    stranger.post("/auth/token").json(&grant).ask().await?.problem(ProblemCode::AuthBadCredentials)?;
    Ok(())
}

#[tokio::test]
async fn an_operator_makes_changes_and_removes_accounts() -> Result<()> {
    let daemon = shared().await?;
    let operator = daemon.client()?.log_in(&daemon.account("olga", &["--operator"]).await?, PASSWORD).await?;
    let me: Me = operator.get("/auth/me").ask().await?.expect(200)?.json()?;
    assert_eq!(me.role, Role::Operator);

    let new = json!({"name": "berta", "password": PASSWORD});
    let made = operator.post("/auth/users").json(&new).ask().await?.expect(201)?;
    assert_eq!(made.header("location"), "/api/v1/auth/users/berta");
    let user: User = made.json()?;
    assert_eq!((user.name.as_str(), user.role, user.disabled), ("berta", Role::User, false));
    assert!(!made.text().contains("argon2"), "the hash of the password is nobody's business");
    operator.post("/auth/users").json(&new).ask().await?.problem(ProblemCode::AuthUserExists)?;
    let all: Users = operator.get("/auth/users").ask().await?.expect(200)?.json()?;
    assert!(all.items.iter().any(|user| user.name == "berta"));

    let berta = daemon.client()?.log_in("berta", PASSWORD).await?;
    patch(&operator, "/auth/users/berta", &json!({"disabled": true})).ask().await?.expect(200)?;
    berta.get("/auth/me").ask().await?.problem(ProblemCode::AuthBadToken)?;
    let grant = json!({"username": "berta", "password": PASSWORD});
    let login = || daemon.client().map(|client| client.post("/auth/token").json(&grant));
    login()?.ask().await?.problem(ProblemCode::AuthBadCredentials)?;
    patch(&operator, "/auth/users/berta", &json!({"disabled": false})).ask().await?.expect(200)?;
    login()?.ask().await?.expect(200)?;

    operator.delete("/auth/users/berta").ask().await?.expect(204)?;
    login()?.ask().await?.problem(ProblemCode::AuthBadCredentials)?;
    operator.get("/auth/users/berta").ask().await?.problem(ProblemCode::AuthUserNotFound)?;
    Ok(())
}

#[tokio::test]
async fn accounts_that_would_not_do_are_refused_at_the_field() -> Result<()> {
    let daemon = shared().await?;
    let operator = daemon.operator()?;
    let cases = [
        (json!({"name": "", "password": PASSWORD}), "/name"),
        (json!({"name": "Großes Über", "password": PASSWORD}), "/name"),
        (json!({"name": "carl", "password": "short"}), "/password"),
        (json!({"name": "carl", "password": PASSWORD, "admin": true}), "/admin"),
        (json!({"name": "carl", "password": PASSWORD, "role": "king"}), "/role"),
    ];
    for (new, pointer) in cases {
        let problem = operator.post("/auth/users").json(&new).ask().await?.problem(ProblemCode::RequestInvalid)?;
        assert_eq!(problem.errors.first().map(|error| error.pointer.as_str()), Some(pointer), "{new}");
    }
    operator.get("/auth/users/carl").ask().await?.problem(ProblemCode::AuthUserNotFound)?;
    Ok(())
}

#[tokio::test]
async fn a_changed_password_ends_the_tokens_of_the_old_one() -> Result<()> {
    let daemon = shared().await?;
    let name = daemon.account("dora", &[]).await?;
    let dora = daemon.client()?.log_in(&name, PASSWORD).await?;
    let change = |current: &str, new: &str| dora.post("/auth/password").json(&json!({"current": current, "new": new}));
    change("not my password", "another password").ask().await?.problem(ProblemCode::AuthBadCredentials)?;
    change(PASSWORD, "short").ask().await?.problem(ProblemCode::RequestInvalid)?;
    change(PASSWORD, "another password").ask().await?.expect(204)?;
    dora.get("/auth/me").ask().await?.problem(ProblemCode::AuthBadToken)?;
    let old = json!({"username": name, "password": PASSWORD});
    daemon.client()?.post("/auth/token").json(&old).ask().await?.problem(ProblemCode::AuthBadCredentials)?;
    daemon.client()?.log_in(&name, "another password").await?;
    Ok(())
}

//! Step 2: a token from the auth service opens all the others, and nothing else does.

use anyhow::{Context, Result, ensure};
use d2d_api::{Me, ProblemCode, Token};
use d2d_tests::harness::{API, Ask, Daemon, PASSWORD, SOON, eventually, shared};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn a_token_is_had_by_form_and_by_json() -> Result<()> {
    let daemon = shared().await?;
    let name = daemon.account("anna", &[]).await?;
    let client = daemon.client()?;
    let form = [("grant_type", "password"), ("username", &name), ("password", PASSWORD)];
    let by_form = client.post("/auth/token").form(&form).ask().await?.expect(200)?;
    assert_eq!(by_form.header("cache-control"), "no-store", "RFC 6749 section 5.1");
    let json = json!({"username": name, "password": PASSWORD});
    let by_json = client.post("/auth/token").json(&json).ask().await?.expect(200)?;
    for answer in [by_form, by_json] {
        let token: Token = answer.json()?;
        assert_eq!((token.token_type.as_str(), token.expires_in), ("Bearer", 3600));
        let me: Me = client.with_token(&token.access_token).get("/auth/me").ask().await?.expect(200)?.json()?;
        assert_eq!(me.name, name);
        assert!(me.token_expires_at.is_some());
    }
    Ok(())
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_are_told_alike() -> Result<()> {
    let daemon = shared().await?;
    let name = daemon.account("anna", &[]).await?;
    let mut told = Vec::new();
    let odd = format!("account:{name}");
    let names =
        [(name.as_str(), "wrong password"), ("nobody-at-all", PASSWORD), ("", ""), (&odd, PASSWORD), ("\0⟩`", "x")];
    for (name, password) in names {
        let grant = json!({"username": name, "password": password});
        let answer = daemon.client()?.post("/auth/token").json(&grant).ask().await?;
        told.push(answer.problem(ProblemCode::AuthBadCredentials)?.detail);
    }
    told.dedup();
    assert_eq!(told.len(), 1, "the answers tell which names exist: {told:?}");
    Ok(())
}

#[tokio::test]
async fn an_expired_token_says_so() -> Result<()> {
    let daemon = Daemon::with(&[("auth.token_ttl", "'2s'")]).await?;
    let anna = daemon.user("anna").await?;
    anna.get("/auth/me").ask().await?.expect(200)?;
    let refused = eventually("the token has expired", SOON, async || {
        let answer = anna.get("/auth/me").ask().await?;
        Ok((answer.status != 200).then_some(answer))
    })
    .await?;
    refused.problem(ProblemCode::AuthExpiredToken)?;
    assert!(refused.header("www-authenticate").starts_with("Bearer"), "RFC 6750 section 3");
    Ok(())
}

#[tokio::test]
async fn a_token_that_was_tampered_with_is_worth_nothing() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let parts: Vec<&str> = anna.token().split('.').collect();
    let [header, claims, signature] = parts[..] else { anyhow::bail!("not a JWT: {parts:?}") };
    let other = daemon.user("berta").await?;
    let others = other.token().split('.').nth(1).context("no claims")?;
    let mut flipped = signature.to_owned();
    let last = if flipped.starts_with('A') { "B" } else { "A" };
    flipped.replace_range(..1, last);
    // {"alg":"none","typ":"JWT"}
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
    let forged = [
        format!("{header}.{claims}.{flipped}"),
        format!("{header}.{others}.{signature}"),
        format!("{header}.{claims}."),
        format!("{none}.{claims}."),
        format!("{none}.{claims}.{signature}"),
        "not a token".to_owned(),
    ];
    for token in forged {
        anna.with_token(&token).get("/auth/me").ask().await?.problem(ProblemCode::AuthBadToken)?;
    }
    anna.get("/auth/me").ask().await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn every_door_but_the_public_ones_wants_a_token() -> Result<()> {
    let daemon = shared().await?;
    let stranger = daemon.client()?;
    let id = "0199a0b0-0000-7000-8000-000000000000";
    let doors = [
        (Method::GET, "/auth/me".to_owned()),
        (Method::POST, "/auth/password".to_owned()),
        (Method::GET, "/auth/users".to_owned()),
        (Method::POST, "/uploads/tasks".to_owned()),
        (Method::POST, format!("/uploads/tasks/{id}/files")),
        (Method::DELETE, format!("/uploads/tasks/{id}/files/{id}")),
        (Method::POST, format!("/uploads/tasks/{id}/submit")),
        (Method::GET, "/tasks".to_owned()),
        (Method::GET, format!("/tasks/{id}")),
        (Method::GET, format!("/tasks/{id}/log")),
        (Method::POST, format!("/tasks/{id}/cancel")),
        (Method::DELETE, format!("/tasks/{id}")),
        (Method::GET, format!("/downloads/tasks/{id}")),
        (Method::GET, format!("/downloads/tasks/{id}/files/{id}")),
        (Method::GET, "/ops/overview".to_owned()),
    ];
    for (method, path) in doors {
        let answer = stranger.request(method.clone(), &format!("{API}{path}")).ask().await?;
        let problem = answer.problem(ProblemCode::AuthMissingToken);
        problem.with_context(|| format!("{method} {path}"))?;
        ensure!(answer.header("www-authenticate").starts_with("Bearer"), "{method} {path}: {:?}", answer.headers);
    }
    Ok(())
}

#[tokio::test]
async fn the_public_keys_are_public_and_hold_nothing_private() -> Result<()> {
    let daemon = shared().await?;
    let keys = daemon.client()?.get("/auth/jwks.json").ask().await?.expect(200)?;
    let keys: serde_json::Value = keys.json()?;
    let key = keys["keys"].get(0).context("no key")?;
    assert_eq!((key["kty"].as_str(), key["crv"].as_str()), (Some("OKP"), Some("Ed25519")));
    assert!(key.get("x").is_some() && key.get("kid").is_some());
    assert!(key.get("d").is_none(), "the private key is out");
    Ok(())
}

#[tokio::test]
async fn tokens_outlive_the_daemon_that_gave_them() -> Result<()> {
    let mut daemon = Daemon::start().await?;
    let anna = daemon.user("anna").await?;
    daemon.kill().await?;
    daemon.start_again().await?;
    daemon.client()?.with_token(anna.token()).get("/auth/me").ask().await?.expect(200)?;
    Ok(())
}

//! Tokens are renewed without the password, and end together.

use anyhow::{Context, Result};
use d2d_api::{Me, ProblemCode, Token};
use d2d_tests::harness::{Ask, Client, Daemon, PASSWORD, shared};
use serde_json::{Value, json};

/// The tokens of a new login, and a client without one.
async fn log_in(daemon: &Daemon) -> Result<(Client, Token)> {
    let (client, name) = (daemon.client()?, daemon.account("anna", &[]).await?);
    let login = json!({"username": name, "password": PASSWORD});
    let token = client.post("/auth/token").json(&login).ask().await?.expect(200)?.json()?;
    Ok((client, token))
}

async fn refresh(client: &Client, token: &str) -> Result<Token> {
    let grant = json!({"refresh_token": token});
    let answer = client.post("/auth/token/refresh").json(&grant).ask().await?.expect(200)?;
    assert_eq!(answer.header("cache-control"), "no-store", "RFC 6749 section 5.1");
    answer.json()
}

async fn refused(client: &Client, token: &str) -> Result<()> {
    let answer = client.post("/auth/token/refresh").json(&json!({"refresh_token": token})).ask().await?;
    answer.problem(ProblemCode::AuthBadRefreshToken)?;
    assert_eq!(answer.json::<Value>()?["error"], "invalid_grant", "RFC 6749 section 5.2");
    Ok(())
}

async fn is_let_in(client: &Client, token: &Token) -> Result<bool> {
    let answer = client.with_token(&token.access_token).get("/auth/me").ask().await?;
    if answer.status != 200 {
        answer.problem(ProblemCode::AuthBadToken)?;
    }
    Ok(answer.status == 200)
}

#[tokio::test]
async fn a_login_goes_on_without_the_password() -> Result<()> {
    let daemon = shared().await?;
    let (client, first) = log_in(&daemon).await?;
    assert_eq!(first.refresh_expires_in, 30 * 24 * 60 * 60);
    let mut token = first.clone();
    for form in [
        ("/auth/token", vec![("grant_type", "refresh_token")]),
        ("/auth/token/refresh", vec![("grant_type", "refresh_token")]),
        ("/auth/token/refresh", vec![]),
    ] {
        let (path, mut fields) = form;
        fields.push(("refresh_token", &token.refresh_token));
        let newer: Token = client.post(path).form(&fields).ask().await?.expect(200)?.json()?;
        assert_ne!(newer.refresh_token, token.refresh_token);
        token = newer;
    }
    token = refresh(&client, &token.refresh_token).await?;
    let session = async |token: &Token| {
        let me: Me = client.with_token(&token.access_token).get("/auth/me").ask().await?.expect(200)?.json()?;
        me.session.context("a token without a session")
    };
    assert_eq!(session(&first).await?, session(&token).await?, "one login, one session");
    Ok(())
}

#[tokio::test]
async fn a_refresh_token_that_comes_back_ends_its_login() -> Result<()> {
    let daemon = shared().await?;
    let (client, first) = log_in(&daemon).await?;
    let second = refresh(&client, &first.refresh_token).await?;
    let third = refresh(&client, &second.refresh_token).await?;
    for token in [&first, &second, &third] {
        assert!(is_let_in(&client, token).await?, "all are of one login");
    }
    refused(&client, &first.refresh_token).await?;
    for token in [&first, &second, &third] {
        assert!(!is_let_in(&client, token).await?, "whoever stole one is out at once");
        refused(&client, &token.refresh_token).await?;
    }
    Ok(())
}

#[tokio::test]
async fn of_two_at_once_one_is_renewed_and_then_none() -> Result<()> {
    let daemon = shared().await?;
    let (client, first) = log_in(&daemon).await?;
    let ask = || client.post("/auth/token/refresh").json(&json!({"refresh_token": first.refresh_token})).ask();
    let (one, two) = tokio::join!(ask(), ask());
    let (done, failed): (Vec<_>, Vec<_>) = [one?, two?].into_iter().partition(|answer| answer.status == 200);
    assert_eq!((done.len(), failed.len()), (1, 1));
    failed[0].problem(ProblemCode::AuthBadRefreshToken)?;
    assert!(!is_let_in(&client, &done[0].json()?).await?);
    Ok(())
}

#[tokio::test]
async fn a_login_is_ended_by_any_of_its_tokens() -> Result<()> {
    let daemon = shared().await?;
    let (client, other) = log_in(&daemon).await?;
    for by_access in [true, false] {
        let (_, first) = log_in(&daemon).await?;
        let second = refresh(&client, &first.refresh_token).await?;
        let (token, hint) = if by_access {
            (&first.access_token, "access_token")
        } else {
            (&second.refresh_token, "access_token, of all things")
        };
        let form = [("token", token.as_str()), ("token_type_hint", hint)];
        for _ in 0..2 {
            client.post("/auth/token/revoke").form(&form).ask().await?.expect(204)?;
        }
        assert!(!is_let_in(&client, &first).await? && !is_let_in(&client, &second).await?);
        refused(&client, &second.refresh_token).await?;
    }
    for nothing in ["", "x", "d2dr_0123", "eyJhbGciOiJub25lIn0.e30.", &format!("{}x", other.access_token)] {
        client.post("/auth/token/revoke").json(&json!({"token": nothing})).ask().await?.expect(204)?;
    }
    assert!(is_let_in(&client, &other).await?, "nobody else is logged out");
    Ok(())
}

#[tokio::test]
async fn a_change_of_the_account_ends_refresh_tokens_too() -> Result<()> {
    let daemon = shared().await?;
    let (client, token) = log_in(&daemon).await?;
    let change = json!({"current": PASSWORD, "new": "another password"});
    let anna = client.with_token(&token.access_token);
    anna.post("/auth/password").json(&change).ask().await?.expect(204)?;
    refused(&client, &token.refresh_token).await?;
    Ok(())
}

#[tokio::test]
async fn an_account_of_the_same_name_is_not_opened_by_old_tokens() -> Result<()> {
    let daemon = shared().await?;
    let (client, token) = log_in(&daemon).await?;
    let me: Me = client.with_token(&token.access_token).get("/auth/me").ask().await?.expect(200)?.json()?;
    daemon.d2d(&["user", "remove", &me.name], "").await?.expect(0)?;
    daemon.d2d(&["user", "add", &me.name, "--password-stdin"], "quite another password\n").await?.expect(0)?;
    assert!(!is_let_in(&client, &token).await?);
    refused(&client, &token.refresh_token).await?;
    Ok(())
}

#[tokio::test]
async fn who_speaks_oauth_is_told_in_its_words() -> Result<()> {
    let daemon = shared().await?;
    let client = daemon.client()?;
    let cases = [
        (
            vec![("username", "nobody"), ("password", "wrong password")],
            ProblemCode::AuthBadCredentials,
            "invalid_grant",
        ),
        (
            vec![("grant_type", "refresh_token"), ("refresh_token", "x")],
            ProblemCode::AuthBadRefreshToken,
            "invalid_grant",
        ),
        (vec![("grant_type", "client_credentials")], ProblemCode::RequestInvalid, "unsupported_grant_type"),
        (vec![("grant_type", "password"), ("username", "anna")], ProblemCode::RequestInvalid, "invalid_request"),
        (vec![("grant_type", "refresh_token")], ProblemCode::RequestInvalid, "invalid_request"),
        (vec![], ProblemCode::RequestInvalid, "invalid_request"),
    ];
    for (form, code, error) in cases {
        let answer = client.post("/auth/token").form(&form).ask().await?;
        answer.problem(code)?;
        assert_eq!(answer.json::<Value>()?["error"], error, "{form:?}");
    }
    Ok(())
}

//! Logins that fail are bounded, and logins leave no memory behind.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use d2d_api::ProblemCode;
use d2d_tests::harness::{Answer, Ask, Client, Daemon, PASSWORD, SOON, eventually};
use serde_json::json;

const FEW: [(&str, &str); 3] =
    [("auth.login_failures", "3"), ("auth.login_window", "'10s'"), ("http.trusted_proxies", "['127.0.0.0/8']")];

/// A login from an address, as a proxy tells it.
async fn log_in(client: &Client, name: &str, password: &str, from: &str) -> Result<Answer> {
    let login = json!({"username": name, "password": password});
    client.post("/auth/token").header("x-forwarded-for", from).json(&login).ask().await
}

/// Fails to log in so often.
async fn fail(client: &Client, name: &str, from: &str, times: usize) -> Result<()> {
    for _ in 0..times {
        log_in(client, name, "wrong password", from).await?.problem(ProblemCode::AuthBadCredentials)?;
    }
    Ok(())
}

fn retry_after(answer: &Answer) -> Result<Duration> {
    answer.problem(ProblemCode::AuthRateLimited)?;
    Ok(Duration::from_secs(answer.header("retry-after").parse().context("no Retry-After")?))
}

#[tokio::test]
async fn guessing_is_stopped_for_as_long_as_is_told() -> Result<()> {
    let daemon = Daemon::with(&FEW).await?;
    let (client, anna) = (daemon.client()?, daemon.account("anna", &[]).await?);
    for name in [anna.as_str(), "nobody-at-all"] {
        let start = Instant::now();
        fail(&client, name, "203.0.113.1", 3).await?;
        let refused = log_in(&client, name, PASSWORD, "203.0.113.1").await?;
        let wait = retry_after(&refused)?;
        let longest = Duration::from_secs(10);
        ensure!(wait <= longest && wait + start.elapsed() + Duration::from_secs(1) >= longest, "{name}: {wait:?}");
    }
    // Elsewhere nobody is shut out, and who is let in is let in when it was told.
    log_in(&client, &anna, PASSWORD, "203.0.113.2").await?.expect(200)?;
    let told = Instant::now() + retry_after(&log_in(&client, &anna, PASSWORD, "203.0.113.1").await?)?;
    eventually("a login is let in again", SOON, async || {
        let answer = log_in(&client, &anna, PASSWORD, "203.0.113.1").await?;
        ensure!(answer.status == 200 || Instant::now() < told, "not let in when it was told: {}", answer.text());
        Ok((answer.status == 200).then_some(()))
    })
    .await
}

#[tokio::test]
async fn a_success_clears_what_failed_and_one_address_cannot_try_everybody() -> Result<()> {
    let daemon = Daemon::with(&[("auth.login_failures", "3"), ("http.trusted_proxies", "['127.0.0.0/8']")]).await?;
    let (client, anna) = (daemon.client()?, daemon.account("anna", &[]).await?);
    for _ in 0..2 {
        fail(&client, &anna, "203.0.113.1", 2).await?;
        log_in(&client, &anna, PASSWORD, "203.0.113.1").await?.expect(200)?;
    }
    for number in 0..15 {
        fail(&client, &format!("name-{number}"), "203.0.113.9", 1).await?;
    }
    retry_after(&log_in(&client, "one-more", PASSWORD, "203.0.113.9").await?)?;
    retry_after(&log_in(&client, &anna, PASSWORD, "203.0.113.9, 127.0.0.2").await?)?;
    // From where anna logged in before she is let in, whatever others try.
    // Four failed above; twenty times three may.
    for number in 4..60 {
        let answer = log_in(&client, &anna, "wrong password", &format!("198.51.100.{number}")).await?;
        answer.problem(ProblemCode::AuthBadCredentials)?;
    }
    retry_after(&log_in(&client, &anna, PASSWORD, "198.51.100.200").await?)?;
    log_in(&client, &anna, PASSWORD, "203.0.113.1").await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn nobody_chooses_their_own_address() -> Result<()> {
    let daemon = Daemon::with(&[("auth.login_failures", "3")]).await?;
    let client = daemon.client()?;
    for number in 0..3 {
        fail(&client, "anna", &format!("203.0.113.{number}"), 1).await?;
    }
    retry_after(&log_in(&client, "anna", "wrong password", "203.0.113.77").await?)?;
    Ok(())
}

#[tokio::test]
async fn a_stolen_token_does_not_help_to_guess_the_password() -> Result<()> {
    let daemon = Daemon::with(&[("auth.login_failures", "3")]).await?;
    let anna = daemon.user("anna").await?;
    let guess = || anna.post("/auth/password").json(&json!({"current": "a guess", "new": "another password"})).ask();
    for _ in 0..3 {
        guess().await?.problem(ProblemCode::AuthBadCredentials)?;
    }
    retry_after(&guess().await?)?;
    Ok(())
}

/// Each takes 19 MiB while it is checked.
#[tokio::test]
async fn logins_give_their_memory_back() -> Result<()> {
    let daemon = Daemon::with(&[("auth.parallel_logins", "8")]).await?;
    let name = daemon.account("anna", &[]).await?;
    let memory = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", daemon.id().context("it has ended")?))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        Ok::<u64, anyhow::Error>(line.trim().trim_end_matches(" kB").parse::<u64>()? / 1024)
    };
    daemon.client()?.log_in(&name, PASSWORD).await?;
    let before = memory()?;
    let logins: Vec<_> = (0..24)
        .map(|_| {
            let (client, name) = (daemon.client(), name.clone());
            tokio::spawn(async move { client?.log_in(&name, PASSWORD).await })
        })
        .collect();
    for login in logins {
        login.await??;
    }
    let after = memory()?;
    ensure!(after < before + 60, "{before} MiB before, {after} MiB after 24 logins");
    Ok(())
}

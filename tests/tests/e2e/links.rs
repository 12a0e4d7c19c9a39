//! Links to results that work without a token.

use anyhow::{Context, Result};
use chrono::Utc;
use d2d_api::{Artifact, Link, ProblemCode, Task};
use d2d_tests::harness::{Answer, Ask, Client, Daemon, PASSWORD, SOON, Upload, eventually, shared};
use reqwest::Method;
use serde_json::{Value, json};

async fn finished(client: &Client) -> Result<(Task, Vec<Artifact>)> {
    let task = client.convert(&[Upload::line("page.png", "Pass it on")?], json!({"formats": ["txt", "json"]})).await?;
    let items = client.manifest(task.id).await?.items;
    Ok((task, items))
}

fn file(task: &Task, item: &Artifact) -> String {
    format!("/downloads/tasks/{}/files/{}", task.id, item.id)
}

async fn link(client: &Client, path: &str, body: Value) -> Result<Link> {
    client.post(&format!("{path}/link")).json(&body).ask().await?.expect(201)?.json()
}

async fn fetch(client: &Client, url: &str) -> Result<Answer> {
    client.anonymous().request(Method::GET, url).ask().await
}

#[tokio::test]
async fn a_link_opens_its_file_and_no_other() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let (task, items) = finished(&anna).await?;
    let path = file(&task, &items[0]);
    let Link { url, expires_at } = link(&anna, &path, json!({"expires_in": 600})).await?;
    assert!((590..=600).contains(&(expires_at - Utc::now()).num_seconds()), "{expires_at}");
    let by_token = anna.get(&path).ask().await?.expect(200)?;
    let by_link = fetch(&anna, &url).await?.expect(200)?;
    assert_eq!(by_link.body, by_token.body);
    assert_eq!(by_link.header("content-disposition"), by_token.header("content-disposition"));
    let part = anna.anonymous().request(Method::GET, &url).header("range", "bytes=1-3").ask().await?.expect(206)?;
    assert_eq!(part.body, by_token.body[1..4]);
    let head = anna.anonymous().request(Method::HEAD, &url).ask().await?.expect(200)?;
    assert_eq!(head.header("content-length"), items[0].bytes.to_string());

    let (address, token) = url.split_once("?token=").context("no token")?;
    let (other_task, other_items) = finished(&anna).await?;
    let own = anna.token();
    let changed = format!("{}{}", &token[..token.len() - 4], if token.ends_with("AAAA") { "BBBB" } else { "AAAA" });
    let bad = [
        format!("{address}?token="),
        format!("{address}?token=x"),
        format!("{address}?token={changed}"),
        format!("{address}?token={own}"),
        format!("/api/v1{}?token={token}", file(&task, &items[1])),
        format!("/api/v1{}?token={token}", file(&other_task, &other_items[0])),
        format!("/api/v1/downloads/tasks/{}/archive?token={token}", task.id),
    ];
    for url in bad {
        fetch(&anna, &url).await?.problem(ProblemCode::DownloadBadLink).with_context(|| url.clone())?;
    }
    fetch(&anna, address).await?.problem(ProblemCode::AuthMissingToken)?;
    // Nor does it open anything else.
    let list = anna.with_token(token).get("/tasks").ask().await?;
    list.problem(ProblemCode::AuthBadToken)?;
    assert!(!daemon.log().contains(token), "the log has the token");
    Ok(())
}

#[tokio::test]
async fn the_archive_has_links_too() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let (task, items) = finished(&anna).await?;
    let archive = format!("/downloads/tasks/{}/archive", task.id);
    let Link { url, .. } = link(&anna, &archive, json!({})).await?;
    let by_link = fetch(&anna, &url).await?.expect(200)?;
    assert_eq!(by_link.body, anna.get(&archive).ask().await?.expect(200)?.body);
    let token = url.split_once("?token=").context("no token")?.1;
    let other = format!("/api/v1{}?token={token}", file(&task, &items[0]));
    fetch(&anna, &other).await?.problem(ProblemCode::DownloadBadLink)?;
    Ok(())
}

#[tokio::test]
async fn a_link_has_its_time() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let (task, items) = finished(&anna).await?;
    let path = file(&task, &items[0]);
    let hour = link(&anna, &path, json!({})).await?;
    assert!((3590..=3600).contains(&(hour.expires_at - Utc::now()).num_seconds()), "{hour:?}");
    let brief = link(&anna, &path, json!({"expires_in": 2})).await?;
    let refused = eventually("the link has expired", SOON, async || {
        let answer = fetch(&anna, &brief.url).await?;
        Ok((answer.status != 200).then_some(answer))
    })
    .await?;
    refused.problem(ProblemCode::DownloadBadLink)?;
    assert!(Utc::now() >= brief.expires_at);
    for seconds in [json!(0), json!(604_801), json!(-1), json!("1h")] {
        let answer = anna.post(&format!("{path}/link")).json(&json!({"expires_in": seconds})).ask().await?;
        assert_eq!(answer.problem(ProblemCode::RequestInvalid)?.errors[0].pointer, "/expires_in");
    }
    Ok(())
}

#[tokio::test]
async fn a_link_ends_with_its_task_and_with_its_account() -> Result<()> {
    let daemon = Daemon::start().await?;
    let (anna, name) = {
        let name = daemon.account("anna", &[]).await?;
        (daemon.client()?.log_in(&name, PASSWORD).await?, name)
    };
    let ((gone, gone_items), (task, items)) = (finished(&anna).await?, finished(&anna).await?);
    let dead = link(&anna, &file(&gone, &gone_items[0]), json!({})).await?;
    anna.delete(&format!("/tasks/{}", gone.id)).ask().await?.expect(204)?;
    fetch(&anna, &dead.url).await?.problem(ProblemCode::DownloadBadLink)?;

    let live = link(&anna, &file(&task, &items[0]), json!({})).await?;
    daemon.d2d(&["user", "disable", &name], "").await?.expect(0)?;
    fetch(&anna, &live.url).await?.problem(ProblemCode::DownloadBadLink)?;
    daemon.d2d(&["user", "enable", &name], "").await?.expect(0)?;
    fetch(&anna, &live.url).await?.expect(200)?;
    daemon.d2d(&["user", "remove", &name], "").await?.expect(0)?;
    fetch(&anna, &live.url).await?.problem(ProblemCode::DownloadBadLink)?;
    Ok(())
}

#[tokio::test]
async fn only_the_owner_makes_links() -> Result<()> {
    let daemon = shared().await?;
    let (anna, berta) = (daemon.user("anna").await?, daemon.user("berta").await?);
    let (task, items) = finished(&anna).await?;
    let path = format!("{}/link", file(&task, &items[0]));
    berta.post(&path).json(&json!({})).ask().await?.problem(ProblemCode::TaskNotFound)?;
    anna.anonymous().post(&path).json(&json!({})).ask().await?.problem(ProblemCode::AuthMissingToken)?;
    Ok(())
}

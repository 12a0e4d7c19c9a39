//! Addresses that are not public are never asked, whatever way to them somebody tries.

use anyhow::{Context, Result};
use d2d_api::{NewTask, ProblemCode, TaskList, TaskStatus};
use d2d_tests::harness::{Ask, Daemon, Origin, Reply, Upload, ocr, shared};
use serde_json::json;

/// `PORT` stands for that of a server on each loopback address.
const PRIVATE: [&str; 20] = [
    "http://127.0.0.1:PORT/",
    "http://127.1:PORT/",
    "http://2130706433:PORT/",
    "http://0x7f000001:PORT/",
    "http://0177.0.0.1:PORT/",
    "http://127.0.0.1.:PORT/",
    "http://\u{ff11}\u{ff12}\u{ff17}.0.0.1:PORT/",
    "http://%31%32%37.0.0.1:PORT/",
    "http://0.0.0.0:PORT/",
    "http://localhost:PORT/",
    "http://LOCALHOST.:PORT/",
    "http://[::1]:PORT/",
    "http://[::]:PORT/",
    "http://[::ffff:127.0.0.1]:PORT/",
    "http://[64:ff9b::7f00:1]:PORT/",
    "http://[2002:7f00:1::]:PORT/",
    "http://10.0.0.1:PORT/",
    "http://192.168.1.1:PORT/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/latest/meta-data/",
];

fn of_url(url: &str) -> NewTask {
    NewTask { files: None, urls: Some(vec![url.to_owned()]), ..ocr(1, json!({})) }
}

#[tokio::test]
async fn private_addresses_are_refused_at_once_in_any_spelling() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let origin = Origin::start("127.0.0.1").await?;
    let open = anna.register(&NewTask { files: None, ..ocr(1, json!({})) }).await?;
    let add = format!("/uploads/tasks/{}/urls", open.id);
    for spelling in PRIVATE {
        let url = spelling.replace("PORT", &origin.port().to_string());
        for answer in [
            anna.post("/uploads/tasks").json(&of_url(&url)).ask().await?,
            anna.post(&add).json(&json!({ "urls": [url] })).ask().await?,
        ] {
            let problem = answer.problem(ProblemCode::FetchForbidden).with_context(|| url.clone())?;
            assert_eq!(problem.errors[0].pointer, "/urls/0", "{url}");
        }
    }
    for url in ["file:///etc/passwd", "gopher://127.0.0.1/", "http://anna:secret@127.0.0.1/", "", "/etc/passwd"] {
        let answer = anna.post("/uploads/tasks").json(&of_url(url)).ask().await?;
        answer.problem(ProblemCode::FetchBadUrl).with_context(|| url.to_owned())?;
    }
    let mixed = NewTask { urls: Some(vec!["http://10.0.0.1/".into(), "ftp://a/".into()]), ..of_url("") };
    let problem = anna.post("/uploads/tasks").json(&mixed).ask().await?.problem(ProblemCode::RequestInvalid)?;
    assert_eq!(problem.errors.len(), 2);
    let none = anna.post("/uploads/tasks").json(&NewTask { urls: Some(Vec::new()), ..of_url("") }).ask().await?;
    assert_eq!(none.problem(ProblemCode::RequestInvalid)?.errors[0].pointer, "/urls");
    assert_eq!(origin.connections(), 0, "somebody was asked");
    let tasks: TaskList = anna.get("/tasks").ask().await?.expect(200)?.json()?;
    assert_eq!(tasks.items.len(), 1, "a refused registration left a task behind");
    Ok(())
}

#[tokio::test]
async fn where_an_allowed_server_leads_to_is_judged_as_well() -> Result<()> {
    let daemon = Daemon::with(&[("outbound.allow", "['127.0.0.2/32']")]).await?;
    let anna = daemon.user("anna").await?;
    let (public, secret) = (Origin::start("127.0.0.2").await?, Origin::start("127.0.0.1").await?);
    secret.serve("/", Reply::ok(Upload::line("secret.png", "Secret")?.bytes));
    let targets =
        [secret.url("/"), format!("http://localhost:{}/", secret.port()), format!("//127.1:{}/", secret.port())];
    for (number, target) in targets.iter().enumerate() {
        public.serve(&format!("/{number}"), Reply::to(target));
    }
    public.serve("/file", Reply::to("file:///etc/passwd"));
    public.serve("/round", Reply::to("/round"));
    let code = async |path: &str| {
        let task = anna.register(&of_url(&public.url(path))).await?;
        let task = anna.ended(task.id).await?;
        anyhow::ensure!(task.status == TaskStatus::Failure && task.files.is_empty(), "{task:?}");
        task.error.map(|error| error.code).context("it failed without an error")
    };
    for (number, target) in targets.iter().enumerate() {
        assert_eq!(code(&format!("/{number}")).await?, ProblemCode::FetchForbidden, "{target}");
    }
    assert_eq!(code("/file").await?, ProblemCode::FetchBadUrl);
    assert_eq!(code("/round").await?, ProblemCode::FetchFailed);
    assert_eq!(public.asked("/round"), 6, "the first and five that it leads to");
    assert_eq!(secret.connections(), 0, "somebody was asked");
    Ok(())
}

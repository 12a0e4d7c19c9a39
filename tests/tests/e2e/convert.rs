//! `d2d convert`: the whole flow from the shell, with a private daemon and with a server.

use anyhow::{Context, Result, ensure};
use d2d_api::ApiKey;
use d2d_tests::accuracy::character_error_rate;
use d2d_tests::harness::{Ask, Daemon, Origin, PASSWORD, Reply, Run, Upload, program};
use d2d_tests::page::{Encoding, document, example, text, truncated};
use serde_json::{Value, json};
use tempfile::TempDir;

/// `d2d convert` in a folder, with nothing of its user's but the models.
async fn convert(folder: &TempDir, args: &[&str], variables: &[(&str, &str)]) -> Result<Run> {
    let mut command = std::process::Command::new(program()?);
    command.arg("convert").args(args).current_dir(folder.path());
    command.env("XDG_DATA_HOME", folder.path().join("data")).env("XDG_CONFIG_HOME", folder.path().join("config"));
    command.env("D2D_OCR__WORKERS", "1").envs(variables.iter().copied());
    Run::of(command, "").await
}

#[tokio::test]
async fn the_readmes_first_command() -> Result<()> {
    let folder = TempDir::new()?;
    let page = example()?;
    std::fs::write(folder.path().join("page.png"), Encoding::Png.encode(&page.image)?)?;
    let run = convert(&folder, &["page.png", "--formats", "txt,json"], &[]).await?.expect(0)?;
    let read = std::fs::read_to_string(folder.path().join("page.txt"))?;
    let rate = character_error_rate(&page.text, &read);
    ensure!(rate < 0.02, "CER {rate:.3}: {read}");
    let document: Value = serde_json::from_slice(&std::fs::read(folder.path().join("page.json"))?)?;
    ensure!(document["pages"].as_array().is_some_and(|pages| pages.len() == 1));
    ensure!(run.stdout.contains("page.txt") && run.stdout.contains("page.json"), "{run:?}");
    ensure!(!run.stderr.contains('\u{1b}'), "colours and bars where there is no terminal: {run:?}");
    Ok(())
}

#[tokio::test]
async fn results_can_go_to_standard_output() -> Result<()> {
    let folder = TempDir::new()?;
    let pages = document(3)?;
    std::fs::write(folder.path().join("book.pdf"), Upload::book(&pages)?.bytes)?;
    let run = convert(&folder, &["book.pdf", "--pages", "2", "--formats", "txt", "-o", "-"], &[]).await?.expect(0)?;
    let rate = character_error_rate(&pages[1].text, run.stdout.trim_end_matches('\u{c}'));
    ensure!(rate < 0.02, "CER {rate:.3}: {run:?}");
    Ok(())
}

#[tokio::test]
async fn one_bad_file_does_not_spoil_the_others() -> Result<()> {
    let folder = TempDir::new()?;
    let good = Upload::line("good.png", "The good one")?.bytes;
    std::fs::write(folder.path().join("good.png"), &good)?;
    std::fs::write(folder.path().join("half.png"), truncated(&good))?;
    std::fs::write(folder.path().join("letter.txt"), text())?;
    let run = convert(&folder, &["good.png", "half.png", "letter.txt", "--formats", "txt", "--json", "-o", "out"], &[])
        .await?;
    ensure!(run.code == Some(1), "{run:?}");
    let report: Value = run.json()?;
    let told = |file: &str| {
        let entries = report.as_array().into_iter().flatten();
        entries.filter(|entry| entry["file"] == file).map(|entry| entry["error"].to_string()).collect::<String>()
    };
    ensure!(told("good.png") == "null", "{report}");
    ensure!(told("half.png").contains("damaged"), "{report}");
    ensure!(told("letter.txt").contains("application/pdf"), "it does not tell what is taken: {report}");
    let read = std::fs::read_to_string(folder.path().join("out/good.txt"))?;
    assert_eq!(read.trim().trim_end_matches('\u{c}'), "The good one");
    Ok(())
}

#[tokio::test]
async fn a_server_is_used_with_an_account() -> Result<()> {
    let daemon = Daemon::start().await?;
    let name = daemon.account("anna", &[]).await?;
    let server = format!("http://{}", daemon.address());
    let folder = TempDir::new()?;
    std::fs::write(folder.path().join("page.png"), Upload::line("page.png", "Over the wire")?.bytes)?;
    let args = ["page.png", "--formats", "txt", "--server", &server];
    convert(&folder, &args, &[("D2D_USER", &name), ("D2D_PASSWORD", PASSWORD)]).await?.expect(0)?;
    let read = std::fs::read_to_string(folder.path().join("page.txt"))?;
    ensure!(read.contains("Over the wire"), "{read}");
    let log = daemon.log();
    ensure!(log.contains("/auth/token/revoke"), "it does not log out: {log}");
    let wrong = convert(&folder, &args, &[("D2D_USER", &name), ("D2D_PASSWORD", "wrong password")]).await?;
    ensure!(wrong.code == Some(1) && wrong.stderr.contains("password"), "{wrong:?}");
    convert(&folder, &args, &[]).await?.expect(2).context("without an account")?;
    Ok(())
}

/// Tokens end after a second, the websocket with them: longer than that a conversion takes only if they are renewed.
#[tokio::test]
async fn tokens_are_renewed_on_the_way() -> Result<()> {
    let daemon = Daemon::with(&[("auth.token_ttl", "'1s'")]).await?;
    let name = daemon.account("anna", &[]).await?;
    let server = format!("http://{}", daemon.address());
    let folder = TempDir::new()?;
    std::fs::write(folder.path().join("book.pdf"), Upload::book(&document(4)?)?.bytes)?;
    let args = ["book.pdf", "--formats", "txt", "--server", &server];
    convert(&folder, &args, &[("D2D_USER", &name), ("D2D_PASSWORD", PASSWORD)]).await?.expect(0)?;
    let log = daemon.log();
    let count = |path: &str| log.lines().filter(|line| line.contains("answered") && line.contains(path)).count();
    ensure!(count("/auth/token\"") == 1 && count("/auth/token/refresh\"") > 0, "{log}");
    Ok(())
}

#[tokio::test]
async fn programs_are_told_the_code() -> Result<()> {
    let daemon = Daemon::start().await?;
    let name = daemon.account("anna", &[]).await?;
    let anna = daemon.client()?.log_in(&name, PASSWORD).await?;
    let key = json!({"name": "reads only", "scopes": ["tasks:read"]});
    let key: ApiKey = anna.post("/auth/api-keys").json(&key).ask().await?.expect(201)?.json()?;
    let key = key.secret.context("no secret")?;
    let server = format!("http://{}", daemon.address());
    let folder = TempDir::new()?;
    let page = Upload::line("page.png", "Not to be read")?.bytes;
    std::fs::write(folder.path().join("page.png"), &page)?;
    std::fs::write(folder.path().join("half.png"), truncated(&page))?;
    let cases = [
        ("page.png", [("D2D_USER", name.as_str()), ("D2D_PASSWORD", "wrong password")], "auth.bad_credentials"),
        ("page.png", [("D2D_TOKEN", key.as_str()), ("D2D_USER", "")], "auth.insufficient_scope"),
        ("half.png", [("D2D_USER", name.as_str()), ("D2D_PASSWORD", PASSWORD)], "input.damaged"),
    ];
    for (file, variables, code) in cases {
        let args = [file, "--formats", "txt", "--json", "--server", &server];
        let report: Value = convert(&folder, &args, &variables).await?.expect(1)?.json()?;
        ensure!(report[0]["file"] == file && report[0]["code"] == code, "{code}: {report}");
        ensure!(report[0]["error"].as_str().is_some_and(|words| !words.is_empty()), "{report}");
    }
    Ok(())
}

#[tokio::test]
async fn files_that_are_not_there_are_named() -> Result<()> {
    let folder = TempDir::new()?;
    let run = convert(&folder, &["nowhere.png"], &[]).await?;
    ensure!(matches!(run.code, Some(1 | 2)) && run.stderr.contains("nowhere.png"), "{run:?}");
    Ok(())
}

#[tokio::test]
async fn addresses_are_fetched_by_the_daemon() -> Result<()> {
    let folder = TempDir::new()?;
    std::fs::write(folder.path().join("here.png"), Upload::line("here.png", "A file from here")?.bytes)?;
    let origin = Origin::start("127.0.0.1").await?;
    origin.serve("/scan.png?key=secret", Reply::ok(Upload::line("scan.png", "A file from there")?.bytes));
    let (good, bad) = (origin.url("/scan.png?key=secret"), origin.url("/missing.png"));
    let run = convert(&folder, &[&good, "here.png", &bad, "--formats", "txt", "-o", "out"], &[]).await?;
    ensure!(run.code == Some(1) && run.stderr.contains("404"), "{run:?}");
    for (file, text) in [("scan.txt", "A file from there"), ("here.txt", "A file from here")] {
        let read = std::fs::read_to_string(folder.path().join("out").join(file)).with_context(|| format!("{run:?}"))?;
        assert_eq!(read.trim().trim_end_matches('\u{c}'), text);
    }

    // A server decides itself whom it asks.
    let daemon = Daemon::start().await?;
    let server = format!("http://{}", daemon.address());
    let anna = daemon.user("anna").await?;
    let variables = [("D2D_TOKEN", anna.token())];
    let run = convert(&folder, &[&good, "--server", &server], &variables).await?;
    ensure!(run.code == Some(1) && run.stderr.contains("outbound.allow"), "{run:?}");
    assert_eq!(origin.asked("/scan.png?key=secret"), 1);
    Ok(())
}

//! The command line, as operators and scripts use it.

use anyhow::{Context, Result, ensure};
use d2d_tests::harness::{Daemon, PASSWORD};
use serde_json::{Value, json};

#[tokio::test]
async fn accounts_are_kept_with_and_without_a_running_daemon() -> Result<()> {
    let mut daemon = Daemon::start().await?;
    let input = format!("{PASSWORD}\n");
    daemon.d2d(&["user", "add", "anna", "--password-stdin"], &input).await?.expect(0)?;
    let again = daemon.d2d(&["user", "add", "anna", "--password-stdin"], &input).await?.expect(1)?;
    ensure!(again.stderr.contains("d2d user passwd anna"), "it does not tell what to do: {}", again.stderr);
    daemon.client()?.log_in("anna", PASSWORD).await?;

    daemon.terminate().await?;
    daemon.d2d(&["user", "add", "berta", "--password-stdin", "--operator"], &input).await?.expect(0)?;
    daemon.d2d(&["user", "passwd", "anna", "--password-stdin"], "another password\n").await?.expect(0)?;
    let list: Value = daemon.d2d(&["user", "list", "--json"], "").await?.expect(0)?.json()?;
    let names: Vec<_> = list.as_array().context("no list")?.iter().map(|user| (&user["name"], &user["role"])).collect();
    assert_eq!(names, [(&json!("anna"), &json!("user")), (&json!("berta"), &json!("operator"))]);

    daemon.start_again().await?;
    ensure!(daemon.client()?.log_in("anna", PASSWORD).await.is_err(), "the old password still opens");
    daemon.client()?.log_in("anna", "another password").await?;
    daemon.d2d(&["user", "disable", "anna"], "").await?.expect(0)?;
    ensure!(daemon.client()?.log_in("anna", "another password").await.is_err(), "a disabled account opens");
    daemon.d2d(&["user", "enable", "anna"], "").await?.expect(0)?;
    daemon.client()?.log_in("anna", "another password").await?;
    daemon.d2d(&["user", "remove", "anna"], "").await?.expect(0)?;
    daemon.d2d(&["user", "remove", "anna"], "").await?.expect(1)?;
    daemon.d2d(&["user", "add", "carl", "--password-stdin"], "short\n").await.map(drop)?;
    ensure!(daemon.client()?.log_in("carl", "short").await.is_err(), "a password of five letters");
    Ok(())
}

#[tokio::test]
async fn health_is_an_exit_status() -> Result<()> {
    let mut daemon = Daemon::start().await?;
    let server = format!("http://{}", daemon.address());
    for args in [&["health"][..], &["health", "--server", &server]] {
        daemon.d2d(args, "").await?.expect(0)?;
    }
    let well: Value = daemon.d2d(&["health", "--json"], "").await?.expect(0)?.json()?;
    assert_eq!(well["well"], true);
    daemon.terminate().await?;
    daemon.d2d(&["health", "--server", &server], "").await?.expect(1)?;
    Ok(())
}

#[tokio::test]
async fn two_daemons_do_not_share_a_directory() -> Result<()> {
    let daemon = Daemon::start().await?;
    let second = daemon.d2d(&["serve"], "").await?.expect(1)?;
    ensure!(second.stderr.contains("another daemon"), "{}", second.stderr);
    daemon.user("anna").await?;
    Ok(())
}

#[tokio::test]
async fn settings_are_shown_with_where_they_come_from() -> Result<()> {
    let daemon = Daemon::with(&[("tasks.attempts", "5")]).await?;
    let shown: Value = daemon.d2d(&["config", "show", "--json"], "").await?.expect(0)?.json()?;
    assert_eq!(shown["tasks.attempts"]["value"], 5);
    let origin = shown["tasks.attempts"]["origin"].as_str().context("no origin")?;
    ensure!(origin.contains("data2data.toml"), "{origin}");
    assert_eq!(shown["tasks.lease"]["origin"], "default");
    daemon.d2d(&["config", "check"], "").await?.expect(0)?;
    let default = daemon.d2d(&["config", "default"], "").await?.expect(0)?.stdout;
    let file = daemon.folder().join("default.toml");
    std::fs::write(&file, default)?;
    daemon.d2d(&["config", "check", &file.display().to_string()], "").await?.expect(0)?;
    Ok(())
}

#[tokio::test]
async fn wrong_settings_are_refused_with_their_line() -> Result<()> {
    let daemon = Daemon::start().await?;
    let file = daemon.folder().join("wrong.toml");
    let path = file.display().to_string();
    for (text, line, named) in [
        ("[http]\nlisten = '127.0.0.1:1'\nlissten = 1\n", 3, "lissten"),
        ("[ocr]\n\nworkers = 'many'\n", 3, "workers"),
        ("[tasks]\nlease = '1ms'\n", 2, "lease"),
    ] {
        std::fs::write(&file, text)?;
        for args in [&["config", "check", &path][..], &["serve", "--config", &path]] {
            let run = daemon.d2d(args, "").await?;
            ensure!(run.code == Some(2), "a wrong setting is a wrong call: {run:?}");
            ensure!(run.stderr.contains(&format!("{path}:{line}")) && run.stderr.contains(named), "{}", run.stderr);
        }
    }
    Ok(())
}

#[tokio::test]
async fn models_are_listed_and_verified() -> Result<()> {
    let daemon = Daemon::start().await?;
    let list: Value = daemon.d2d(&["models", "list", "--json"], "").await?.expect(0)?.json()?;
    ensure!(list.to_string().contains("ppocr-v6-tiny"), "{list}");
    daemon.d2d(&["models", "verify"], "").await?.expect(0)?;
    daemon.d2d(&["models", "pull", "no-such-pack"], "").await?.expect(2)?;
    Ok(())
}

#[tokio::test]
async fn a_damaged_model_is_refused() -> Result<()> {
    let daemon = Daemon::start().await?;
    let models = daemon.folder().join("models");
    std::fs::create_dir(&models)?;
    let set = format!("models.dir={}", models.display());
    let empty = daemon.folder().join("empty");
    std::fs::create_dir(&empty)?;
    let from = empty.display().to_string();
    let pull = ["models", "pull", "ppocr-v6-tiny", "--from", &from, "--set", &set];
    let missing = daemon.d2d(&pull, "").await?.expect(1)?;
    ensure!(missing.stderr.contains("det.onnx") || missing.stderr.contains(".whl"), "which file? {}", missing.stderr);
    for name in ["det.onnx", "rec.onnx", "ppocrv6_tiny_dict.txt"] {
        std::fs::write(empty.join(name), "not a model")?;
    }
    let damaged = daemon.d2d(&pull, "").await?.expect(1)?;
    ensure!(damaged.stderr.to_lowercase().contains("sha-256"), "{}", damaged.stderr);
    Ok(())
}

#[tokio::test]
async fn wrong_calls_end_with_2() -> Result<()> {
    let daemon = Daemon::start().await?;
    for args in [&["conjure"][..], &["user", "add"], &["convert"], &["serve", "--listen", "nowhere"]] {
        daemon.d2d(args, "").await?.expect(2)?;
    }
    let help = daemon.d2d(&["--help"], "").await?.expect(0)?.stdout;
    for command in ["serve", "convert", "user", "models", "config", "health"] {
        ensure!(help.contains(command), "{command} is not in the help");
    }
    Ok(())
}

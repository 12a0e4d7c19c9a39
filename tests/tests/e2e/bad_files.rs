//! Files that look right and are not: the task fails and says why; nobody else notices.

use anyhow::{Context, Result};
use d2d_api::{Overview, ProblemCode, TaskStatus};
use d2d_tests::harness::{Ask, Client, Daemon, Upload};
use d2d_tests::page::{Encoding, bomb, document, line, truncated};
use serde_json::{Value, json};

const TEXT: &str = "All is well here";

fn scan(name: &str) -> Result<Upload> {
    Upload::line(name, TEXT)
}

/// The file makes its task fail like this, and the next task succeeds.
async fn fails(client: &Client, file: Upload, params: Value, code: ProblemCode) -> Result<()> {
    let task = client.convert(std::slice::from_ref(&file), params).await?;
    assert_eq!(task.status, TaskStatus::Failure, "{}: {task:?}", file.name);
    let error = task.error.with_context(|| format!("{}: no error", file.name))?;
    assert_eq!(error.code, code, "{}: {error:?}", file.name);
    assert_eq!(error.file.as_deref(), Some(file.name.as_str()), "{error:?}");
    assert!(!error.detail.is_empty() && !error.detail.contains("panicked"), "{error:?}");
    assert_eq!(task.attempt, 1, "what can't be read is not tried again");
    let next = client.convert(&[scan("good.png")?], json!({"formats": ["txt"]})).await?;
    assert_eq!(client.text(&next).await?.trim(), TEXT);
    Ok(())
}

#[tokio::test]
async fn damaged_files_are_named() -> Result<()> {
    let daemon = Daemon::start().await?;
    let anna = daemon.user("anna").await?;
    let image = line(TEXT)?.image;
    for encoding in [Encoding::Png, Encoding::Tiff, Encoding::WebP, Encoding::Gif, Encoding::Bmp] {
        let name = format!("half.{}", encoding.extension());
        let half = Upload::new(&name, truncated(&encoding.encode(&image)?));
        fails(&anna, half, json!({}), ProblemCode::InputDamaged).await?;
    }
    let mut noise = scan("scrambled.png")?;
    for byte in &mut noise.bytes[64..] {
        *byte ^= 0x5a;
    }
    fails(&anna, noise, json!({}), ProblemCode::InputDamaged).await?;
    let head = Upload::new("header.pdf", &b"%PDF-1.7\n"[..]);
    fails(&anna, head, json!({}), ProblemCode::InputDamaged).await
}

#[tokio::test]
async fn a_bomb_does_not_go_off() -> Result<()> {
    let daemon = Daemon::start().await?;
    let anna = daemon.user("anna").await?;
    fails(&anna, Upload::new("bomb.png", bomb()?), json!({}), ProblemCode::InputTooManyPixels).await?;
    let overview: Overview = daemon.operator()?.get("/ops/overview").ask().await?.expect(200)?.json()?;
    let restarts: u64 = overview.pools.iter().flat_map(|pool| &pool.workers).map(|worker| worker.restarts).sum();
    assert_eq!(restarts, 0, "a worker died of it, instead of looking at the header first");
    Ok(())
}

#[tokio::test]
async fn pages_that_are_not_there_are_told() -> Result<()> {
    let daemon = Daemon::start().await?;
    let anna = daemon.user("anna").await?;
    fails(&anna, Upload::book(&[])?, json!({}), ProblemCode::InputNoPages).await?;
    fails(&anna, Upload::book(&document(2)?)?, json!({"pages": "3-"}), ProblemCode::OcrPageRange).await
}

#[tokio::test]
async fn one_bad_file_fails_the_task_and_is_named() -> Result<()> {
    let daemon = Daemon::start().await?;
    let anna = daemon.user("anna").await?;
    let files = [scan("good.png")?, Upload::new("bad.png", truncated(&scan("good.png")?.bytes))];
    let task = anna.convert(&files, json!({})).await?;
    assert_eq!(task.status, TaskStatus::Failure);
    assert_eq!(task.error.and_then(|error| error.file).as_deref(), Some("bad.png"));
    Ok(())
}

#[tokio::test]
async fn bounds_of_pages_and_pixels_hold() -> Result<()> {
    let daemon = Daemon::with(&[("ocr.max_pages", "2"), ("ocr.max_pixels", "1000000")]).await?;
    let anna = daemon.user("anna").await?;
    let page = line(TEXT)?;
    fails(&anna, Upload::book(&[page.clone(), page.clone(), page])?, json!({}), ProblemCode::InputTooManyPages).await?;
    let sheet = Encoding::Png.encode(&document(1)?[0].image)?;
    fails(&anna, Upload::new("sheet.png", sheet), json!({}), ProblemCode::InputTooManyPixels).await
}

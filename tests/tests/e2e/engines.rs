//! Which engine reads what, and that the service tells the truth about it.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use d2d_api::{OcrLanguages, ProblemCode};
use d2d_tests::harness::{Ask, Daemon, Upload, ocr, shared};
use d2d_tests::page::{Encoding, Face, letter, passage};
use serde_json::{Value, json};

/// The languages that tesseract reads here; none if it is not installed.
fn tesseract_languages() -> Vec<String> {
    let run = Command::new("tesseract").arg("--list-langs").stderr(Stdio::null()).output();
    let text = run.map(|run| String::from_utf8_lossy(&run.stdout).into_owned()).unwrap_or_default();
    text.lines().skip(1).map(str::to_owned).collect()
}

#[tokio::test]
async fn the_result_names_engine_and_models_by_hash() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = anna.convert(&[Upload::line("line.png", "Who read this")?], json!({ "formats": ["json"] })).await?;
    let document: Value = anna.result(task.id, "json").await?.json()?;
    let engine = &document["pages"][0]["engine"];
    assert_eq!(engine["name"], "ppocr");
    let models = engine["models"].as_array().context("no models")?;
    ensure!(models.iter().any(|model| model["name"] == "ppocr-v6-tiny/det.onnx"), "{models:?}");
    ensure!(models.iter().all(|model| model["sha256"].as_str().is_some_and(|hash| hash.len() == 64)), "{models:?}");
    Ok(())
}

#[tokio::test]
async fn languages_are_those_of_this_machine() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let languages: OcrLanguages = anna.get("/ocr/languages").ask().await?.expect(200)?.json()?;
    let reads = |code: &str| languages.items.iter().any(|language| language.code == code);
    ensure!(reads("eng") && reads("jpn") && reads("ron"), "{languages:?}");
    let installed = tesseract_languages().contains(&"rus".to_owned());
    assert_eq!(reads("rus"), installed, "Russian is listed if and only if tesseract reads it here");
    ensure!(!reads("tlh"), "nobody reads Klingon");
    let refused = anna.post("/uploads/tasks").json(&ocr(1, json!({ "languages": ["tlh"] }))).ask().await?;
    refused.problem(ProblemCode::OcrNoEngine)?;
    Ok(())
}

#[tokio::test]
async fn without_tesseract_cyrillic_is_refused_with_what_to_install() -> Result<()> {
    let daemon = Daemon::with(&[("ocr.tesseract", "''")]).await?;
    let anna = daemon.user("anna").await?;
    let refused = anna.post("/uploads/tasks").json(&ocr(1, json!({ "languages": ["rus"] }))).ask().await?;
    let problem = refused.problem(ProblemCode::OcrNoEngine)?;
    let told = format!("{} {:?}", problem.detail, problem.errors);
    ensure!(told.contains("tesseract"), "{told}");
    Ok(())
}

#[tokio::test]
async fn tesseract_reads_in_the_sandbox() -> Result<()> {
    if !tesseract_languages().contains(&"eng".to_owned()) {
        eprintln!("SKIPPED: tesseract is not installed here");
        return Ok(());
    }
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let page = letter(passage("eng"), Face::Serif, 11.0, 2)?;
    let scan = Upload::new("scan.png", Encoding::Png.encode(&page.image)?);
    let task = anna.convert(&[scan], json!({ "formats": ["txt", "json"], "engine": "tesseract" })).await?;
    let read = anna.text(&task).await?;
    let rate = d2d_tests::accuracy::character_error_rate(&page.text, &read);
    ensure!(rate < 0.05, "tesseract reads with a CER of {rate:.3}: {read}");
    let document: Value = anna.result(task.id, "json").await?.json()?;
    assert_eq!(document["pages"][0]["engine"]["name"], "tesseract");
    Ok(())
}

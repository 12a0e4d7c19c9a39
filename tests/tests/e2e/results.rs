//! Every result format of one run, and what they have to do with each other; the searchable PDF.

use anyhow::{Context, Result, ensure};
use d2d_api::TaskStatus;
use d2d_tests::harness::{Ask, Upload, shared};
use d2d_tests::page::{Encoding, Face, letter, passage, pdf};
use serde_json::json;

const FORMATS: [&str; 8] = ["txt", "md", "json", "tsv", "hocr", "alto", "page", "pdf"];

#[tokio::test]
async fn one_run_writes_all_formats_and_each_has_every_word() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let page = letter(passage("eng"), Face::Serif, 11.0, 2)?;
    let scan = Upload::new("letter.png", Encoding::Png.encode(&page.image)?);
    let task = anna.convert(&[scan], json!({ "formats": FORMATS })).await?;
    assert_eq!(task.status, TaskStatus::Success, "{task:?}");
    let names: Vec<String> = anna.manifest(task.id).await?.items.into_iter().map(|item| item.name).collect();
    let expected = ["txt", "md", "json", "tsv", "hocr", "alto.xml", "page.xml", "pdf"];
    assert_eq!(names, expected.map(|extension| format!("letter.{extension}")));
    let text = anna.result(task.id, "txt").await?.text();
    let words: Vec<&str> = text.split_whitespace().filter(|word| word.chars().all(char::is_alphanumeric)).collect();
    ensure!(words.len() > 50, "{text}");
    for format in ["json", "tsv", "hocr", "alto", "page"] {
        let written = anna.result(task.id, format).await?.text();
        for word in &words {
            ensure!(written.contains(word), "`{word}` is not in {format}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_searchable_pdf_begins_with_its_original() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let page = letter(passage("eng"), Face::Sans, 11.0, 2)?;
    let original = pdf(&[&page.image], 200.0)?;
    let task = anna.convert(&[Upload::new("scan.pdf", original.clone())], json!({ "formats": ["pdf"] })).await?;
    assert_eq!(task.status, TaskStatus::Success, "{task:?}");
    let first = anna.manifest(task.id).await?.items.into_iter().next().context("no result")?;
    assert_eq!((first.name.as_str(), first.media_type.as_str()), ("scan.pdf", "application/pdf"));
    let path = format!("/downloads/tasks/{}/files/{}", task.id, first.id);
    let made = anna.get(&path).ask().await?.expect(200)?.body;
    ensure!(made.starts_with(&original), "the original was changed");
    // Its own text is kept when it is read again, so nothing has to be recognised.
    let again = Upload::new("again.pdf", made);
    let task = anna.convert(&[again], json!({ "formats": ["txt", "json"] })).await?;
    let read = anna.text(&task).await?;
    let rate = d2d_tests::accuracy::character_error_rate(&page.text, &read);
    ensure!(rate < 0.02, "the text layer reads with a CER of {rate:.3}: {read}");
    let document: serde_json::Value = anna.result(task.id, "json").await?.json()?;
    assert_eq!(document["pages"][0]["source"], "embedded");
    Ok(())
}

#[tokio::test]
async fn the_same_file_gives_the_same_bytes() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let page = letter(passage("deu"), Face::Serif, 11.0, 2)?;
    let scan = Upload::new("brief.png", Encoding::Png.encode(&page.image)?);
    let mut runs = Vec::new();
    for _ in 0..2 {
        let task =
            anna.convert(std::slice::from_ref(&scan), json!({ "formats": FORMATS, "languages": ["deu"] })).await?;
        let items = anna.manifest(task.id).await?.items;
        runs.push(items.into_iter().map(|item| (item.name, item.sha256)).collect::<Vec<_>>());
    }
    ensure!(runs[0].len() == FORMATS.len(), "{runs:?}");
    assert_eq!(runs[0], runs[1]);
    Ok(())
}

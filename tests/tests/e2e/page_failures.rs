//! Pages that can't be converted: the others are, and the task ends without them if its owner wants that.

use anyhow::{Context, Result, ensure};
use d2d_api::{NewTask, PageCount, ProblemCode, TaskStatus};
use d2d_tests::accuracy::character_error_rate;
use d2d_tests::harness::{Ask, Daemon, Run, Upload, ocr, program};
use d2d_tests::page::{document, pdf, poster};
use serde_json::{Value, json};
use tempfile::TempDir;

/// More than the pages of a book have here, and less than a poster.
const MAX_PIXELS: &str = "3000000";

/// A book of three pages, whose second has more pixels than are taken; and what is on the others.
fn book() -> Result<(Vec<u8>, [String; 2])> {
    let pages = document(2)?;
    let [first, last] = &pages[..] else { anyhow::bail!("not two pages") };
    let bytes = pdf(&[&first.image, &poster()?.image, &last.image], 200.0)?;
    Ok((bytes, [first.text.clone(), last.text.clone()]))
}

#[tokio::test]
async fn a_book_with_a_bad_page_is_read_without_it() -> Result<()> {
    let daemon = Daemon::with(&[("ocr.max_pixels", MAX_PIXELS)]).await?;
    let anna = daemon.user("anna").await?;
    let (bytes, texts) = book()?;
    let formats = json!({"formats": ["txt", "json", "pdf", "hocr", "alto", "page", "tsv", "md"]});
    let task = anna.register(&NewTask { partial: true, ..ocr(1, formats.clone()) }).await?;
    anna.upload(task.id, &[Upload::new("book.pdf", bytes.clone())]).await?;
    let end = anna.ended(task.id).await?;
    assert_eq!((end.status, end.partial), (TaskStatus::Success, true), "{end:?}");
    assert_eq!(end.pages, PageCount { done: 2, total: 3, failed: 1 });
    assert_eq!(end.message, "2 of 3 pages read, 1 failed");
    let [error] = &end.page_errors[..] else { anyhow::bail!("{end:?}") };
    assert_eq!((error.code, error.page, error.tries), (ProblemCode::InputTooManyPixels, 2, 1));
    assert_eq!(error.file, "book.pdf");

    let text = anna.text(&end).await?;
    let read: Vec<_> = text.split('\u{c}').collect();
    ensure!(read.len() == 3 && read[1].is_empty(), "the missing page is an empty one: {read:?}");
    for (expected, read) in texts.iter().zip([read[0], read[2]]) {
        let rate = character_error_rate(expected, read);
        ensure!(rate < 0.02, "CER {rate:.3}: {read}");
    }
    let json: Value = anna.result(task.id, "json").await?.json()?;
    let pages: Vec<_> = json["pages"].as_array().context("no pages")?.iter().map(|page| &page["page"]).collect();
    assert_eq!(pages, [1, 3]);
    ensure!(json["warnings"].to_string().contains("page 2 is missing"), "{}", json["warnings"]);
    let searchable = anna.result(task.id, "pdf").await?.body;
    ensure!(searchable.starts_with(&bytes), "the original is kept, the bad page in it");
    ensure!(searchable.len() > bytes.len(), "without any text");
    for format in ["hocr", "alto", "page", "tsv", "md"] {
        anna.result(task.id, format).await?;
    }

    // Without the wish it fails, with the same said of the page; what is done is not done again.
    let task = anna.register(&ocr(1, formats)).await?;
    anna.upload(task.id, &[Upload::new("book.pdf", bytes)]).await?;
    let end = anna.ended(task.id).await?;
    assert_eq!((end.status, end.pages.done, end.page_errors.len()), (TaskStatus::Failure, 2, 1), "{end:?}");
    let error = end.error.context("no error")?;
    assert_eq!((error.code, error.page), (ProblemCode::InputTooManyPixels, Some(2)));
    ensure!(error.detail.ends_with("(1 of 3 pages failed)"), "{error:?}");
    let log = anna.log(task.id).await?.items;
    ensure!(log.iter().any(|entry| entry.message.starts_with("page 2 of `book.pdf` was refused")), "{log:?}");
    anna.post(&format!("/tasks/{}/retry", task.id)).ask().await?.expect(202)?;
    let again = anna.ended(task.id).await?;
    assert_eq!((again.status, again.pages.done, again.page_errors), (TaskStatus::Failure, 2, end.page_errors));
    Ok(())
}

#[tokio::test]
async fn the_shell_takes_what_there_is() -> Result<()> {
    let folder = TempDir::new()?;
    std::fs::write(folder.path().join("book.pdf"), book()?.0)?;
    let convert = async |more: &[&str]| {
        let mut command = std::process::Command::new(program()?);
        command.args(["convert", "book.pdf", "--formats", "txt"]).args(more).current_dir(folder.path());
        command.env("XDG_DATA_HOME", folder.path().join("data")).env("XDG_CONFIG_HOME", folder.path().join("config"));
        command.env("D2D_OCR__WORKERS", "1").env("D2D_OCR__MAX_PIXELS", MAX_PIXELS);
        Run::of(command, "").await
    };
    let whole = convert(&["-q"]).await?.expect(1)?;
    ensure!(whole.stderr.contains("1 of 3 pages failed"), "{whole:?}");
    ensure!(!folder.path().join("book.txt").exists());
    let partial = convert(&["-q", "--partial"]).await?.expect(0)?;
    ensure!(partial.stderr.contains("page 2 is missing"), "{partial:?}");
    assert_eq!(std::fs::read_to_string(folder.path().join("book.txt"))?.split('\u{c}').count(), 3);
    let told: Value = convert(&["-q", "--partial", "--json"]).await?.expect(0)?.json()?;
    assert_eq!((&told[0]["missing_pages"], &told[0]["page_errors"][0]["page"]), (&json!(1), &json!(2)));
    Ok(())
}

//! How well pages are read: each kind of page has a bound on its character error rate.
//!
//! The bounds leave room for a few letters more than are misread now, and none for a lost line, column or kind of accent.

use anyhow::{Result, ensure};
use d2d_tests::accuracy::character_error_rate;
use d2d_tests::harness::{Ask, Upload, shared};
use d2d_tests::page::{Encoding, Face, Page, columns, document, example, letter, passage};
use serde_json::{Value, json};

/// Reads the pages as one task; every one must have at most this character error rate.
async fn read_within(bound: f64, pages: &[(&str, Page)], mut params: Value) -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let mut files = Vec::new();
    for (name, page) in pages {
        files.push(Upload::new(&format!("{name}.png"), Encoding::Png.encode(&page.image)?));
    }
    params["formats"] = json!(["txt"]);
    let task = anna.convert(&files, params).await?;
    ensure!(task.error.is_none(), "{task:?}");
    let items = anna.manifest(task.id).await?.items;
    ensure!(items.len() == pages.len(), "{items:?}");
    let mut failed = Vec::new();
    for ((name, page), item) in pages.iter().zip(&items) {
        ensure!(item.name == format!("{name}.txt"), "{} is not of {name}", item.name);
        let path = format!("/downloads/tasks/{}/files/{}", task.id, item.id);
        let read = anna.get(&path).ask().await?.expect(200)?.text();
        let rate = character_error_rate(&page.text, &read);
        println!("{name}: CER {:.2}%", 100.0 * rate);
        if rate > bound {
            failed.push(format!("{name}: {:.2}%\n--- is\n{}\n--- read\n{read}", 100.0 * rate, page.text));
        }
    }
    ensure!(failed.is_empty(), "more than {:.2}% of the characters are wrong: {}", 100.0 * bound, failed.join("\n"));
    Ok(())
}

fn plain(language: &str, face: Face, points: f32) -> Result<Page> {
    letter(passage(language), face, points, 2)
}

#[tokio::test]
async fn the_example_of_the_readme() -> Result<()> {
    read_within(0.01, &[("example", example()?)], json!({})).await
}

#[tokio::test]
async fn latin_with_accents() -> Result<()> {
    let languages = ["fra", "deu", "spa", "por", "pol", "ces", "swe", "hun"];
    let pages: Vec<_> = languages
        .into_iter()
        .map(|language| Ok((language, plain(language, Face::Serif, 12.0)?)))
        .collect::<Result<_>>()?;
    read_within(0.025, &pages, json!({"languages": languages})).await
}

#[tokio::test]
async fn typefaces() -> Result<()> {
    let faces = [
        ("serif", Face::Serif),
        ("bold", Face::SerifBold),
        ("italic", Face::SerifItalic),
        ("roman", Face::Roman),
        ("sans", Face::Sans),
        ("mono", Face::Mono),
    ];
    let pages: Vec<_> =
        faces.into_iter().map(|(name, face)| Ok((name, plain("eng", face, 11.0)?))).collect::<Result<_>>()?;
    read_within(0.01, &pages, json!({})).await
}

#[tokio::test]
async fn sizes() -> Result<()> {
    let pages = [
        ("footnote", plain("eng", Face::Serif, 8.0)?),
        ("book", plain("eng", Face::Serif, 10.0)?),
        ("notice", plain("eng", Face::Serif, 18.0)?),
    ];
    read_within(0.01, &pages, json!({})).await
}

#[tokio::test]
async fn pages_that_lie_askew() -> Result<()> {
    let page = || plain("fra", Face::Serif, 12.0);
    let pages = [("left", page()?.skewed(-2.0)), ("right", page()?.skewed(1.5)), ("far", page()?.skewed(4.0))];
    read_within(0.01, &pages, json!({"languages": ["fra"]})).await
}

#[tokio::test]
async fn noise_blur_and_faded_ink() -> Result<()> {
    let page = || plain("deu", Face::Serif, 12.0);
    let pages = [
        ("noisy", page()?.noisy(25.0, 1)),
        ("blurred", page()?.blurred(1.5)),
        ("faded", page()?.faded(110, 200)),
        ("all at once", page()?.skewed(-1.0).faded(60, 225).blurred(0.8).noisy(14.0, 2)),
    ];
    read_within(0.015, &pages, json!({"languages": ["deu"]})).await
}

#[tokio::test]
async fn columns_are_read_one_after_the_other() -> Result<()> {
    read_within(0.01, &[("columns", columns()?), ("askew", columns()?.skewed(1.0))], json!({})).await
}

#[tokio::test]
async fn the_accurate_model_is_the_better_one() -> Result<()> {
    let page = plain("ces", Face::Serif, 10.0)?.skewed(0.7).noisy(12.0, 3);
    read_within(0.01, &[("accurate", page)], json!({"languages": ["ces"], "quality": "accurate"})).await
}

#[tokio::test]
async fn scanned_pdfs_page_by_page() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let pages = document(3)?;
    let book = Upload::book(&pages)?;
    let task = anna.convert(std::slice::from_ref(&book), json!({"formats": ["txt"]})).await?;
    let text = anna.text(&task).await?;
    let read: Vec<&str> = text.trim_end_matches('\u{c}').split('\u{c}').collect();
    ensure!(read.len() == 3, "{} pages", read.len());
    for (page, read) in pages.iter().zip(&read) {
        let rate = character_error_rate(&page.text, read);
        println!("PDF page: CER {:.2}%", 100.0 * rate);
        ensure!(rate < 0.01, "{rate:.3}: {read}");
    }
    let some = anna.convert(&[book], json!({"formats": ["txt"], "pages": "2"})).await?;
    ensure!(some.pages.total == 1, "{:?}", some.pages);
    let rate = character_error_rate(&pages[1].text, &anna.text(&some).await?);
    ensure!(rate < 0.01, "another page than the second: {rate:.3}");
    Ok(())
}

//! What goes in and what comes out: every kind of image, and the structure in the JSON.

use anyhow::{Context, Result, ensure};
use d2d_api::TaskStatus;
use d2d_tests::accuracy::character_error_rate;
use d2d_tests::harness::{Ask, Upload, shared};
use d2d_tests::page::{Encoding, Face, letter, passage};
use serde_json::{Value, json};

#[tokio::test]
async fn every_image_format_is_read() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let page = letter(passage("eng"), Face::Serif, 12.0, 1)?;
    let mut files = Vec::new();
    for (number, encoding) in Encoding::ALL.into_iter().enumerate() {
        let name = format!("{number}.{}", encoding.extension());
        files.push(Upload::new(&name, encoding.encode(&page.image)?));
    }
    let task = anna.convert(&files, json!({"formats": ["txt"]})).await?;
    assert_eq!(task.status, TaskStatus::Success, "{task:?}");
    let items = anna.manifest(task.id).await?.items;
    ensure!(items.len() == files.len(), "{items:?}");
    for (encoding, item) in Encoding::ALL.iter().zip(items) {
        let path = format!("/downloads/tasks/{}/files/{}", task.id, item.id);
        let read = anna.get(&path).ask().await?.expect(200)?.text();
        let rate = character_error_rate(&page.text, &read);
        ensure!(rate < 0.02, "{encoding:?} is read with a CER of {rate:.3}: {read}");
    }
    Ok(())
}

#[tokio::test]
async fn the_json_tells_where_everything_stands() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let page = letter(passage("eng"), Face::Serif, 12.0, 2)?;
    let scan = Upload::new("letter.png", Encoding::Png.encode(&page.image)?);
    let task = anna.convert(&[scan], json!({"formats": ["json", "txt"]})).await?;
    let document: Value = anna.result(task.id, "json").await?.json()?;
    let [only] = &document["pages"].as_array().context("no pages")?[..] else { anyhow::bail!("not one page") };
    assert_eq!((only["width"].as_u64(), only["height"].as_u64()), (Some(1165), Some(1654)));
    let words = words(only)?;
    let text: Vec<&str> = words.iter().map(|(text, _)| text.as_str()).collect();
    let rate = character_error_rate(&page.text, &text.join(" "));
    ensure!(rate < 0.02, "the words are not the text: {rate:.3}");
    for (text, [left, top, right, bottom]) in &words {
        ensure!(0.0 <= *left && left < right && *right <= 1165.0, "{text} from {left} to {right}");
        ensure!(0.0 <= *top && top < bottom && *bottom <= 1654.0, "{text} from {top} to {bottom}");
    }
    // The heading stands above the letter, and its words beside each other.
    let [(_, first), (_, second), ..] = &words[..] else { anyhow::bail!("too few words") };
    ensure!(first[2] <= second[0] + 2.0, "the second word begins before the first ends: {first:?} {second:?}");
    let last = words.last().context("no words")?.1;
    ensure!(first[3] < last[1], "the last word is not below the first");
    Ok(())
}

/// All words of a page with their boxes: left, top, right, bottom.
fn words(page: &Value) -> Result<Vec<(String, [f64; 4])>> {
    let list =
        |value: &Value, key: &str| value[key].as_array().cloned().with_context(|| format!("no {key} in {value}"));
    let mut words = Vec::new();
    for block in list(page, "blocks")? {
        for line in list(&block, "lines")? {
            for word in list(&line, "words")? {
                let confidence = word["confidence"].as_f64().context("no confidence")?;
                ensure!((0.0..=1.0).contains(&confidence), "{word}");
                let text = word["text"].as_str().context("no text")?;
                words.push((text.to_owned(), bounds(&word["box"])?));
            }
        }
    }
    Ok(words)
}

fn bounds(value: &Value) -> Result<[f64; 4]> {
    let numbers: Vec<f64> = value.as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
    numbers.try_into().ok().with_context(|| format!("not a box: {value}"))
}

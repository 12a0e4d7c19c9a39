//! Pages that lie wrong or are faint, and what the result says was done to them.

use anyhow::{Result, ensure};
use d2d_tests::accuracy::character_error_rate;
use d2d_tests::harness::{Client, Upload, shared};
use d2d_tests::page::{Encoding, Face, letter, passage};
use image::{GrayImage, imageops};
use serde_json::{Value, json};

/// The text and the JSON of a page.
async fn read(client: &Client, image: &GrayImage, params: Value) -> Result<(String, Value)> {
    let scan = Upload::new("scan.png", Encoding::Png.encode(image)?);
    let task = client.convert(&[scan], params).await?;
    Ok((client.text(&task).await?, client.result(task.id, "json").await?.json()?))
}

#[tokio::test]
async fn turned_pages_are_read_and_their_boxes_stay_where_they_were() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let page = letter(passage("eng"), Face::Serif, 11.0, 2)?;
    let turned = [
        (270, imageops::rotate90(&page.image)),
        (180, imageops::rotate180(&page.image)),
        (90, imageops::rotate270(&page.image)),
    ];
    for (back, image) in turned {
        let (text, json) = read(&anna, &image, json!({ "formats": ["txt", "json"] })).await?;
        let rate = character_error_rate(&page.text, &text);
        ensure!(rate < 0.02, "a page to be turned by {back} is read with a CER of {rate:.3}: {text}");
        let page = &json["pages"][0];
        assert_eq!(page["preparation"]["rotated"], back);
        assert_eq!(
            (page["width"].as_u64(), page["height"].as_u64()),
            (Some(image.width().into()), Some(image.height().into()))
        );
    }
    Ok(())
}

#[tokio::test]
async fn what_is_switched_off_is_not_done() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let page = letter(passage("eng"), Face::Serif, 11.0, 2)?;
    let upside_down = imageops::rotate180(&page.image);
    let params = json!({ "formats": ["txt", "json"], "rotate": false, "deskew": false, "contrast": false });
    let (text, json) = read(&anna, &upside_down, params).await?;
    ensure!(character_error_rate(&page.text, &text) > 0.5, "it was turned all the same: {text}");
    let done = &json["pages"][0]["preparation"];
    assert_eq!(*done, json!({ "rotated": 0, "skew": 0.0, "contrast_raised": false }));
    Ok(())
}

#[tokio::test]
async fn faint_pages_are_read() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let page = letter(passage("eng"), Face::Sans, 11.0, 2)?;
    let mut faint = page.image.clone();
    for value in faint.iter_mut() {
        *value = 215 - (255 - *value) / 8;
    }
    let (text, json) = read(&anna, &faint, json!({ "formats": ["txt", "json"] })).await?;
    let rate = character_error_rate(&page.text, &text);
    ensure!(rate < 0.02, "a faint page is read with a CER of {rate:.3}: {text}");
    assert_eq!(json["pages"][0]["preparation"]["contrast_raised"], true);
    Ok(())
}

//! PDF.

use serde_json::json;

use super::{Outcome, assert_words, opened, reading, searchable, words};
use crate::input::tests::fixtures::{half_black, pdf};
use crate::input::{Document, Limits};
use crate::params::Mode;
use crate::reading::TextSource;

/// Made by `qpdf --encrypt secret owner 128 --use-aes=y`.
const LOCKED: &[u8] = include_bytes!("locked.pdf");
const HELLO: [(&str, [i32; 4]); 2] = [("Hello,", [10, 20, 60, 32]), ("wörld", [70, 20, 110, 32])];

#[test]
fn what_was_read_is_laid_over_the_original() -> Outcome {
    let original = half_black("");
    let made = searchable(&original, json!({}), &[(1, reading((144, 72), &HELLO))])?;
    assert!(made.starts_with(&original), "the original is kept byte for byte");
    assert_words(&made, 1, &HELLO)?;
    assert_eq!(made, searchable(&original, json!({}), &[(1, reading((144, 72), &HELLO))])?, "always the same");
    opened(&made, |document| {
        let page = document.page(1, Some(72))?.rgb;
        assert_eq!((page.get_pixel(36, 26).0, page.get_pixel(100, 26).0), ([0; 3], [255; 3]), "it looks the same");
        Ok(())
    })
}

#[test]
fn boxes_are_mapped_by_what_the_page_says_of_itself() -> Outcome {
    for (more, size) in [
        ("/Rotate 90", (72, 144)),
        ("/Rotate 180", (144, 72)),
        ("/Rotate 270", (72, 144)),
        ("/CropBox [20 10 120 60]", (100, 50)),
        ("/CropBox [20 10 120 60] /Rotate 90", (50, 100)),
        ("/UserUnit 2", (288, 144)),
    ] {
        let place = [("placed", [8, 9, 40, 20])];
        let made = searchable(&half_black(more), json!({}), &[(1, reading(size, &place))])?;
        assert_words(&made, 1, &place).map_err(|error| format!("{more}: {error}"))?;
    }
    Ok(())
}

#[test]
fn resources_and_contents_of_the_page_stay() -> Outcome {
    let original = pdf(&[
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 144 72] /Resources << /Font << /ReadText 6 0 R >> >> >>",
        "<< /Type /Page /Parent 2 0 R /Contents [4 0 R 5 0 R] >>",
        "<< /Length 29 >>\nstream\nq 1 0 0 1 9 9 cm BT /ReadText\nendstream",
        "<< /Length 16 >>\nstream\n 12 Tf (own) Tj ET\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
    ]);
    let mut mixed = reading((144, 72), &[("read", [90, 20, 130, 32])]);
    mixed.source = TextSource::Mixed;
    let made = searchable(&original, json!({}), &[(1, mixed)])?;
    let found: Vec<String> = words(&made, 1)?.into_iter().map(|(text, _)| text).collect();
    assert_eq!(found, ["read", "own"]);
    Ok(())
}

#[test]
fn pages_that_get_no_text_stay_as_they_are() -> Outcome {
    let original = half_black("");
    let mut embedded = reading((144, 72), &HELLO);
    embedded.source = TextSource::Embedded;
    assert_eq!(searchable(&original, json!({}), &[(1, embedded)])?, original);
    assert_eq!(searchable(&original, json!({}), &[(1, reading((144, 72), &[]))])?, original);
    assert_eq!(searchable(&original, json!({}), &[])?, original);
    Ok(())
}

#[test]
fn an_update_can_be_updated_and_its_layer_redone() -> Outcome {
    let first = searchable(&half_black(""), json!({}), &[(1, reading((144, 72), &HELLO))])?;
    let again = [("again", [12, 40, 50, 52])];
    let redone = searchable(&first, json!({ "mode": "redo" }), &[(1, reading((144, 72), &again))])?;
    assert!(redone.starts_with(&first));
    assert_words(&redone, 1, &again)?;
    let emptied = searchable(&first, json!({ "mode": "redo" }), &[(1, reading((144, 72), &[]))])?;
    assert_words(&emptied, 1, &[])?;
    opened(&redone, |document| {
        assert_eq!(document.page(1, Some(72))?.rgb.get_pixel(36, 26).0, [0; 3], "the rest is drawn");
        assert_eq!(document.page_text(1, Some(72), Mode::Redo)?.map(|text| text.lines.len()), Some(0));
        Ok(())
    })
}

#[test]
fn layers_in_forms_are_redone_too() -> Outcome {
    let original = pdf(&[
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 144 72] /Contents 4 0 R /Resources << /XObject << /A 5 0 R /B 6 0 R \
         >> >> >>",
        "<< /Length 13 >>\nstream\n/A Do /B Do  \nendstream",
        "<< /Type /XObject /Subtype /Form /BBox [0 0 144 72] /Length 40 /Resources << /Font << /F 7 0 R >> >> >>\nstream\n\
         BT 3 Tr /F 12 Tf 9 9 Td (hidden) Tj ET  \nendstream",
        "<< /Type /XObject /Subtype /Form /BBox [0 0 144 72] /Length 63 /Resources << /Font << /F 7 0 R >> >> >>\nstream\n\
         BT 3 Tr /F 12 Tf 9 30 Td (veiled) Tj 0 Tr 0 12 Td (shown) Tj ET\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
    ]);
    let texts = |file: &[u8]| words(file, 1).map(|words| words.into_iter().map(|(text, _)| text).collect::<Vec<_>>());
    assert_eq!(texts(&original)?, ["hidden", "veiled", "shown"]);
    let redone = searchable(&original, json!({ "mode": "redo" }), &[(1, reading((144, 72), &HELLO))])?;
    assert_eq!(texts(&redone)?, ["Hello,", "wörld", "shown"]);
    Ok(())
}

#[test]
fn a_forced_page_becomes_an_image() -> Outcome {
    for more in ["", "/Rotate 90 /CropBox [20 10 120 60]"] {
        let original = half_black(more);
        let size = opened(&original, |document| Ok(document.page(1, Some(144))?.rgb.dimensions()))?;
        let params = json!({ "mode": "force", "dpi": 144 });
        let made = searchable(&original, params, &[(1, reading(size, &[("x", [20, 20, 30, 40])]))])?;
        assert_words(&made, 1, &[("x", [10, 10, 15, 20])])?;
        let pages = [&original, &made].map(|file| opened(file, |document| Ok(document.page(1, Some(144))?.rgb)));
        let [before, after] = pages;
        assert_eq!(before?, after?, "{more}");
        assert!(String::from_utf8_lossy(&made).contains("/BitsPerComponent 1/"), "black and white");
    }
    Ok(())
}

#[test]
fn files_that_cannot_be_built_upon_are_written_anew() -> Outcome {
    let damaged = String::from_utf8_lossy(&half_black("/Rotate 180")).replace("0000000009", "0000000007").into_bytes();
    let made = searchable(&damaged, json!({}), &[(1, reading((144, 72), &HELLO))])?;
    assert!(!made.starts_with(&damaged));
    assert_words(&made, 1, &HELLO)?;
    let place = [("unlocked", [8, 9, 60, 20])];
    let made = searchable(LOCKED, json!({ "password": "secret" }), &[(1, reading((144, 72), &place))])?;
    assert_words(&made, 1, &place)
}

#[test]
fn a_locked_file_opens_by_its_password_only() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("locked");
    std::fs::write(&path, LOCKED)?;
    let open = |password| Document::open_with(&path, "locked.pdf", &Limits::default(), password);
    assert_eq!(open(Some("secret"))?.page(1, Some(72))?.rgb.dimensions(), (144, 72));
    for (password, words) in [(None, "give its `password`"), (Some("wrong"), "give the right one")] {
        let refusal = open(password).err().ok_or("it opened")?;
        assert!(refusal.code == d2d_api::ProblemCode::InputEncrypted && refusal.detail.contains(words), "{refusal}");
    }
    Ok(())
}

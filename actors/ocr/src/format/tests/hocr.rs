//! hOCR, against whole documents.

use std::error::Error;

use super::{expected, sample, written, written_bytes};
use crate::params::Format;

#[test]
fn places_and_classes_are_told() -> Result<(), Box<dyn Error>> {
    let hocr = written(Format::Hocr, &[(3, sample::upright()?), (5, sample::slanted()?), (6, sample::blank()?)])?;
    assert_eq!(hocr, expected(include_str!("expected/pages.hocr")));
    Ok(())
}

#[test]
fn an_image_name_does_not_break_the_title_of_its_page() -> Result<(), Box<dyn Error>> {
    let hocr = written_bytes(Format::Hocr, "a\\b; \"c\" & d.png", &[(1, sample::blank()?)])?;
    let hocr = String::from_utf8(hocr)?;
    assert!(hocr.contains("title=\"image &quot;a_b_ _c_ &amp; d.png&quot;; bbox 0 0 100 50; ppageno 0;"), "{hocr}");
    assert!(hocr.contains("<title>a\\b; &quot;c&quot; &amp; d.png</title>"), "{hocr}");
    Ok(())
}

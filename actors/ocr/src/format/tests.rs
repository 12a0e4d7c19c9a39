//! The formats, against whole documents written out by hand.

mod alto;
mod any_text;
mod hocr;
mod page_xml;
mod sample;
mod tsv;

use std::error::Error;
use std::path::Path;

use serde_json::{Value, json};

use super::{FileInfo, Original, writer};
use crate::input::Limits;
use crate::page::{Block, BlockKind, Char, Confidence, Line, Page, Point, Quad, Rect, Word};
use crate::params::{Format, OcrParams};
use crate::reading::{EngineInfo, ModelInfo, Preparation, Reading, Request, TextSource};

fn word(text: &str, quad: Quad) -> Result<Word, &'static str> {
    let char = Char { text: text.into(), quad, confidence: Confidence::new(0.9) };
    Word::of(vec![char]).ok_or("no word")
}

fn reading(texts: &[&[&str]]) -> Result<Reading, &'static str> {
    let mut blocks = Vec::new();
    for lines in texts {
        let line = |(y, text): (i32, &&str)| {
            Line::of(vec![word(text, Rect::from([10, y * 20, 50, y * 20 + 12]).into())?]).ok_or("no line")
        };
        let lines: Result<Vec<_>, _> = (0..).zip(lines.iter()).map(line).collect();
        blocks.push(Block::of(lines?).ok_or("no block")?);
    }
    let model = ModelInfo { name: "ppocr-v6-tiny/det.onnx".into(), sha256: "19".repeat(32) };
    Ok(Reading {
        dpi: Some(200.0),
        source: TextSource::Recognised,
        engine: Some(EngineInfo { name: "ppocr".into(), version: None, models: vec![model] }),
        preparation: Preparation::default(),
        page: Page { width: 100, height: 50, blocks },
    })
}

fn written(format: Format, pages: &[(u32, Reading)]) -> Result<String, Box<dyn Error>> {
    Ok(String::from_utf8(written_bytes(format, "a \"quoted\".png", pages)?)?)
}

fn written_bytes(format: Format, name: &str, pages: &[(u32, Reading)]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut out = Vec::new();
    let warnings = ["only the first frame is read".to_owned()];
    let (params, limits) = (OcrParams::default(), Limits::default());
    let original = Original { path: Path::new("none"), params: &params, limits: &limits };
    let request = Request::of(&params);
    let mut engines = Vec::new();
    for engine in pages.iter().filter_map(|(_, reading)| reading.engine.clone()) {
        engines.extend(Some(engine).filter(|engine| !engines.contains(engine)));
    }
    let file = FileInfo {
        name,
        page_count: pages.len(),
        planned: pages.len(),
        engines: &engines,
        warnings: &warnings,
        request,
        original,
    };
    let mut writer = writer(format, &file, &mut out)?;
    for (number, reading) in pages {
        writer.page(*number, reading)?;
    }
    writer.finish()?;
    Ok(out)
}

/// A document of `tests/expected`, with the version of this software in it.
fn expected(document: &str) -> String {
    document.replace("@version@", env!("CARGO_PKG_VERSION"))
}

#[test]
fn txt_parts_blocks_by_an_empty_line_and_pages_by_a_form_feed() -> Result<(), Box<dyn Error>> {
    let pages = [(1, reading(&[&["Title"], &["first", "second"]])?), (2, reading(&[])?), (3, reading(&[&["end"]])?)];
    assert_eq!(written(Format::Txt, &pages)?, "Title\n\nfirst\nsecond\n\x0c\x0cend\n");
    Ok(())
}

#[test]
fn json_holds_every_page_in_order() -> Result<(), Box<dyn Error>> {
    let mut skewed = reading(&[&["up"]])?;
    let quad = Quad([[10, 0], [50, 4], [49, 16], [9, 12]].map(Point::from));
    skewed.page.blocks[0].lines = vec![Line::of(vec![word("skew", quad)?]).ok_or("no line")?];
    skewed.page.blocks[0].kind = BlockKind::Heading(2);
    (skewed.dpi, skewed.engine, skewed.source) = (None, None, TextSource::Embedded);
    let engine =
        json!({ "name": "ppocr", "models": [{ "name": "ppocr-v6-tiny/det.onnx", "sha256": "19".repeat(32) }] });
    let preparation = json!({ "rotated": 0, "skew": 0.0, "contrast_raised": false });
    let json: Value = serde_json::from_str(&written(Format::Json, &[(3, reading(&[&["Hi"]])?), (7, skewed)])?)?;
    assert_eq!(
        json,
        json!({
            "version": 1,
            "file": "a \"quoted\".png",
            "request": { "engine": "auto", "quality": "balanced" },
            "warnings": ["only the first frame is read"],
            "pages": [
                {
                    "page": 3, "width": 100, "height": 50, "dpi": 200.0, "source": "recognised", "engine": engine,
                    "preparation": preparation,
                    "blocks": [{ "kind": "paragraph", "box": [10, 0, 50, 12], "lines": [{
                        "box": [10, 0, 50, 12], "confidence": 0.9, "text": "Hi",
                        "words": [{ "text": "Hi", "box": [10, 0, 50, 12], "confidence": 0.9 }],
                    }] }],
                },
                {
                    "page": 7, "width": 100, "height": 50, "source": "embedded", "preparation": preparation,
                    "blocks": [{ "kind": "heading", "level": 2, "box": [10, 0, 50, 12], "lines": [{
                        "box": [9, 0, 50, 16], "quad": [[10, 0], [50, 4], [49, 16], [9, 12]], "confidence": 0.9,
                        "text": "skew",
                        "words": [{
                            "text": "skew", "box": [9, 0, 50, 16], "quad": [[10, 0], [50, 4], [49, 16], [9, 12]],
                            "confidence": 0.9,
                        }],
                    }] }],
                },
            ],
        })
    );
    Ok(())
}

#[test]
fn a_document_without_pages_is_still_json() -> Result<(), Box<dyn Error>> {
    let json: Value = serde_json::from_str(&written(Format::Json, &[])?)?;
    assert_eq!(json["pages"], json!([]));
    Ok(())
}

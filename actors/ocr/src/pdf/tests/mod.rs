//! Searchable PDF, written and read again: what was read is found where it was read.

mod albums;
mod updates;

use std::error::Error;
use std::path::Path;

use serde_json::Value;

use crate::format::{FileInfo, Original, writer};
use crate::input::{Document, Limits};
use crate::page::{Block, Confidence, Line, Page, Quad, Rect, Word};
use crate::params::{Format, Mode, OcrParams};
use crate::reading::{Preparation, Reading, Request, TextSource};

type Outcome = Result<(), Box<dyn Error>>;

/// Words, and their boxes.
type Words = Vec<(String, [i32; 4])>;

/// What an engine would have read: words and their boxes, on one line.
fn reading(size: (u32, u32), words: &[(&str, [i32; 4])]) -> Reading {
    let word = |(text, rect): &(&str, [i32; 4])| Word {
        text: (*text).into(),
        quad: Quad::from(Rect::from(*rect)),
        confidence: Confidence::new(0.9),
        chars: Vec::new(),
        embedded: false,
    };
    let block = Line::of(words.iter().map(word).collect()).and_then(|line| Block::of(vec![line]));
    Reading {
        dpi: Some(72.0),
        source: TextSource::Recognised,
        engine: None,
        preparation: Preparation::default(),
        page: Page { width: size.0, height: size.1, blocks: block.into_iter().collect() },
    }
}

/// The searchable PDF of a file, of whose pages this was read.
fn searchable(file: &[u8], params: Value, pages: &[(u32, Reading)]) -> Result<Vec<u8>, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("original");
    std::fs::write(&path, file)?;
    let (params, limits) = (serde_json::from_value::<OcrParams>(params)?, Limits::default());
    let original = Original { path: &path, params: &params, limits: &limits };
    let file = FileInfo {
        name: "original.bin",
        page_count: pages.len(),
        planned: pages.len(),
        engines: &[],
        warnings: &[],
        request: Request::of(&params),
        original,
    };
    let mut out = Vec::new();
    let mut writer = writer(Format::Pdf, &file, &mut out)?;
    for (number, reading) in pages {
        writer.page(*number, reading)?;
    }
    writer.finish()?;
    Ok(out)
}

/// What `look` sees in a file.
fn opened<T>(file: &[u8], look: impl FnOnce(&mut Document) -> Result<T, Box<dyn Error>>) -> Result<T, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path: &Path = &folder.path().join("file");
    std::fs::write(path, file)?;
    look(&mut Document::open(path, "file", &Limits::default())?)
}

/// The words on a page, in pixels at 72 dots per inch.
fn words(file: &[u8], number: u32) -> Result<Words, Box<dyn Error>> {
    opened(file, |document| {
        let text = document.page_text(number, Some(72), Mode::Auto)?;
        let words = text.into_iter().flat_map(|text| text.lines).flat_map(|line| line.words);
        Ok(words.map(|word| (word.text, word.quad.bounds().into())).collect())
    })
}

/// That the words on a page are these, each within a few pixels of its place.
#[track_caller]
fn assert_words(file: &[u8], number: u32, expected: &[(&str, [i32; 4])]) -> Outcome {
    let found = words(file, number)?;
    let texts: Vec<&str> = found.iter().map(|(text, _)| text.as_str()).collect();
    assert_eq!(texts, expected.iter().map(|(text, _)| *text).collect::<Vec<_>>());
    for ((text, place), (_, expected)) in found.iter().zip(expected) {
        let near = place.iter().zip(expected).all(|(is, should)| (is - should).abs() <= 2);
        assert!(near, "{text} is at {place:?}, not at {expected:?}");
    }
    Ok(())
}

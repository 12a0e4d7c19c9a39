//! JSON: everything that is known of the pages, for programs.
//!
//! ```json
//! {
//! "version": 1,
//! "file": "scan.pdf",
//! "request": {"engine": "auto", "quality": "fast"},
//! "warnings": [],
//! "pages": [
//! {"page": 1, "width": 1653, "height": 2339, "dpi": 200.0, "source": "recognised",
//!  "engine": {"name": "ppocr", "models": [{"name": "ppocr-v6-tiny/det.onnx", "sha256": "193bab7a..."}, ...]},
//!  "preparation": {"rotated": 0, "skew": 0.0, "contrast_raised": false},
//!  "blocks": [
//!   {"kind": "paragraph", "box": [120, 80, 900, 140], "lines": [
//!     {"box": [120, 80, 900, 110], "confidence": 0.987, "text": "Two words", "words": [
//!       {"text": "Two", "box": [120, 80, 180, 110], "confidence": 0.99},
//!       {"text": "words", "box": [200, 80, 300, 110], "confidence": 0.985}]}]}]}
//! ]
//! }
//! ```
//!
//! Pages come in the order of the file, blocks in reading order. Boxes are `[left, top, right, bottom]` in pixels of the
//! page from its upper left corner, right and bottom exclusive. A line or word that is not upright has its corners too:
//! `"quad": [[x, y], ...]`, upper left, upper right, lower right, lower left as the text reads. `dpi` is left out if it is
//! not known, `engine` if no engine had to read, as all text was in the file (`source` is `embedded`). The kinds of blocks are
//! `paragraph`, `heading` (with its `level`, from 1), `list_item`, `table`, `footnote` and `margin`. Within a version, fields are added but never taken away or changed.

use std::io::{self, Write};

use serde::Serialize;

use super::{FileInfo, PageWriter};
use crate::page::{Block, BlockKind, Confidence, Line, Quad, Rect, Word};
use crate::reading::{EngineInfo, Preparation, Reading, TextSource};

/// The version of the format.
pub const VERSION: u32 = 1;

pub(super) struct Json<W> {
    out: W,
    begun: bool,
}

#[derive(Serialize)]
struct PageJson<'a> {
    page: u32,
    width: u32,
    height: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    dpi: Option<f32>,
    source: TextSource,
    #[serde(skip_serializing_if = "Option::is_none")]
    engine: Option<&'a EngineInfo>,
    preparation: Preparation,
    blocks: Vec<BlockJson<'a>>,
}

#[derive(Serialize)]
struct BlockJson<'a> {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<u8>,
    #[serde(rename = "box")]
    bounds: Rect,
    lines: Vec<LineJson<'a>>,
}

#[derive(Serialize)]
struct LineJson<'a> {
    #[serde(flatten)]
    place: Place,
    confidence: Confidence,
    text: String,
    words: Vec<WordJson<'a>>,
}

#[derive(Serialize)]
struct WordJson<'a> {
    text: &'a str,
    #[serde(flatten)]
    place: Place,
    confidence: Confidence,
}

#[derive(Serialize)]
struct Place {
    #[serde(rename = "box")]
    bounds: Rect,
    #[serde(skip_serializing_if = "Option::is_none")]
    quad: Option<[[i32; 2]; 4]>,
}

impl<W: Write> Json<W> {
    /// Begins the document.
    pub(super) fn begin(mut out: W, file: &FileInfo<'_>) -> io::Result<Self> {
        let (name, request) = (serde_json::to_string(file.name)?, serde_json::to_string(&file.request)?);
        let warnings = serde_json::to_string(file.warnings)?;
        write!(out, "{{\n\"version\": {VERSION},\n\"file\": {name},\n\"request\": {request},\n")?;
        write!(out, "\"warnings\": {warnings},\n\"pages\": [")?;
        Ok(Self { out, begun: false })
    }
}

impl<W: Write> PageWriter for Json<W> {
    fn page(&mut self, number: u32, reading: &Reading) -> io::Result<()> {
        let parted = if std::mem::replace(&mut self.begun, true) { ",\n" } else { "\n" };
        self.out.write_all(parted.as_bytes())?;
        let page = PageJson {
            page: number,
            width: reading.page.width,
            height: reading.page.height,
            dpi: reading.dpi,
            source: reading.source,
            engine: reading.engine.as_ref(),
            preparation: reading.preparation,
            blocks: reading.page.blocks.iter().map(BlockJson::of).collect(),
        };
        Ok(serde_json::to_writer(&mut self.out, &page)?)
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.out.write_all(b"\n]\n}\n")?;
        self.out.flush()
    }
}

impl<'a> BlockJson<'a> {
    fn of(block: &'a Block) -> Self {
        let (kind, level) = match block.kind {
            BlockKind::Paragraph => ("paragraph", None),
            BlockKind::Heading(level) => ("heading", Some(level)),
            BlockKind::ListItem => ("list_item", None),
            BlockKind::Table => ("table", None),
            BlockKind::Footnote => ("footnote", None),
            BlockKind::Margin => ("margin", None),
        };
        Self { kind, level, bounds: block.bounds, lines: block.lines.iter().map(LineJson::of).collect() }
    }
}

impl<'a> LineJson<'a> {
    fn of(line: &'a Line) -> Self {
        Self {
            place: Place::of(&line.quad),
            confidence: line.confidence,
            text: line.text(),
            words: line.words.iter().map(WordJson::of).collect(),
        }
    }
}

impl<'a> WordJson<'a> {
    fn of(word: &'a Word) -> Self {
        Self { text: &word.text, place: Place::of(&word.quad), confidence: word.confidence }
    }
}

impl Place {
    fn of(quad: &Quad) -> Self {
        Self { bounds: quad.bounds(), quad: (!quad.is_upright()).then(|| quad.0.map(Into::into)) }
    }
}

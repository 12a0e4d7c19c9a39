//! Page, block, line, word, character: what was read, where, and how surely.

use serde::{Deserialize, Serialize};

use super::{Confidence, Quad, Rect};

/// What was read off one page.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Page {
    /// The width of the original image, in pixels.
    pub width: u32,
    /// The height of the original image, in pixels.
    pub height: u32,
    /// Its text in reading order; empty for a blank page.
    pub blocks: Vec<Block>,
}

/// Lines that belong together: a paragraph, a heading, a part of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// What it is to the document.
    #[serde(default)]
    pub kind: BlockKind,
    /// What holds all of its lines.
    #[serde(rename = "box")]
    pub bounds: Rect,
    /// Its lines from top to bottom; never empty.
    pub lines: Vec<Line>,
}

/// What a block is to the document, as far as its looks tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockKind {
    /// Running text, or what is nothing else.
    #[default]
    Paragraph,
    /// A heading; its rank on the page from 1, the highest.
    Heading(u8),
    /// An item of a list, with its bullet or number.
    ListItem,
    /// Rows of a table or form; each line is a row.
    Table,
    /// A footnote.
    Footnote,
    /// A running head, a page number: what stands in the margin.
    Margin,
}

/// One visual row of text in a block. The cells of a table's or form's row are one line: the boxes of the words tell
/// the gaps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Where it is.
    #[serde(rename = "box")]
    pub quad: Quad,
    /// The mean over its characters.
    #[serde(rename = "conf")]
    pub confidence: Confidence,
    /// Its words, as they read; never empty.
    pub words: Vec<Word>,
}

/// What stands between two spaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// Its text; never empty, no white space in it.
    pub text: String,
    /// Where it is.
    #[serde(rename = "box")]
    pub quad: Quad,
    /// The mean over its characters.
    #[serde(rename = "conf")]
    pub confidence: Confidence,
    /// Its characters; empty if the engine does not tell them apart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chars: Vec<Char>,
    /// Whether it was in the file as text, and not read off its image.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub embedded: bool,
}

/// One character; `[text, box, confidence]` in JSON, as there are many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(String, Quad, Confidence)", into = "(String, Quad, Confidence)")]
pub struct Char {
    /// Its text: one character of the engine's alphabet, which may be several code points.
    pub text: String,
    /// Where it is, about: engines tell its middle better than its edges.
    pub quad: Quad,
    /// How sure the engine is of it.
    pub confidence: Confidence,
}

impl Page {
    /// Its text: a line feed after each line, an empty line between blocks.
    #[must_use]
    pub fn text(&self) -> String {
        self.blocks.iter().map(Block::text).collect::<Vec<_>>().join("\n")
    }

    /// All lines in reading order.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.blocks.iter().flat_map(|block| &block.lines)
    }

    /// All words in reading order.
    pub fn words(&self) -> impl Iterator<Item = &Word> {
        self.lines().flat_map(|line| &line.words)
    }
}

impl Block {
    /// A paragraph of these lines; `None` if there are none.
    #[must_use]
    pub fn of(lines: Vec<Line>) -> Option<Self> {
        let bounds = Rect::around(lines.iter().map(|line| line.quad.bounds()))?;
        Some(Self { kind: BlockKind::default(), bounds, lines })
    }

    /// Its text: a line feed after each line.
    #[must_use]
    pub fn text(&self) -> String {
        self.lines.iter().flat_map(|line| [line.text(), "\n".into()]).collect()
    }
}

impl Line {
    /// A line of these words, in the order that they read; `None` if there are none.
    #[must_use]
    pub fn of(words: Vec<Word>) -> Option<Self> {
        let quad = Quad::around(words.iter().map(|word| word.quad))?;
        let confidence = Confidence::mean(words.iter().flat_map(|word| {
            let count = word.chars.len().max(1);
            std::iter::repeat_n(word.confidence, count)
        }));
        Some(Self { quad, confidence, words })
    }

    /// Its words with a space between them.
    #[must_use]
    pub fn text(&self) -> String {
        self.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
    }
}

impl Word {
    /// A word of these characters, in the order that they read; `None` if there are none.
    #[must_use]
    pub fn of(chars: Vec<Char>) -> Option<Self> {
        Some(Self {
            text: chars.iter().map(|char| char.text.as_str()).collect(),
            quad: Quad::around(chars.iter().map(|char| char.quad))?,
            confidence: Confidence::mean(chars.iter().map(|char| char.confidence)),
            chars,
            embedded: false,
        })
    }
}

impl From<(String, Quad, Confidence)> for Char {
    fn from((text, quad, confidence): (String, Quad, Confidence)) -> Self {
        Self { text, quad, confidence }
    }
}

impl From<Char> for (String, Quad, Confidence) {
    fn from(char: Char) -> Self {
        (char.text, char.quad, char.confidence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn char(text: &str, left: i32, confidence: f32) -> Char {
        let quad = Rect::from([left, 10, left + 8, 22]).into();
        Char { text: text.into(), quad, confidence: Confidence::new(confidence) }
    }

    fn page() -> Option<Page> {
        let hi = Word::of(vec![char("h", 5, 0.9), char("i", 13, 0.8)])?;
        let you = Word::of(vec![char("y", 30, 1.0)])?;
        let block = Block::of(vec![Line::of(vec![hi, you])?])?;
        Some(Page { width: 100, height: 50, blocks: vec![block.clone(), block] })
    }

    #[test]
    fn parts_hold_their_parts() -> Result<(), &'static str> {
        let page = page().ok_or("no page")?;
        assert_eq!(page.text(), "hi y\n\nhi y\n");
        let line = page.lines().next().ok_or("no line")?;
        assert_eq!(line.quad.bounds(), Rect::from([5, 10, 38, 22]));
        assert_eq!(line.confidence, Confidence::new(0.9));
        assert_eq!(line.words[0].confidence, Confidence::new(0.85));
        assert!(Line::of(Vec::new()).is_none());
        Ok(())
    }

    #[test]
    fn json_is_compact_and_reads_back() -> Result<(), Box<dyn std::error::Error>> {
        let page = page().ok_or("no page")?;
        let json = serde_json::to_string(&page.blocks[0].lines[0].words[0])?;
        assert_eq!(
            json,
            r#"{"text":"hi","box":[5,10,21,22],"conf":0.85,"chars":[["h",[5,10,13,22],0.9],["i",[13,10,21,22],0.8]]}"#
        );
        assert_eq!(serde_json::from_value::<Page>(serde_json::to_value(&page)?)?, page);
        Ok(())
    }
}

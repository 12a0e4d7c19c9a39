//! Plain text: UTF-8, a line feed after each line, an empty line between blocks, a form feed between pages. A page that
//! could not be read is an empty one.
//!
//! The cells of a row are parted by two spaces at least; those of a table stand below each other.

use std::io::{self, Write};

use super::PageWriter;
use crate::layout;
use crate::page::{Block, BlockKind, Line, Word};
use crate::reading::Reading;

/// What parts pages.
const FORM_FEED: &[u8] = b"\x0c";

/// What parts cells.
const GAP: &str = "  ";

pub(super) struct Txt<W> {
    out: W,
    begun: bool,
}

impl<W: Write> Txt<W> {
    pub(super) const fn new(out: W) -> Self {
        Self { out, begun: false }
    }
}

impl<W: Write> PageWriter for Txt<W> {
    fn page(&mut self, _: u32, reading: &Reading) -> io::Result<()> {
        self.missing()?;
        let blocks: Vec<String> = reading.page.blocks.iter().map(text).collect();
        self.out.write_all(blocks.join("\n").as_bytes())
    }

    fn missing(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.begun, true) {
            self.out.write_all(FORM_FEED)?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.out.flush()
    }
}

/// The text of a block, a line feed after each line.
fn text(block: &Block) -> String {
    let line = |line: &Line| layout::cells(line).into_iter().map(joined).collect::<Vec<_>>().join(GAP) + "\n";
    match block.kind {
        BlockKind::Table => table(&block.lines),
        _ => block.lines.iter().map(line).collect(),
    }
}

/// Rows whose columns stand below each other, as far as the characters are equally wide.
fn table(lines: &[Line]) -> String {
    let rows: Vec<Vec<String>> =
        layout::grid(lines).into_iter().map(|row| row.into_iter().map(joined).collect()).collect();
    let length = |text: &String| text.chars().count();
    let columns = rows.first().map_or(0, Vec::len);
    let widths: Vec<usize> =
        (0..columns).map(|column| rows.iter().map(|row| length(&row[column])).max().unwrap_or(0)).collect();
    let row = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}"));
        format!("{}\n", cells.collect::<Vec<_>>().join(GAP).trim_end())
    };
    rows.iter().map(row).collect()
}

fn joined(words: &[Word]) -> String {
    words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{Confidence, Rect};

    fn row(words: &[(i32, &str)]) -> Line {
        let word = |&(left, text): &(i32, &str)| {
            let quad = Rect { left, top: 0, right: left + 30, bottom: 20 }.into();
            Word { text: text.into(), quad, confidence: Confidence::default(), chars: Vec::new(), embedded: false }
        };
        let words: Vec<Word> = words.iter().map(word).collect();
        Line { quad: Rect { left: 0, top: 0, right: 400, bottom: 20 }.into(), confidence: Confidence::default(), words }
    }

    #[test]
    fn cells_are_parted_and_columns_stand_below_each_other() {
        let lines =
            vec![row(&[(0, "Tea"), (40, "hot"), (200, "1"), (300, "3.50")]), row(&[(0, "Milk"), (300, "1.20")])];
        let block = |kind| Block { kind, bounds: Rect::default(), lines: lines.clone() };
        assert_eq!(text(&block(BlockKind::Paragraph)), "Tea hot  1  3.50\nMilk  1.20\n");
        assert_eq!(text(&block(BlockKind::Table)), "Tea hot  1  3.50\nMilk        1.20\n");
    }
}

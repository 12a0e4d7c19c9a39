//! Small pages that have a bit of everything.

use super::word;
use crate::page::{Block, BlockKind, Line, Point, Quad, Rect};
use crate::reading::Reading;

type Made<T> = Result<T, &'static str>;

/// A heading of two words and a page number, on a page of 100 x 50 pixels at 200 dpi.
pub(super) fn upright() -> Made<Reading> {
    let at = |left, top, right, bottom| Quad::from(Rect::from([left, top, right, bottom]));
    let heading = block(BlockKind::Heading(2), &[("R&D", at(10, 4, 30, 16)), ("<2>", at(34, 4, 50, 16))])?;
    let number = block(BlockKind::Margin, &[("7", at(45, 40, 55, 48))])?;
    page(vec![heading, number])
}

/// An item of a list that sinks to the right and sticks out of the page, and a row of a table that reads upwards; its
/// text was in the file, and its resolution is not known.
pub(super) fn slanted() -> Made<Reading> {
    let sinking = Quad([[60, 0], [100, 4], [99, 16], [59, 12]].map(Point::from));
    let further = Quad([[102, 4], [112, 5], [111, 17], [101, 16]].map(Point::from));
    let upwards = Quad([[20, 40], [20, 10], [30, 10], [30, 40]].map(Point::from));
    let item = block(BlockKind::ListItem, &[("1.", sinking), ("no", further)])?;
    let row = block(BlockKind::Table, &[("up", upwards)])?;
    Ok(Reading { dpi: None, engine: None, ..page(vec![item, row])? })
}

/// A page without text.
pub(super) fn blank() -> Made<Reading> {
    page(Vec::new())
}

fn block(kind: BlockKind, words: &[(&str, Quad)]) -> Made<Block> {
    let words = words.iter().map(|&(text, quad)| word(text, quad)).collect::<Result<_, _>>()?;
    let line = Line::of(words).ok_or("no line")?;
    Ok(Block { kind, ..Block::of(vec![line]).ok_or("no block")? })
}

fn page(blocks: Vec<Block>) -> Made<Reading> {
    let mut reading = super::reading(&[])?;
    reading.page.blocks = blocks;
    Ok(reading)
}

//! What a page looks like as a whole: what is usual on it.

use super::draft::Draft;
use super::row::Row;

/// From this many rows and letters in a row on average a block is prose,
const ROWS: usize = 3;
const LETTERS: usize = 25;
/// and a page of prose has at least this part of its letters in such blocks.
const PROSE: f32 = 0.5;

/// The usual on a page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Look {
    /// The height of the rows that most of the text is in.
    pub(super) height: f32,
    /// How many letters there are.
    pub(super) letters: usize,
    /// Whether most of it is running text, unlike forms and receipts.
    pub(super) is_prose: bool,
    /// Where the page's text begins.
    pub(super) top: f32,
    /// Where it ends.
    pub(super) bottom: f32,
}

impl Look {
    /// That of a page.
    pub(super) fn of(drafts: &[Draft]) -> Self {
        let letters = drafts.iter().map(Draft::letters).sum();
        let prose: usize = drafts.iter().filter(|draft| is_prose(draft)).map(Draft::letters).sum();
        let shapes = || drafts.iter().flat_map(|draft| &draft.rows).map(|row| row.shape);
        Self {
            height: usual_height(drafts.iter().flat_map(|draft| &draft.rows), letters),
            letters,
            is_prose: prose as f32 >= PROSE * letters as f32,
            top: shapes().map(|shape| shape.top).fold(f32::MAX, f32::min),
            bottom: shapes().map(|shape| shape.bottom).fold(f32::MIN, f32::max),
        }
    }
}

fn is_prose(draft: &Draft) -> bool {
    draft.rows.len() >= ROWS && draft.letters() >= LETTERS * draft.rows.len() && draft.is_unbroken()
}

/// The height such that half of the letters are in lower rows.
fn usual_height<'a>(rows: impl Iterator<Item = &'a Row>, letters: usize) -> f32 {
    let mut heights: Vec<(f32, usize)> = rows.map(|row| (row.shape.height(), row.shape.letters)).collect();
    heights.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut sum = 0;
    let middle = heights.iter().find(|(_, count)| {
        sum += count;
        2 * sum >= letters
    });
    middle.map_or(0.0, |(height, _)| *height)
}

//! Paragraphs: rows that belong together.

use std::ops::Range;

use super::frame::{Item, median, median_height};
use super::row::Row;

/// A paragraph ends before a distance between rows this many times the usual one,
const WIDER: f32 = 1.35;
/// a row this many times higher or lower than the one before,
const LARGER: f32 = 1.5;
/// or a row that starts further right, by this many line heights, than the rows around it.
const INDENT: f32 = 0.7;

/// How the rows of a zone, from top to bottom, are set.
#[derive(Debug)]
pub(super) struct Spacing {
    shapes: Vec<Item>,
    height: f32,
    /// The usual distance from row to row: the median of those that are no more than two rows apart.
    usual: f32,
}

impl Spacing {
    /// That of these rows.
    pub(super) fn of(rows: &[Row]) -> Self {
        Self::of_shapes(rows.iter().map(|row| row.shape).collect())
    }

    fn of_shapes(shapes: Vec<Item>) -> Self {
        let height = median_height(shapes.iter().copied());
        let pitches = shapes.windows(2).map(|pair| pair[1].middle() - pair[0].middle());
        let close: Vec<f32> = pitches.filter(|&pitch| pitch <= 2.5 * height).collect();
        let usual = if close.is_empty() { 1.5 * height } else { median(close) };
        Self { shapes, height, usual }
    }

    /// Whether a wide gap or another size parts this row from the one before.
    pub(super) fn breaks_before(&self, index: usize) -> bool {
        let Some(last) = index.checked_sub(1).map(|last| &self.shapes[last]) else { return true };
        let this = &self.shapes[index];
        let ratio = this.height() / last.height().max(1.0);
        this.middle() - last.middle() > WIDER * self.usual || !(1.0 / LARGER..=LARGER).contains(&ratio)
    }

    /// Whether a paragraph starts with this row.
    fn starts(&self, index: usize) -> bool {
        self.breaks_before(index) || self.is_indented(index)
    }

    /// Whether this row starts further right than those around it.
    fn is_indented(&self, index: usize) -> bool {
        let this = &self.shapes[index];
        let indented = |other: &Item| this.left - other.left >= INDENT * self.height;
        let goes_back = self.shapes.get(index + 1).is_some_and(|next| indented(next) && next.overlap(this) > 0.0);
        index.checked_sub(1).is_some_and(|last| indented(&self.shapes[last])) && goes_back
    }

    /// The paragraphs of a part of the rows.
    pub(super) fn paragraphs(&self, within: Range<usize>) -> Vec<Range<usize>> {
        let mut paragraphs: Vec<Range<usize>> = Vec::new();
        for index in within {
            match paragraphs.last_mut().filter(|_| !self.starts(index)) {
                Some(paragraph) => paragraph.end = index + 1,
                None => paragraphs.push(index..index + 1),
            }
        }
        paragraphs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(rows: &[(f32, f32, f32)]) -> Vec<usize> {
        let item = |&(left, top, height): &(f32, f32, f32)| Item {
            left,
            top,
            right: 300.0,
            bottom: top + height,
            letters: 20,
        };
        let spacing = Spacing::of_shapes(rows.iter().map(item).collect());
        spacing.paragraphs(0..rows.len()).into_iter().map(|paragraph| paragraph.len()).collect()
    }

    #[test]
    fn a_wider_gap_a_larger_row_and_an_indent_start_one() {
        assert_eq!(sizes(&[(0.0, 0.0, 10.0), (0.0, 12.0, 10.0), (0.0, 32.0, 10.0), (0.0, 44.0, 10.0)]), [2, 2]);
        assert_eq!(sizes(&[(0.0, 0.0, 20.0), (0.0, 22.0, 10.0), (0.0, 34.0, 10.0)]), [1, 2]);
        assert_eq!(sizes(&[(0.0, 0.0, 10.0), (0.0, 12.0, 10.0), (15.0, 24.0, 10.0), (0.0, 36.0, 10.0)]), [2, 2]);
    }

    #[test]
    fn centred_rows_are_one() {
        assert_eq!(sizes(&[(50.0, 0.0, 10.0), (70.0, 12.0, 10.0), (80.0, 24.0, 10.0)]), [3]);
        assert!(sizes(&[]).is_empty());
    }
}

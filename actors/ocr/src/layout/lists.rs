//! Items of lists among the rows of a zone.
//!
//! A bullet that is nothing else makes an item. A number, a letter or a dash does only if another of the same list comes
//! before or after it, at the same indentation, with no ordinary paragraph in between.

use std::ops::Range;

use super::marker::Marker;
use super::paragraphs::Spacing;
use super::row::Row;

/// Markers this many line heights from each other sideways are of the same list: numbers may be aligned at their right.
const ALIGNED: f32 = 1.0;
/// What starts this many line heights further right than the marker is indented.
const INDENTED: f32 = 0.5;
/// A row that is not indented goes on with an item if the row before it fills this part of the zone.
const FULL: f32 = 0.85;

/// The rows of each item, from above.
pub(super) fn items(rows: &[Row], spacing: &Spacing) -> Vec<Range<usize>> {
    let markers: Vec<Option<Marker>> =
        rows.iter().map(|row| Marker::split(&row.line.text()).map(|(marker, _)| marker)).collect();
    let mut is_item: Vec<bool> = markers.iter().map(|marker| marker.is_some_and(Marker::is_sure)).collect();
    for (index, marker) in markers.iter().enumerate() {
        if let Some(next) = marker.and_then(|marker| next_of(rows, spacing, &markers, index, marker)) {
            is_item[index] = true;
            is_item[next] = true;
        }
    }
    let right = rows.iter().map(|row| row.shape.right).fold(f32::MIN, f32::max);
    let starts = (0..rows.len()).filter(|&index| is_item[index]);
    starts.map(|start| start..end_of(rows, spacing, &is_item, right, start)).collect()
}

/// The next item of the same list.
fn next_of(rows: &[Row], spacing: &Spacing, markers: &[Option<Marker>], index: usize, marker: Marker) -> Option<usize> {
    let item = &rows[index].shape;
    for next in index + 1..rows.len() {
        let shape = &rows[next].shape;
        match markers[next] {
            Some(other) if other.is_like(marker) && (shape.left - item.left).abs() <= ALIGNED * item.height() => {
                return other.follows(marker).then_some(next);
            }
            None if spacing.breaks_before(next) && shape.left - item.left < INDENTED * item.height() => return None,
            _ => {}
        }
    }
    None
}

/// Where an item ends: before the next one, a gap, or a row that is not a part of it by its indentation.
fn end_of(rows: &[Row], spacing: &Spacing, is_item: &[bool], right: f32, start: usize) -> usize {
    let item = &rows[start].shape;
    let goes_on = |&row: &usize| {
        let (last, this) = (&rows[row - 1].shape, &rows[row].shape);
        let indent = this.left - item.left;
        let is_full = last.right - item.left >= FULL * (right - item.left);
        !is_item[row]
            && !spacing.breaks_before(row)
            && (indent >= INDENTED * item.height() || is_full && indent >= -INDENTED * item.height())
    };
    (start + 1..rows.len()).find(|row| !goes_on(row)).unwrap_or(rows.len())
}

#[cfg(test)]
mod tests {
    use super::super::frame::Level;
    use super::super::tests::line;
    use super::*;

    /// The items of rows at these places, 30 apart unless there is an empty one between.
    fn found(texts: &[(i32, &str)]) -> Vec<Range<usize>> {
        let lines = texts.iter().zip(0..).filter(|((_, text), _)| !text.is_empty());
        let rows: Vec<Row> = lines
            .filter_map(|((left, text), index)| {
                let line = line(*left, index * 30, text);
                let level = Level::of(std::slice::from_ref(&line));
                let place = level.line(&line);
                Row::of(vec![line], &[place], level)
            })
            .collect();
        items(&rows, &Spacing::of(&rows))
    }

    #[test]
    fn items_with_hanging_indentation() {
        let list = [
            (0, "What there is to say, at some length:"),
            (20, "1. the first thing of the three"),
            (50, "that are to be said"),
            (20, "2. the second"),
            (20, "3. the third thing that was to be said"),
            (50, "in this list"),
            (0, "After which the text goes on."),
        ];
        assert_eq!(found(&list), [1..3, 3..4, 4..6]);
    }

    #[test]
    fn items_flush_with_the_text() {
        let list = [
            (0, "1. a thing so long that its line is full"),
            (0, "and goes on"),
            (0, "2. the other"),
            (0, "No more than text that goes on here now"),
        ];
        assert_eq!(found(&list), [0..2, 2..3]);
    }

    #[test]
    fn lists_within_lists_and_bullets() {
        let list =
            [(0, "1. one"), (30, "a) first"), (30, "b) second"), (0, "2. two"), (0, ""), (0, ""), (0, "• alone")];
        assert_eq!(found(&list), [0..1, 1..2, 2..3, 3..4, 4..5]);
    }

    #[test]
    fn a_number_alone_and_initials_are_none() {
        assert!(found(&[(0, "1. the only one"), (0, "of its kind")]).is_empty());
        assert!(found(&[(0, "A. H. Tisch"), (0, "R. H. Orcutt"), (0, "M. A. Peterson")]).is_empty());
        let parted =
            [(0, "1. one"), (0, ""), (0, "A paragraph of text between them."), (0, "It is long."), (0, "2. two")];
        assert!(found(&parted).is_empty());
    }
}

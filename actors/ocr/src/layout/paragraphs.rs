//! Paragraphs: rows that belong together.

use super::frame::{Item, median, median_height};

/// A paragraph ends before a distance between rows this many times the usual one,
const WIDER: f32 = 1.35;
/// a row this many times higher or lower than the one before,
const LARGER: f32 = 1.5;
/// or a row that starts further right, by this many line heights, than the rows around it.
const INDENT: f32 = 0.7;

/// Parts the rows of a zone, from top to bottom, into paragraphs.
pub(super) fn paragraphs(items: &[Item], rows: Vec<Vec<usize>>) -> Vec<Vec<Vec<usize>>> {
    let shapes: Vec<Item> = rows.iter().map(|row| shape(items, row)).collect();
    let height = median_height(shapes.iter().copied());
    let usual = usual_pitch(&shapes, height);
    let mut paragraphs: Vec<Vec<Vec<usize>>> = Vec::new();
    for (index, row) in rows.into_iter().enumerate() {
        let starts = index == 0 || starts(&shapes, index, usual, height);
        match paragraphs.last_mut().filter(|_| !starts) {
            Some(paragraph) => paragraph.push(row),
            None => paragraphs.push(vec![row]),
        }
    }
    paragraphs
}

/// The usual distance from row to row: the median of those that are no more than two rows apart.
fn usual_pitch(shapes: &[Item], height: f32) -> f32 {
    let pitches = shapes.windows(2).map(|pair| pair[1].middle() - pair[0].middle());
    let close: Vec<f32> = pitches.filter(|&pitch| pitch <= 2.5 * height).collect();
    if close.is_empty() { 1.5 * height } else { median(close) }
}

/// Whether a paragraph starts with this row, which is not the first.
fn starts(shapes: &[Item], index: usize, usual: f32, height: f32) -> bool {
    let (last, this) = (&shapes[index - 1], &shapes[index]);
    let ratio = this.height() / last.height().max(1.0);
    let indented = |other: &Item| this.left - other.left >= INDENT * height;
    let goes_back = shapes.get(index + 1).is_some_and(|next| indented(next) && next.overlap(this) > 0.0);
    this.middle() - last.middle() > WIDER * usual
        || !(1.0 / LARGER..=LARGER).contains(&ratio)
        || indented(last) && goes_back
}

/// The box around a row; its height is the median of its parts'.
fn shape(items: &[Item], row: &[usize]) -> Item {
    let parts = || row.iter().map(|&index| items[index]);
    let height = median_height(parts());
    let middle = median(parts().map(|item| item.middle()).collect());
    Item {
        left: parts().map(|item| item.left).fold(f32::MAX, f32::min),
        top: middle - height / 2.0,
        right: parts().map(|item| item.right).fold(f32::MIN, f32::max),
        bottom: middle + height / 2.0,
        letters: parts().map(|item| item.letters).sum(),
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
        let items: Vec<Item> = rows.iter().map(item).collect();
        let rows = (0..items.len()).map(|index| vec![index]).collect();
        paragraphs(&items, rows).iter().map(Vec::len).collect()
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

//! Cells: the words of a row between which there is wide white.

use super::frame::Level;
use crate::page::{Line, Word};

/// White this many line heights wide parts cells: several times what is between the words of a text.
const GAP: f32 = 1.2;

/// The words of a line, parted where there is wide white between them. Most lines are one cell; none is empty.
#[must_use]
pub fn cells(line: &Line) -> Vec<&[Word]> {
    let level = Level::of(std::slice::from_ref(line));
    let places: Vec<_> = line.words.iter().map(|word| level.word(word)).collect();
    let gap = GAP * super::frame::median_height(places.iter().copied());
    let mut cells = Vec::new();
    let mut start = 0;
    for (index, pair) in places.windows(2).enumerate() {
        if pair[1].left - pair[0].right >= gap.max(1.0) {
            cells.push(&line.words[start..=index]);
            start = index + 1;
        }
    }
    cells.push(&line.words[start..]);
    cells
}

#[cfg(test)]
mod tests {
    use super::super::tests::row;
    use super::*;

    #[test]
    fn wide_white_parts_cells() {
        let line = row(100, &[(0, "Tea"), (40, "with"), (90, "milk"), (200, "3.50")]);
        let texts: Vec<usize> = cells(&line).iter().map(|cell| cell.len()).collect();
        assert_eq!(texts, [3, 1]);
        assert_eq!(cells(&row(0, &[(0, "one")])).len(), 1);
    }
}

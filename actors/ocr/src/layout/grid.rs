//! The columns of a table: its rows' cells that stand above each other.

use super::cells::cells;
use super::frame::{Item, Level};
use crate::page::{Line, Word};

/// From where to where a cell or a column goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Span {
    pub(super) left: f32,
    pub(super) right: f32,
    /// How many characters are in it.
    pub(super) letters: usize,
}

impl Span {
    /// Around words; `None` around none.
    pub(super) fn of(words: &[Word], level: Level) -> Option<Self> {
        let span = |Item { left, right, letters, .. }| Self { left, right, letters };
        words.iter().map(|word| span(level.word(word))).reduce(Self::union)
    }

    fn union(self, other: Self) -> Self {
        Self {
            left: self.left.min(other.left),
            right: self.right.max(other.right),
            letters: self.letters + other.letters,
        }
    }

    fn meets(self, other: Self) -> bool {
        self.left < other.right && other.left < self.right
    }
}

/// The columns of a table after one more row: each of its cells is in a column of its own, old or new, and no column
/// grows into another. `None` if the row does not fit.
pub(super) fn with_row(columns: &[Span], row: &[Span]) -> Option<Vec<Span>> {
    let mut all = columns.to_vec();
    for &cell in row {
        let mut met = (0..columns.len()).filter(|&index| columns[index].meets(cell));
        match (met.next(), met.next()) {
            (None, _) => all.push(cell),
            (Some(index), None) => all[index] = all[index].union(cell),
            (Some(_), Some(_)) => return None,
        }
    }
    all.sort_by(|a, b| a.left.total_cmp(&b.left).then(a.right.total_cmp(&b.right)));
    let apart = all.windows(2).all(|pair| !pair[0].meets(pair[1]));
    let alone = |&column: &Span| row.iter().filter(|cell| cell.meets(column)).count() <= 1;
    (apart && all.iter().all(alone)).then_some(all)
}

/// The column that a cell is in.
fn column_of(columns: &[Span], cell: Span) -> Option<usize> {
    columns.iter().position(|column| column.left <= cell.left && cell.right <= column.right)
}

/// The cells of a table, row by row: the words of each column, none where a cell is empty. All rows are equally long. Lines
/// that do not form columns are one column.
#[must_use]
pub fn grid(lines: &[Line]) -> Vec<Vec<&[Word]>> {
    let level = Level::of(lines);
    let rows: Vec<Vec<Cell<'_>>> = lines.iter().map(|line| placed(line, level)).collect();
    let spans = |row: &[Cell<'_>]| row.iter().map(|(span, _)| *span).collect::<Vec<_>>();
    let columns = rows.iter().try_fold(Vec::new(), |columns, row| with_row(&columns, &spans(row)));
    match columns {
        Some(columns) => rows.iter().map(|row| across(&columns, row)).collect(),
        None => lines.iter().map(|line| vec![line.words.as_slice()]).collect(),
    }
}

/// A cell's place and words.
type Cell<'a> = (Span, &'a [Word]);

fn placed(line: &Line, level: Level) -> Vec<Cell<'_>> {
    cells(line).into_iter().filter_map(|cell| Some((Span::of(cell, level)?, cell))).collect()
}

/// The words of a row in each column.
fn across<'a>(columns: &[Span], row: &[Cell<'a>]) -> Vec<&'a [Word]> {
    let mut across = vec![&[][..]; columns.len()];
    for (span, words) in row {
        if let Some(column) = column_of(columns, *span) {
            across[column] = words;
        }
    }
    across
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::row;
    use super::*;
    use crate::page::{Confidence, Quad};

    fn texts(lines: &[Line]) -> Vec<Vec<String>> {
        let text = |words: &[Word]| words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
        grid(lines).into_iter().map(|row| row.into_iter().map(text).collect()).collect()
    }

    #[test]
    fn empty_cells_keep_their_places() {
        let lines = [
            row(0, &[(0, "Tea"), (300, "3.50")]),
            row(30, &[(20, "with"), (65, "milk"), (200, "2")]),
            row(60, &[(200, "1"), (310, "1.20")]),
        ];
        assert_eq!(texts(&lines), [["Tea", "", "3.50"], ["with milk", "2", ""], ["", "1", "1.20"]]);
    }

    #[test]
    fn what_spans_columns_makes_one_of_all() {
        let lines = [row(0, &[(0, "a"), (100, "b")]), row(30, &[(0, "all-the-columns")])];
        assert_eq!(texts(&lines), [["a b"], ["all-the-columns"]]);
        assert!(texts(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn no_word_is_lost(rows in prop::collection::vec(prop::collection::vec(any::<[[i8; 2]; 4]>(), 1..5), 0..6)) {
            let word = |corners: &[[i8; 2]; 4]| {
                let quad = Quad(corners.map(|corner| corner.map(i32::from).into()));
                Word { text: "x".into(), quad, confidence: Confidence::default(), chars: Vec::new(), embedded: false }
            };
            let lines: Vec<Line> = rows.iter().filter_map(|row| Line::of(row.iter().map(word).collect())).collect();
            let found: Vec<usize> = grid(&lines).iter().map(|row| row.iter().map(|cell| cell.len()).sum()).collect();
            prop_assert_eq!(found, rows.iter().map(Vec::len).collect::<Vec<_>>());
        }
    }
}

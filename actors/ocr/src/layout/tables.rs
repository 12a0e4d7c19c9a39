//! Tables among the rows of a zone: rows that follow each other closely, with cells in columns.
//!
//! To be sure, a table has at least three rows with several cells, no cell that spans columns, and a grid that is mostly
//! filled. What is no table stays text, row by row, so little is lost by being careful.

use std::ops::Range;

use super::grid::{Span, with_row};
use super::row::Row;

/// This many rows have several cells,
const ROWS: usize = 3;
/// and this part of all its rows.
const WITH_CELLS: f32 = 0.6;
/// This part of the grid is filled.
const FILLED: f32 = 0.55;
/// The rows are at most this many line heights apart.
const PITCH: f32 = 3.0;
/// One column at least has fewer letters in a row than this on average: what has long cells only is prose in columns.
const LETTERS: usize = 25;
/// No column has more than this on average: that is prose with something beside it.
const PROSE: usize = 60;

/// The tables, from above.
pub(super) fn tables(rows: &[Row]) -> Vec<Range<usize>> {
    let mut tables = Vec::new();
    let mut start = 0;
    while start < rows.len() {
        match table_at(rows, start) {
            Some(table) => {
                start = table.end;
                tables.push(table);
            }
            None => start += 1,
        }
    }
    tables
}

/// The table that starts with this row.
fn table_at(rows: &[Row], start: usize) -> Option<Range<usize>> {
    let mut columns = Vec::new();
    let mut end = start;
    while end < rows.len() && (end == start || is_close(&rows[end - 1], &rows[end])) {
        let Some(wider) = with_row(&columns, &rows[end].cells) else { break };
        columns = wider;
        end += 1;
    }
    while end > start && rows[end - 1].cells.len() < 2 {
        end -= 1;
    }
    let table = &rows[start..end];
    (table.first()?.cells.len() > 1 && is_table(table)).then_some(start..end)
}

fn is_close(above: &Row, below: &Row) -> bool {
    below.shape.middle() - above.shape.middle() <= PITCH * above.shape.height().min(below.shape.height())
}

fn is_table(rows: &[Row]) -> bool {
    let columns = rows.iter().try_fold(Vec::new(), |columns, row| with_row(&columns, &row.cells)).unwrap_or_default();
    let with_cells = rows.iter().filter(|row| row.cells.len() > 1).count();
    let cells: usize = rows.iter().map(|row| row.cells.len()).sum();
    let is_short = |column: &Span| column.letters < LETTERS * rows.len();
    with_cells >= ROWS
        && with_cells as f32 >= WITH_CELLS * rows.len() as f32
        && cells as f32 >= FILLED * (rows.len() * columns.len()) as f32
        && columns.iter().any(is_short)
        && columns.iter().all(|column| column.letters <= PROSE * rows.len())
}

#[cfg(test)]
mod tests {
    use super::super::frame::Level;
    use super::super::tests::{line, row};
    use super::*;
    use crate::page::Line;

    fn found(lines: &[Line]) -> Vec<Range<usize>> {
        let level = Level::of(lines);
        let rows: Vec<Row> =
            lines.iter().filter_map(|line| Row::of(vec![line.clone()], &[level.line(line)], level)).collect();
        tables(&rows)
    }

    fn cells(top: i32, texts: [&str; 3]) -> Line {
        let places: Vec<(i32, &str)> =
            [0, 300, 500].into_iter().zip(texts).filter(|(_, text)| !text.is_empty()).collect();
        row(top, &places)
    }

    #[test]
    fn rows_with_cells_in_columns_are_a_table() {
        let rows = [
            line(0, 0, "What was bought on this day, and for how much of the money"),
            cells(30, ["Name", "Number", "Price"]),
            cells(60, ["Tea", "2", "3.50"]),
            cells(90, ["", "with", "milk"]),
            cells(120, ["of-the-cow", "", ""]),
            cells(150, ["Coffee", "1", ""]),
            line(0, 180, "and this is all that was bought on that day by anyone"),
        ];
        assert_eq!(found(&rows).as_slice(), std::slice::from_ref(&(1..6)));
    }

    #[test]
    fn two_rows_prose_in_columns_and_far_rows_are_none() {
        let two = [
            cells(0, ["a", "b", "c"]),
            cells(30, ["a", "b", "c"]),
            line(0, 60, "nothing but text from here on, really"),
        ];
        assert!(found(&two).is_empty());
        let prose = |top| row(top, &[(0, "thirty-letters-of-prose-in-the"), (400, "thirty-letters-of-prose-in-the")]);
        assert!(found(&[prose(0), prose(30), prose(60), prose(90)]).is_empty());
        assert!(
            found(&[cells(0, ["a", "b", "c"]), cells(99, ["a", "b", "c"]), cells(198, ["a", "b", "c"])]).is_empty()
        );
    }

    #[test]
    fn staggered_cells_are_none() {
        let rows =
            [row(0, &[(0, "a"), (90, "b")]), row(30, &[(200, "a"), (290, "b")]), row(60, &[(400, "a"), (490, "b")])];
        assert!(found(&rows).is_empty());
    }
}

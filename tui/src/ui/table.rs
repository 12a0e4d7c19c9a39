//! Aligned columns: which fit, how wide they are, and lines made of cells.

use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use super::text::fit;
use super::theme::Theme;

/// Columns between two cells.
const GAP: usize = 2;

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub struct Column<K> {
    /// What stands in it.
    pub kind: K,
    title: &'static str,
    width: Width,
    right: bool,
    /// The table must be as wide as this for the column to be shown.
    from: u16,
}

#[derive(Debug, Clone, Copy)]
enum Width {
    Fixed(usize),
    /// A share of what the others leave.
    Rest(usize),
}

impl<K: Copy> Column<K> {
    /// A column of texts.
    pub const fn left(kind: K, title: &'static str, width: usize) -> Self {
        Self { kind, title, width: Width::Fixed(width), right: false, from: 0 }
    }

    /// A column of numbers.
    pub const fn right(kind: K, title: &'static str, width: usize) -> Self {
        Self { right: true, ..Self::left(kind, title, width) }
    }

    /// A column of texts that shares what the others leave.
    pub const fn rest(kind: K, title: &'static str, share: usize) -> Self {
        Self { kind, title, width: Width::Rest(share), right: false, from: 0 }
    }

    /// Shown only in a table that is at least that wide.
    #[must_use]
    pub const fn from(self, from: u16) -> Self {
        Self { from, ..self }
    }
}

/// The columns that fit, with their widths.
#[derive(Debug)]
pub struct Grid<K> {
    columns: Vec<(Column<K>, usize)>,
}

impl<K: Copy> Grid<K> {
    /// Lays columns out over `width`.
    pub fn new(columns: &[Column<K>], width: u16) -> Self {
        let shown: Vec<_> = columns.iter().filter(|column| column.from <= width).copied().collect();
        let fixed = |column: &Column<K>| if let Width::Fixed(width) = column.width { width } else { 0 };
        let share = |column: &Column<K>| if let Width::Rest(share) = column.width { share } else { 0 };
        let taken = shown.iter().map(fixed).sum::<usize>() + GAP * shown.len().saturating_sub(1);
        let mut free = usize::from(width).saturating_sub(taken);
        let mut shares: usize = shown.iter().map(share).sum();
        let sized = |column: Column<K>| {
            let part = (free * share(&column)).checked_div(shares).unwrap_or(0);
            free -= part;
            shares -= share(&column);
            (column, fixed(&column) + part)
        };
        Self { columns: shown.into_iter().map(sized).collect() }
    }

    /// The line with the names of the columns, as `name` writes them.
    pub fn head(&self, theme: Theme, name: impl Fn(K, &'static str) -> String) -> Line<'static> {
        let cell = |column: &Column<K>, _| Line::styled(name(column.kind, column.title), theme.dim());
        self.cells(cell)
    }

    /// A line of cells; a cell is told the width it has.
    pub fn line<'a>(&self, cell: impl Fn(K, usize) -> Line<'a>) -> Line<'a> {
        self.cells(|column, width| cell(column.kind, width))
    }

    fn cells<'a>(&self, cell: impl Fn(&Column<K>, usize) -> Line<'a>) -> Line<'a> {
        let mut spans = Vec::new();
        for (at, (column, width)) in self.columns.iter().enumerate() {
            if at > 0 {
                spans.push(Span::raw(" ".repeat(GAP)));
            }
            spans.extend(padded(cell(column, *width), *width, column.right));
        }
        Line::from(spans)
    }
}

/// A cell in exactly `width` columns.
fn padded(cell: Line<'_>, width: usize, right: bool) -> Vec<Span<'_>> {
    let mut left = width;
    let mut spans = Vec::with_capacity(cell.spans.len() + 1);
    for span in cell.spans {
        let text = fit(&span.content, left).into_owned();
        left -= text.width();
        spans.push(Span::styled(text, cell.style.patch(span.style)));
    }
    let padding = Span::raw(" ".repeat(left));
    spans.insert(if right { 0 } else { spans.len() }, padding);
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column<char>; 4] = [
        Column::left('a', "state", 6),
        Column::rest('b', "name", 2),
        Column::rest('c', "message", 3).from(40),
        Column::right('d', "age", 4),
    ];

    fn text(width: u16, cell: &'static str) -> String {
        Grid::new(&COLUMNS, width).line(|_, _| Line::from(cell)).to_string()
    }

    #[test]
    fn cells_are_cut_and_aligned() {
        assert_eq!(text(24, "ab"), "ab      ab            ab");
        assert_eq!(text(24, "abcdefghijklmnop"), "abcde…  abcdefghi…  abc…");
    }

    #[test]
    fn lines_are_as_wide_as_the_table() {
        for width in 16..200 {
            assert_eq!(text(width, "x").width(), usize::from(width), "{width}");
        }
        assert!(text(40, "x").matches('x').count() == 4 && text(39, "x").matches('x').count() == 3);
    }
}

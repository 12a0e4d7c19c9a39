//! The parts of a zone: tables first, then items of lists, paragraphs between them.

use std::ops::Range;

use super::lists;
use super::paragraphs::Spacing;
use super::row::Row;
use super::tables::tables;
use crate::page::BlockKind;

/// The parts of a zone's rows; every row is in one of them.
pub(super) fn sections(rows: &[Row]) -> Vec<(BlockKind, Range<usize>)> {
    let spacing = Spacing::of(rows);
    let tables = tables(rows);
    let is_outside = |item: &Range<usize>| !tables.iter().any(|table| item.start < table.end && table.start < item.end);
    let items: Vec<Range<usize>> = lists::items(rows, &spacing).into_iter().filter(is_outside).collect();
    let mut known: Vec<_> = items.into_iter().map(|item| (BlockKind::ListItem, item)).collect();
    known.extend(tables.into_iter().map(|table| (BlockKind::Table, table)));
    known.sort_by_key(|(_, range)| range.start);

    let mut sections = Vec::new();
    let mut done = 0;
    let end = (BlockKind::Paragraph, rows.len()..rows.len());
    for (kind, range) in known.into_iter().chain([end]) {
        let before = spacing.paragraphs(done..range.start);
        sections.extend(before.into_iter().map(|paragraph| (BlockKind::Paragraph, paragraph)));
        done = range.end;
        sections.extend((!range.is_empty()).then_some((kind, range)));
    }
    sections
}

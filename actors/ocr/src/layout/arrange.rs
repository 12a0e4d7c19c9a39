//! Lines in, blocks out.

use super::draft::Draft;
use super::footnotes::footnotes_last;
use super::frame::{Item, Level, frame};
use super::headings::mark_headings;
use super::look::Look;
use super::order::zones;
use super::row::Row;
use super::rows::rows;
use super::running_heads::mark_margins;
use super::sections::sections;
use crate::page::{Block, Line};

/// Puts lines, which come in any order, into blocks in reading order, footnotes last. What stands side by side in a visual
/// row becomes one line, unless it is in different columns.
#[must_use]
pub fn arrange(lines: Vec<Line>) -> Vec<Block> {
    let mut drafts = drafts(lines);
    let look = Look::of(&drafts);
    mark_margins(&mut drafts, &look);
    mark_headings(&mut drafts, &look);
    footnotes_last(drafts, &look).into_iter().filter_map(Draft::block).collect()
}

/// The blocks, each by its own looks.
fn drafts(lines: Vec<Line>) -> Vec<Draft> {
    let level = Level::of(&lines);
    let items = frame(&lines, level);
    let mut lines: Vec<Option<Line>> = lines.into_iter().map(Some).collect();
    let mut drafts = Vec::new();
    for (index, zone) in zones(&items).into_iter().enumerate() {
        let parts = rows(&items, &zone.items);
        let row = |row: Vec<usize>| {
            let places: Vec<Item> = row.iter().map(|&index| items[index]).collect();
            Row::of(row.into_iter().filter_map(|index| lines[index].take()).collect(), &places, level)
        };
        let rows: Vec<Row> = parts.into_iter().filter_map(row).collect();
        let sections = sections(&rows);
        let mut rows = rows.into_iter();
        drafts.extend(sections.into_iter().map(|(kind, range)| {
            let rows = rows.by_ref().take(range.len()).collect();
            Draft { kind, place: zone.place, zone: index, rows }
        }));
    }
    drafts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::page::{Confidence, Quad, Rect, Word};

    fn line(text: &str, quad: Quad) -> Line {
        let confidence = Confidence::new(0.9);
        let word = Word { text: text.into(), quad, confidence, chars: Vec::new(), embedded: false };
        Line { quad, confidence: word.confidence, words: vec![word] }
    }

    fn text(lines: &[(&str, [i32; 4])]) -> String {
        let lines = lines.iter().map(|(text, rect)| line(text, Rect::from(*rect).into())).collect();
        arrange(lines).iter().map(Block::text).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn receipts_keep_their_rows() {
        let read = text(&[
            ("12.00", [300, 40, 350, 60]),
            ("Coffee", [10, 42, 80, 62]),
            ("3.50", [300, 68, 350, 88]),
            ("Tea with milk", [10, 70, 140, 90]),
            ("15.50", [300, 96, 350, 116]),
            ("Total", [10, 98, 60, 118]),
        ]);
        assert_eq!(read, "Coffee 12.00\nTea with milk 3.50\nTotal 15.50\n");
    }

    #[test]
    fn no_line_is_no_block() {
        assert!(arrange(Vec::new()).is_empty());
    }

    proptest! {
        #[test]
        fn any_lines_come_out_once(quads in prop::collection::vec(any::<[[i32; 2]; 4]>(), 0..40)) {
            let words = (0..quads.len()).map(|index| index.to_string());
            let lines = words.zip(&quads).map(|(word, quad)| line(&word, Quad(quad.map(Into::into)))).collect();
            let blocks = arrange(lines);
            let words = blocks.iter().flat_map(|b| &b.lines).flat_map(|l| &l.words).filter_map(|w| w.text.parse().ok());
            let mut read: Vec<usize> = words.collect();
            read.sort_unstable();
            prop_assert_eq!(read, (0..quads.len()).collect::<Vec<_>>());
        }

        #[test]
        fn text_that_looks_like_something_comes_out_once(
            rows in prop::collection::vec((0..3_i32, 0..40_i32, prop::sample::select(vec!["1.", "2.", "•", "*)", "7", "IT", "x"])), 1..60)
        ) {
            let texts: Vec<String> = rows.iter().zip(0..).map(|((.., start), index)| format!("{start} {index}#")).collect();
            let places = rows.iter().zip(&texts);
            let lines = places.map(|((left, top, _), text)| super::super::tests::line(left * 150, top * 25, text)).collect();
            let mut read: Vec<String> = arrange(lines).iter().flat_map(|b| &b.lines).flat_map(|l| &l.words).map(|w| w.text.clone()).collect();
            let mut words: Vec<String> = texts.iter().flat_map(|text| text.split(' ')).map(Into::into).collect();
            read.sort();
            words.sort();
            prop_assert_eq!(read, words);
        }

        #[test]
        fn rows_of_one_column_come_out_from_top_to_bottom(count in 1_usize..30, skew in -20_i32..20) {
            let quad = |row: i32| {
                let (left, right) = (100 + skew, 900 - skew);
                let (start, end) = (row * 40 - skew, row * 40 + skew);
                Quad([[left, start], [right, end], [right, end + 30], [left, start + 30]].map(Into::into))
            };
            let rows: Vec<i32> = (0..i32::try_from(count)?).collect();
            let lines = rows.iter().rev().map(|&row| line(&row.to_string(), quad(row))).collect();
            let read: Vec<String> = arrange(lines).iter().flat_map(|b| &b.lines).map(Line::text).collect();
            prop_assert_eq!(read, rows.iter().map(ToString::to_string).collect::<Vec<_>>());
        }
    }
}

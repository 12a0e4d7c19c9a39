//! Whole pages, and what the tests of the layout are made of.

use super::arrange;
use crate::page::{BlockKind, Confidence, Line, Quad, Rect, Word};

/// How wide a letter of a [`row`] is.
const LETTER: i32 = 10;
/// How high a [`row`] is.
const HEIGHT: i32 = 20;

/// A line of words that start at these places, 20 high, letters 10 wide.
pub(super) fn row(top: i32, words: &[(i32, &str)]) -> Line {
    let word = |&(left, text): &(i32, &str)| {
        let right = left + LETTER * i32::try_from(text.chars().count()).unwrap_or(0);
        let quad = Rect { left, top, right, bottom: top + HEIGHT }.into();
        Word { text: text.into(), quad, confidence: Confidence::new(0.9), chars: Vec::new(), embedded: false }
    };
    let words: Vec<Word> = words.iter().map(word).collect();
    let around = Rect::around(words.iter().map(|word| word.quad.bounds())).unwrap_or_default();
    Line { quad: around.into(), confidence: Confidence::new(0.9), words }
}

/// A line of text that starts here.
pub(super) fn line(left: i32, top: i32, text: &str) -> Line {
    let mut left = left;
    let mut places = Vec::new();
    for word in text.split(' ') {
        places.push((left, word));
        left += LETTER * (1 + i32::try_from(word.chars().count()).unwrap_or(0));
    }
    row(top, &places)
}

/// A line whose letters are this many times larger.
fn large(left: i32, top: i32, times: i32, text: &str) -> Line {
    let mut line = line(0, 0, text);
    let grow = |Rect { left: l, right: r, .. }: Rect| Rect {
        left: left + times * l,
        top,
        right: left + times * r,
        bottom: top + times * HEIGHT,
    };
    for word in &mut line.words {
        word.quad = grow(word.quad.bounds()).into();
    }
    line.quad = grow(line.quad.bounds()).into();
    line
}

/// Rows of prose, 25 apart.
fn prose(left: i32, top: i32, rows: i32) -> impl Iterator<Item = Line> {
    (0..rows).map(move |row| line(left, top + 25 * row, "There was a table set out under a tree by them"))
}

fn kinds(lines: Vec<Line>) -> Vec<(BlockKind, String)> {
    arrange(lines).into_iter().map(|block| (block.kind, block.lines[0].text())).collect()
}

/// The page of a book: running head, title, text, footnote, the printer's signature.
fn book() -> Vec<Line> {
    let mut page = vec![line(0, 0, "12 ALICE IN WONDERLAND"), large(100, 60, 2, "A Mad Tea-Party")];
    page.extend(prose(0, 130, 8));
    page.push(line(0, 360, "The Tea"));
    page.extend(prose(0, 400, 8));
    page.push(line(0, 620, "*) It was the March Hare's, who had the others there"));
    page.push(line(0, 645, "for tea all day."));
    page.push(line(200, 700, "B2 7"));
    page
}

#[test]
fn a_page_of_a_book() {
    let text = "There was a table set out under a tree by them";
    let expected = [
        (BlockKind::Margin, "12 ALICE IN WONDERLAND"),
        (BlockKind::Heading(1), "A Mad Tea-Party"),
        (BlockKind::Paragraph, text),
        (BlockKind::Paragraph, "The Tea"),
        (BlockKind::Paragraph, text),
        (BlockKind::Footnote, "*) It was the March Hare's, who had the others there"),
        (BlockKind::Margin, "B2 7"),
    ];
    assert_eq!(kinds(book()), expected.map(|(kind, text)| (kind, text.to_owned())));
}

#[test]
fn a_page_that_lies_on_its_side_is_read_the_same() {
    let turn = |quad: &mut Quad| quad.0 = quad.0.map(|corner| [1000 - corner.y, corner.x].into());
    let turned = book().into_iter().map(|mut line| {
        turn(&mut line.quad);
        line.words.iter_mut().for_each(|word| turn(&mut word.quad));
        line
    });
    assert_eq!(kinds(turned.collect()), kinds(book()));
}

#[test]
fn footnotes_of_the_left_column_come_after_the_right_one() {
    let mut page: Vec<Line> = prose(0, 0, 16).collect();
    page.push(line(0, 430, "* See the other book by the same author."));
    page.extend(prose(520, 0, 16));
    let texts = kinds(page);
    assert_eq!(
        texts.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(),
        [BlockKind::Paragraph, BlockKind::Paragraph, BlockKind::Footnote]
    );
}

#[test]
fn receipts_and_letterheads_have_no_footnotes_and_page_numbers() {
    let receipt = vec![
        line(100, 0, "Data Ltd 7"),
        row(60, &[(0, "Tea"), (200, "3.50")]),
        row(85, &[(0, "Tea"), (200, "3.50")]),
        line(0, 150, "* all prices with tax"),
        line(0, 210, "Table 5"),
    ];
    assert!(kinds(receipt).iter().all(|(kind, _)| *kind == BlockKind::Paragraph));
}

#[test]
fn a_phrase_before_a_paragraph_is_a_heading_unless_a_sentence_goes_on() {
    let page = |end: &str| {
        let mut page: Vec<Line> = prose(0, 0, 6).collect();
        page.extend([line(0, 150, end), line(0, 190, "The Tea")]);
        page.extend(prose(0, 230, 6));
        kinds(page).into_iter().map(|(kind, _)| kind).collect::<Vec<_>>()
    };
    assert_eq!(page("and it was set."), [BlockKind::Paragraph, BlockKind::Heading(1), BlockKind::Paragraph]);
    assert_eq!(page("and it was"), [BlockKind::Paragraph; 3]);
}

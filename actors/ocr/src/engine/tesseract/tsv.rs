//! Tesseract's answer: tab-separated values, one row for each page, block, paragraph, line and word; only those of words
//! have text. Its paragraphs become blocks.

use crate::engine::ppocr::is_wide;
use crate::page::{Block, Confidence, Line, Page, Quad, Rect, Word};

/// How many columns there are: level, page, block, paragraph, line, word, left, top, width, height, confidence, text.
const COLUMNS: usize = 12;

/// The level of rows that tell of a word.
const WORD: &str = "5";

/// Why an answer can't be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("row {row} of its answer can't be read")]
pub(super) struct BadRow {
    /// From 1, the one with the names of the columns.
    row: usize,
}

/// The page that an answer describes, without lines of a lower mean confidence.
pub(super) fn page(answer: &str, (width, height): (u32, u32), min_confidence: f32) -> Result<Page, BadRow> {
    let mut lines: Vec<(LineId<'_>, Vec<Word>)> = Vec::new();
    for (index, row) in answer.lines().enumerate().skip(1) {
        let bad = || BadRow { row: index + 1 };
        let columns: Vec<&str> = row.splitn(COLUMNS, '\t').collect();
        if columns.first() != Some(&WORD) {
            continue;
        }
        let [_, page, block, paragraph, line, _, place @ .., text] = columns.as_slice() else { return Err(bad()) };
        let id = LineId { paragraph: [page, block, paragraph], line };
        // A word with white space in it would be two to whoever reads the results.
        let text: String = text.split_whitespace().collect();
        if text.is_empty() {
            // A rule or a picture.
            continue;
        }
        let word = word(place, text, (width, height)).ok_or_else(bad)?;
        match lines.last_mut().filter(|(last, _)| *last == id) {
            Some((_, words)) => add(words, word),
            None => lines.push((id, vec![word])),
        }
    }
    Ok(Page { width, height, blocks: blocks(lines, min_confidence) })
}

/// Which line of the page a word is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct LineId<'a> {
    paragraph: [&'a str; 3],
    line: &'a str,
}

/// A word by its left, top, width, height and confidence in percent; `None` if the columns are not such.
fn word(place: &[&str], text: String, (width, height): (u32, u32)) -> Option<Word> {
    let [left, top, word_width, word_height, confidence] = place else { return None };
    let number = |column: &str| column.parse::<i32>().ok();
    let (left, top) = (number(left)?, number(top)?);
    let (right, bottom) = (left.checked_add(number(word_width)?)?, top.checked_add(number(word_height)?)?);
    let confidence = Confidence::new(confidence.parse::<f32>().ok()? / 100.0);
    let within = |value: i32, limit: u32| value.clamp(0, i32::try_from(limit).unwrap_or(i32::MAX));
    let rect = [within(left, width), within(top, height), within(right, width), within(bottom, height)];
    Some(Word { text, quad: Rect::from(rect).into(), confidence, chars: Vec::new(), embedded: false })
}

/// Adds a word to a line: to the last one if both are Chinese or Japanese, which is written without spaces.
fn add(words: &mut Vec<Word>, word: Word) {
    let wide = |character: Option<char>| character.is_some_and(is_wide);
    let last = words.last_mut().filter(|last| wide(last.text.chars().last()) && wide(word.text.chars().next()));
    let Some(last) = last else {
        words.push(word);
        return;
    };
    let [old, new] = [&*last, &word].map(|word| std::iter::repeat_n(word.confidence, word.text.chars().count()));
    last.confidence = Confidence::mean(old.chain(new));
    last.text.push_str(&word.text);
    last.quad = Quad::from(last.quad.bounds().union(&word.quad.bounds()));
}

/// The lines that are sure enough, those of a paragraph in one block.
fn blocks(lines: Vec<(LineId<'_>, Vec<Word>)>, min_confidence: f32) -> Vec<Block> {
    let mut paragraphs: Vec<([&str; 3], Vec<Line>)> = Vec::new();
    for (id, words) in lines {
        let Some(line) = Line::of(words).filter(|line| line.confidence.value() >= min_confidence) else { continue };
        match paragraphs.last_mut().filter(|(last, _)| *last == id.paragraph) {
            Some((_, lines)) => lines.push(line),
            None => paragraphs.push((id.paragraph, vec![line])),
        }
    }
    paragraphs.into_iter().filter_map(|(_, lines)| Block::of(lines)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEADER: &str =
        "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n";

    fn read(rows: &[&str]) -> Result<Page, BadRow> {
        let rows = rows.iter().map(|row| row.replace(' ', "\t").replace('~', " ") + "\n");
        page(&(HEADER.to_owned() + &rows.collect::<String>()), (200, 100), 0.5)
    }

    #[test]
    fn words_go_into_lines_and_paragraphs() -> Result<(), BadRow> {
        let page = read(&[
            "1 1 0 0 0 0 0 0 200 100 -1 ",
            "2 1 1 0 0 0 5 5 190 60 -1 ",
            "5 1 1 1 1 1 5 5 50 10 96.395409 Привет,",
            "5 1 1 1 1 2 60 5 50 10 90.5 мир",
            "5 1 1 1 2 1 5 20 50 10 80 второй",
            "5 1 1 2 1 1 5 40 50 10 80 абзац",
            "5 1 2 1 1 1 150 40 900 10 80 край",
        ])?;
        assert_eq!(page.text(), "Привет, мир\nвторой\n\nабзац\n\nкрай\n");
        let first = &page.blocks[0].lines[0];
        assert_eq!(first.words[0].confidence, Confidence::new(0.964));
        assert_eq!(first.quad.bounds(), Rect::from([5, 5, 110, 15]));
        assert_eq!(page.blocks[2].bounds, Rect::from([150, 40, 200, 50]), "boxes stay on the page");
        Ok(())
    }

    #[test]
    fn rules_pictures_and_doubtful_lines_are_left_out() -> Result<(), BadRow> {
        let page = read(&[
            "5 1 1 1 1 1 5 5 150 2 95 ~",
            "5 1 2 1 1 1 5 15 50 10 20 wjf",
            "5 1 2 1 1 2 60 15 50 10 40 =—",
            "5 1 2 1 2 1 5 30 50 10 49 un",
            "5 1 2 1 2 2 60 30 50 10 90 sure",
        ])?;
        assert_eq!(page.text(), "un sure\n");
        assert!(read(&[])?.blocks.is_empty());
        Ok(())
    }

    #[test]
    fn chinese_words_are_joined_and_others_are_not() -> Result<(), BadRow> {
        let page = read(&[
            "5 1 1 1 1 1 5 5 20 10 90 漢字",
            "5 1 1 1 1 2 25 5 10 10 60 か",
            "5 1 1 1 1 3 40 5 30 10 90 PDF",
            "5 1 1 1 1 4 75 5 10 10 90 で",
        ])?;
        assert_eq!(page.text(), "漢字か PDF で\n");
        let joined = &page.blocks[0].lines[0].words[0];
        assert_eq!((joined.confidence, joined.quad.bounds()), (Confidence::new(0.8), Rect::from([5, 5, 35, 15])));
        Ok(())
    }

    #[test]
    fn odd_rows_are_named() {
        assert_eq!(read(&["5 1 1 1 1 1 5 5 50 10 90 a", "5 1 1 1 1 1 5"]), Err(BadRow { row: 3 }));
        assert_eq!(read(&["5 1 1 1 1 1 5 x 50 10 90 a"]), Err(BadRow { row: 2 }));
        assert_eq!(read(&["5 1 1 1 1 1 2147483647 1 50 10 90 a"]), Err(BadRow { row: 2 }));
    }

    proptest! {
        #[test]
        fn foreign_text_never_panics(text in "(5\t[0-9\t-]{0,40}[a-z \t]{0,5}\n){0,5}.{0,40}") {
            let _ = page(&(HEADER.to_owned() + &text), (200, 100), 0.5);
        }
    }
}

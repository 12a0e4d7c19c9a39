//! Running heads and page numbers among the rows that are clear of the text, and in the last row of a page of prose.
//!
//! A title or an address stands there just as well, so only what has a page number is taken for one: a number that stands
//! alone, and on pages of prose one at the start or end of a short row.

use super::draft::Draft;
use super::look::Look;
use super::order::Place;
use crate::page::BlockKind;

/// A row with a page number has at most this many letters,
const LETTERS: usize = 80;
/// and is at most this many times higher than usual.
const HEIGHT: f32 = 1.3;

/// Marks them.
pub(super) fn mark_margins(drafts: &mut [Draft], look: &Look) {
    for draft in drafts.iter_mut().filter(|draft| draft.is_paragraph() && draft.rows.len() == 1) {
        let is_last =
            look.is_prose && draft.rows.iter().all(|row| row.shape.middle() + row.shape.height() > look.bottom);
        let is_small = draft.height() <= HEIGHT * look.height && draft.letters() <= LETTERS;
        let is_in_margin = draft.place != Place::Body || is_last;
        if is_small && is_in_margin && has_page_number(&draft.text(), look.is_prose) {
            draft.kind = BlockKind::Margin;
            draft.place = if is_last { Place::Foot } else { draft.place };
        }
    }
}

/// Whether a row is a page number, or, on a page of prose, begins or ends with one.
fn has_page_number(text: &str, is_prose: bool) -> bool {
    let words: Vec<&str> = text.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).collect();
    match words.as_slice() {
        [only] => is_page_number(only),
        [first, .., last] => is_prose && (is_page_number(first) || is_page_number(last)),
        [] => false,
    }
}

/// Up to four digits or a Roman number, with at most signs around it.
fn is_page_number(word: &str) -> bool {
    let number = word.trim_matches(|c: char| !c.is_alphanumeric());
    let is_roman = |case: &str| number.chars().all(|c| case.contains(c));
    let is_arabic = number.chars().all(|c| c.is_ascii_digit());
    !number.is_empty()
        && (is_arabic && number.len() <= 4 || number.len() <= 7 && (is_roman("ivxlc") || is_roman("IVXLC")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_numbers_stand_alone_or_at_an_end() {
        for text in ["12", "— 12 —", "[xiv]", "- 3 -", "IV"] {
            assert!(has_page_number(text, false), "{text}");
        }
        for text in ["12 The Wealth of Nations", "Zweites Kapitel. 147"] {
            assert!(has_page_number(text, true) && !has_page_number(text, false), "{text}");
        }
        for text in ["", "—", "Preface", "82252956", "19/10/2018 20:49", "Total 60.30", "mild"] {
            assert!(!has_page_number(text, true), "{text}");
        }
    }
}

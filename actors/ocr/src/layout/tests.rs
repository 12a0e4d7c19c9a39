//! What the tests of the layout are made of.

use crate::page::{Confidence, Line, Rect, Word};

/// How wide a letter of a [`row`] is.
const LETTER: i32 = 10;
/// How high a [`row`] is.
const HEIGHT: i32 = 20;

/// A line of words that start at these places, 20 high, letters 10 wide.
pub(super) fn row(top: i32, words: &[(i32, &str)]) -> Line {
    let word = |&(left, text): &(i32, &str)| {
        let right = left + LETTER * i32::try_from(text.chars().count()).unwrap_or(0);
        let quad = Rect { left, top, right, bottom: top + HEIGHT }.into();
        Word { text: text.into(), quad, confidence: Confidence::new(0.9), chars: Vec::new() }
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

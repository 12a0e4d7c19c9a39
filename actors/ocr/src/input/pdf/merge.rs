//! What was in the file and what was read beside it, together.

use crate::page::{Line, Rect, Word};

/// The part of a read word that own words may cover before it is one of them.
const COVERED_SHARE: f64 = 0.3;

/// The lines of the file, and of the read ones what is not the same text again. Words tell where they are from.
#[must_use]
pub fn merge(embedded: Vec<Line>, read: Vec<Line>) -> Vec<Line> {
    let own: Vec<Rect> = embedded.iter().flat_map(|line| &line.words).map(|word| word.quad.bounds()).collect();
    let is_new = |word: &Word| {
        let place = word.quad.bounds();
        let covered: f64 = own.iter().map(|own| shared(own, &place)).sum();
        covered <= area(&place) * COVERED_SHARE
    };
    let new = read.into_iter().filter_map(|line| {
        if line.words.iter().all(is_new) {
            Some(line)
        } else {
            Line::of(line.words.into_iter().filter(is_new).collect())
        }
    });
    let new: Vec<Line> = new.collect();
    embedded.into_iter().chain(new).collect()
}

fn area(rect: &Rect) -> f64 {
    f64::from(rect.width()) * f64::from(rect.height())
}

/// The area that lies in both.
fn shared(one: &Rect, other: &Rect) -> f64 {
    area(&Rect {
        left: one.left.max(other.left),
        top: one.top.max(other.top),
        right: one.right.min(other.right),
        bottom: one.bottom.min(other.bottom),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Confidence;

    fn line(words: &[(&str, i32)], embedded: bool) -> Option<Line> {
        let word = |(text, left): &(&str, i32)| Word {
            text: (*text).into(),
            quad: Rect::from([*left, 10, left + 40, 20]).into(),
            confidence: Confidence::new(0.9),
            chars: Vec::new(),
            embedded,
        };
        Line::of(words.iter().map(word).collect())
    }

    #[test]
    fn read_words_over_own_ones_are_left_out() {
        let own: Vec<Line> = line(&[("own", 100)], true).into_iter().collect();
        let read = [line(&[("before", 0), ("0wn", 110)], false), line(&[("again", 101)], false)];
        let merged = merge(own, read.into_iter().flatten().collect());
        let texts: Vec<String> = merged.iter().map(Line::text).collect();
        assert_eq!(texts, ["own", "before"]);
        assert!(merged[0].words[0].embedded && !merged[1].words[0].embedded);
    }

    #[test]
    fn without_own_text_all_is_kept() {
        let read: Vec<Line> = line(&[("a", 0), ("b", 50)], false).into_iter().collect();
        assert_eq!(merge(Vec::new(), read.clone()), read);
    }
}

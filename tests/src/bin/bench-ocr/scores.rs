//! How well texts were read.
//!
//! Texts are folded first, so that typography does not count: compatibility forms (NFKC) and case are folded, quotes and
//! dashes made plain, the long s made a short one, soft hyphens and zero-width characters dropped, and runs of white space
//! made one space.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;

/// Sums over pages; the rates are over all of their characters and words.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Scores {
    pub(crate) pages: usize,
    character_errors: usize,
    characters: usize,
    word_errors: usize,
    words: usize,
    common: usize,
    tokens: usize,
}

impl Scores {
    /// Adds a page.
    pub(crate) fn add(&mut self, truth: &str, read: &str) {
        let (truth, read) = (folded(truth), folded(read));
        self.pages += 1;
        let (a, b): (Vec<char>, Vec<char>) = (truth.chars().collect(), read.chars().collect());
        self.character_errors += strsim::generic_levenshtein(&a, &b);
        self.characters += a.len();
        let (a, b): (Vec<&str>, Vec<&str>) = (truth.split(' ').collect(), read.split(' ').collect());
        self.word_errors += strsim::generic_levenshtein(&a, &b);
        self.words += a.len();
        let (a, b) = (tokens(&truth), tokens(&read));
        self.tokens += a.values().sum::<usize>() + b.values().sum::<usize>();
        self.common += a.iter().map(|(token, count)| b.get(token).map_or(0, |other| *count.min(other))).sum::<usize>();
    }

    /// The character error rate.
    pub(crate) fn cer(&self) -> f64 {
        ratio(self.character_errors, self.characters)
    }

    /// The word error rate.
    pub(crate) fn wer(&self) -> f64 {
        ratio(self.word_errors, self.words)
    }

    /// The F1 of the words, whatever their order.
    pub(crate) fn f1(&self) -> f64 {
        ratio(2 * self.common, self.tokens)
    }
}

#[allow(clippy::cast_precision_loss)] // Far fewer than 2^52 characters.
fn ratio(part: usize, of: usize) -> f64 {
    part as f64 / of.max(1) as f64
}

fn folded(text: &str) -> String {
    let plain = text.chars().filter_map(plain).nfkc().collect::<String>();
    let folded = caseless::default_case_fold_str(&plain);
    folded.nfc().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A character without what typography adds to it; `None` for what is not seen.
fn plain(character: char) -> Option<char> {
    match character {
        '‘' | '’' | '‚' | '‛' | '′' => Some('\''),
        '“' | '”' | '„' | '‟' | '″' | '«' | '»' | '‹' | '›' => Some('"'),
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '⸗' => Some('-'),
        '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{feff}' => None,
        'ſ' => Some('s'),
        other => Some(other),
    }
}

/// How often each word is there, without the punctuation around it.
fn tokens(text: &str) -> HashMap<&str, usize> {
    let mut tokens = HashMap::new();
    let words = text.split(' ').map(|word| word.trim_matches(|c: char| !c.is_alphanumeric() && c != '_'));
    for word in words.filter(|word| !word.is_empty()) {
        *tokens.entry(word).or_default() += 1;
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(truth: &str, read: &str) -> Scores {
        let mut scores = Scores::default();
        scores.add(truth, read);
        scores
    }

    #[test]
    fn typography_does_not_count() {
        let same = scores("„Daſs“ exam\u{ad}ple — STRASSE\n", "\"dass\"  example - straße");
        assert!(same.cer() == 0.0 && same.wer() == 0.0 && same.f1() == 1.0, "{same:?}");
    }

    #[test]
    fn order_counts_for_error_rates_only() {
        let swapped = scores("one two", "two one");
        assert!(swapped.cer() > 0.5 && swapped.wer() == 1.0 && swapped.f1() == 1.0, "{swapped:?}");
        assert_eq!(scores("one two", "").cer(), 1.0);
    }
}

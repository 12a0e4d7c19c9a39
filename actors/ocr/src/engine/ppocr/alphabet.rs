//! Which class of a recognition model stands for which character.

/// The class that stands for no character.
pub(super) const BLANK: usize = 0;

/// The characters of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Alphabet {
    /// By class, from the one after blank.
    characters: Vec<String>,
}

impl Alphabet {
    /// From a dictionary with one character a line; the space comes after the last. (A line may be white space that
    /// stands for itself.)
    pub(super) fn from_lines(dictionary: &str) -> Self {
        let lines = dictionary.strip_suffix('\n').unwrap_or(dictionary).split('\n');
        let characters = lines.map(|line| line.strip_suffix('\r').unwrap_or(line).to_owned());
        Self { characters: characters.chain([" ".to_owned()]).collect() }
    }

    /// How many classes a model of this alphabet has.
    pub(super) const fn classes(&self) -> usize {
        self.characters.len() + 1
    }

    /// The character of a class; `None` for the blank.
    pub(super) fn character(&self, class: usize) -> Option<&str> {
        self.characters.get(class.checked_sub(1)?).map(String::as_str)
    }

    /// Which classes are the blank or a character that texts in Latin script have.
    pub(super) fn western(&self) -> Vec<bool> {
        [true].into_iter().chain(self.characters.iter().map(|text| text.chars().all(is_western))).collect()
    }

    /// The alphabet with only the classes to `keep`.
    #[must_use]
    pub(super) fn keeping(&self, keep: &[bool]) -> Self {
        let kept = self.characters.iter().zip(keep.iter().skip(1)).filter(|(_, keep)| **keep);
        Self { characters: kept.map(|(character, _)| character.clone()).collect() }
    }
}

/// Whether texts in Latin script have it: Latin and Greek letters, punctuation, currencies, and what stands on forms and
/// in formulas.
fn is_western(character: char) -> bool {
    matches!(
        u32::from(character),
        0x20..=0x24f | 0x370..=0x3ff | 0x1e00..=0x1eff | 0x2010..=0x205f | 0x2070..=0x209f | 0x20a0..=0x20bf
            | 0x2103 | 0x2109 | 0x2113 | 0x2116 | 0x2117 | 0x2120..=0x2122 | 0x2126 | 0x212a..=0x212b | 0x212e
            | 0x2150..=0x218f | 0x2190..=0x2193 | 0x2200..=0x2265 | 0x22c5 | 0x25a0..=0x25ab | 0x25b2..=0x25cf
            | 0x2605..=0x2606 | 0x2610..=0x2612 | 0x2640 | 0x2642 | 0x2713..=0x2718
    )
}

/// Whether a character is Chinese or Japanese, or one of the wide forms that come with them.
pub(in crate::engine) fn is_wide(character: char) -> bool {
    matches!(u32::from(character), 0x2e80..=0x9fff | 0xf900..=0xfaff | 0xfe30..=0xfe4f | 0xff00..=0xffef | 0x20000..=0x3ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_told_apart() {
        assert!("漢かカ、：Ａ".chars().all(is_wide));
        assert!("aéſșßΩ:—“€½→☑".chars().all(|c| is_western(c) && !is_wide(c)));
        assert!(!"漢か：ж♻⚓".chars().any(is_western));
    }

    #[test]
    fn line_ends_are_no_part_of_characters() {
        for dictionary in ["a\r\nb\r\n\u{3000}\r\n", "a\nb\n\u{3000}", "a\nb\n\u{3000}\n"] {
            let alphabet = Alphabet::from_lines(dictionary);
            let all: Vec<_> = (0..6).map(|class| alphabet.character(class)).collect();
            assert_eq!(all, [None, Some("a"), Some("b"), Some("\u{3000}"), Some(" "), None]);
            assert_eq!(alphabet.classes(), 5);
        }
    }

    #[test]
    fn classes_move_up_when_others_are_taken_off() {
        let alphabet = Alphabet::from_lines("漢\na\n字\nb");
        let keep = alphabet.western();
        assert_eq!(keep, [true, false, true, false, true, true]);
        let kept = alphabet.keeping(&keep);
        let all: Vec<_> = (0..5).map(|class| kept.character(class)).collect();
        assert_eq!(all, [None, Some("a"), Some("b"), Some(" "), None]);
    }
}

//! Which class of a recognition model stands for which character.

/// The class that stands for no character, between two of them.
pub(super) const BLANK: usize = 0;

/// The characters of a model: class 0 is the blank, then its dictionary, then the space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Alphabet {
    characters: Vec<String>,
    narrow: Vec<bool>,
}

impl Alphabet {
    /// From a dictionary of one character a line, with either kind of line ends.
    pub(super) fn from_lines(dictionary: &str) -> Self {
        let lines = dictionary.strip_suffix('\n').unwrap_or(dictionary).split('\n');
        let characters = lines.map(|line| line.strip_suffix('\r').unwrap_or(line).to_owned());
        let characters: Vec<String> = characters.chain([" ".to_owned()]).collect();
        let narrow = [true].into_iter().chain(characters.iter().map(|text| !text.chars().any(is_wide))).collect();
        Self { characters, narrow }
    }

    /// How many classes the model has.
    pub(super) fn classes(&self) -> usize {
        self.characters.len() + 1
    }

    /// What a class stands for; `None` for the blank.
    pub(super) fn character(&self, class: usize) -> Option<&str> {
        self.characters.get(class.checked_sub(1)?).map(String::as_str)
    }

    /// For each class whether it is fit for text that is neither Chinese nor Japanese.
    pub(super) fn narrow(&self) -> &[bool] {
        &self.narrow
    }
}

/// Whether a character is one of Chinese or Japanese text: ideographs, kana, their punctuation, and the wide forms of
/// Latin letters and signs.
pub(super) fn is_wide(character: char) -> bool {
    matches!(u32::from(character), 0x2e80..=0x9fff | 0xf900..=0xfaff | 0xfe30..=0xfe4f | 0xff00..=0xffef | 0x20000..=0x3ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_are_told_from_latin_ones() {
        assert!("漢かカ、：Ａ".chars().all(is_wide));
        assert!(!"aé:—“€Ω①".chars().any(is_wide));
    }

    #[test]
    fn line_ends_are_no_part_of_characters() {
        for dictionary in ["a\r\nb\r\n\u{3000}\r\n", "a\nb\n\u{3000}", "a\nb\n\u{3000}\n"] {
            let alphabet = Alphabet::from_lines(dictionary);
            let all: Vec<_> = (0..6).map(|class| alphabet.character(class)).collect();
            assert_eq!(all, [None, Some("a"), Some("b"), Some("\u{3000}"), Some(" "), None]);
            assert_eq!(alphabet.classes(), 5);
            assert_eq!(alphabet.narrow(), [true, true, true, false, true]);
        }
    }
}

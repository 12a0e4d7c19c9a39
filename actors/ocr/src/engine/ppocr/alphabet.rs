//! Which class of a recognition model stands for which character.

/// The class that stands for no character, between two of them.
pub(super) const BLANK: usize = 0;

/// The characters of a model: class 0 is the blank, then its dictionary, then the space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Alphabet(Vec<String>);

impl Alphabet {
    /// From a dictionary of one character a line, with either kind of line ends.
    pub(super) fn from_lines(dictionary: &str) -> Self {
        let lines = dictionary.strip_suffix('\n').unwrap_or(dictionary).split('\n');
        let characters = lines.map(|line| line.strip_suffix('\r').unwrap_or(line).to_owned());
        Self(characters.chain([" ".to_owned()]).collect())
    }

    /// How many classes the model has.
    pub(super) fn classes(&self) -> usize {
        self.0.len() + 1
    }

    /// What a class stands for; `None` for the blank.
    pub(super) fn character(&self, class: usize) -> Option<&str> {
        self.0.get(class.checked_sub(1)?).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_are_no_part_of_characters() {
        for dictionary in ["a\r\nb\r\n\u{3000}\r\n", "a\nb\n\u{3000}", "a\nb\n\u{3000}\n"] {
            let alphabet = Alphabet::from_lines(dictionary);
            let all: Vec<_> = (0..6).map(|class| alphabet.character(class)).collect();
            assert_eq!(all, [None, Some("a"), Some("b"), Some("\u{3000}"), Some(" "), None]);
            assert_eq!(alphabet.classes(), 5);
        }
    }
}

//! What an item of a list begins with.

/// A bullet or a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marker {
    /// `•`, `-` and the like.
    Bullet(char),
    /// `1.`, `1)`: the number and what is after it.
    Number(u32, char),
    /// `(1)`.
    Enclosed(u32),
    /// `a)`, `a.`: the letter and what is after it.
    Letter(char, char),
    /// `(a)`.
    EnclosedLetter(char),
}

/// Bullets that are nothing else.
const BULLETS: &str = "•●◦▪■□◆◇‣►▶➢✓✔∙";
/// What is often a bullet.
const LIKE_BULLETS: &str = "-–*·○";

impl Marker {
    /// The marker that a text begins with, and the text after it.
    #[must_use]
    pub fn split(text: &str) -> Option<(Self, &str)> {
        let first = text.chars().next()?;
        let after = &text[first.len_utf8()..];
        if BULLETS.contains(first) {
            let text = after.trim_start();
            let starts_a_text = text.starts_with(|c: char| c.is_alphanumeric() || "\"'“”„‘«»([$€£#".contains(c));
            return (starts_a_text && has_letters(text)).then_some((Self::Bullet(first), text));
        }
        if LIKE_BULLETS.contains(first) {
            let starts_a_text = after.starts_with(' ') && after.trim_start().starts_with(char::is_alphabetic);
            return starts_a_text.then_some((Self::Bullet(first), after.trim_start()));
        }
        let (is_enclosed, inner) = text.strip_prefix('(').map_or((false, text), |inner| (true, inner));
        let end = inner.find(|c: char| !c.is_ascii_digit()).filter(|&end| end > 0);
        let end = end.or_else(|| inner.chars().next().filter(char::is_ascii_alphabetic).map(char::len_utf8))?;
        let (label, rest) = inner.split_at(end);
        let close = rest.chars().next().filter(|close| *close == ')' || *close == '.' && !is_enclosed)?;
        let text = &rest[1..];
        if !text.starts_with([' ', '"', '“', '„']) && !text.starts_with(char::is_uppercase) || !has_letters(text) {
            return None;
        }
        let marker = match (label.parse(), label.chars().next()?, is_enclosed) {
            (Ok(number), _, false) if end <= 3 => Self::Number(number, close),
            (Ok(number), _, true) if end <= 3 => Self::Enclosed(number),
            (Ok(_), ..) => return None,
            (Err(_), letter, false) => Self::Letter(letter, close),
            (Err(_), letter, true) => Self::EnclosedLetter(letter),
        };
        Some((marker, text.trim_start()))
    }

    /// Whether it needs no other like it to be one.
    pub(super) fn is_sure(self) -> bool {
        matches!(self, Self::Bullet(bullet) if BULLETS.contains(bullet))
    }

    /// Whether it is the next one of the same list.
    #[must_use]
    pub fn follows(self, last: Self) -> bool {
        match (last, self) {
            (Self::Number(last, close), Self::Number(this, same)) => close == same && last.checked_add(1) == Some(this),
            (Self::Enclosed(last), Self::Enclosed(this)) => last.checked_add(1) == Some(this),
            (Self::Letter(last, close), Self::Letter(this, same)) => close == same && is_next(last, this),
            (Self::EnclosedLetter(last), Self::EnclosedLetter(this)) => is_next(last, this),
            (last, this) => last == this,
        }
    }

    /// Whether it is of the same kind: a bullet, or a number or letter with the same signs around it.
    pub(super) fn is_like(self, other: Self) -> bool {
        match (self, other) {
            (Self::Number(_, a), Self::Number(_, b)) => a == b,
            (Self::Letter(x, a), Self::Letter(y, b)) => a == b && x.is_lowercase() == y.is_lowercase(),
            (Self::EnclosedLetter(x), Self::EnclosedLetter(y)) => x.is_lowercase() == y.is_lowercase(),
            (Self::Enclosed(_), Self::Enclosed(_)) => true,
            (a, b) => a == b,
        }
    }
}

fn has_letters(text: &str) -> bool {
    text.contains(char::is_alphabetic)
}

/// Whether one letter follows another; both are ASCII.
fn is_next(last: char, this: char) -> bool {
    u32::from(last) + 1 == u32::from(this)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bullets_numbers_and_letters_are_markers() {
        let split = |text| Marker::split(text);
        assert_eq!(split("• one"), Some((Marker::Bullet('•'), "one")));
        assert_eq!(split("•one"), Some((Marker::Bullet('•'), "one")));
        assert_eq!(split("- one"), Some((Marker::Bullet('-'), "one")));
        assert_eq!(split("12. one"), Some((Marker::Number(12, '.'), "one")));
        assert_eq!(split("1.One"), Some((Marker::Number(1, '.'), "One")));
        assert_eq!(split("1) one"), Some((Marker::Number(1, ')'), "one")));
        assert_eq!(split("(3) one"), Some((Marker::Enclosed(3), "one")));
        assert_eq!(split("b) one"), Some((Marker::Letter('b', ')'), "one")));
        assert_eq!(split("(b) one"), Some((Marker::EnclosedLetter('b'), "one")));
    }

    #[test]
    fn numbers_dashes_and_words_are_none() {
        let none = [
            "",
            "- 5.59",
            "-one",
            "1.5 l",
            "1. 2",
            "1990. One",
            "One",
            "a b",
            "•",
            "(1. one",
            "(one)",
            "e.g. one",
            "3.one",
        ];
        for text in none {
            assert_eq!(Marker::split(text), None, "{text}");
        }
    }

    #[test]
    fn the_next_one_follows() {
        assert!(
            Marker::Number(2, '.').follows(Marker::Number(1, '.')) && Marker::Bullet('-').follows(Marker::Bullet('-'))
        );
        assert!(
            !Marker::Number(2, ')').follows(Marker::Number(1, '.'))
                && !Marker::Number(3, '.').follows(Marker::Number(1, '.'))
        );
        assert!(
            Marker::Letter('b', ')').follows(Marker::Letter('a', ')'))
                && !Marker::Letter('a', '.').follows(Marker::Letter('a', '.'))
        );
    }

    proptest! {
        #[test]
        fn the_rest_is_the_end_of_the_text(text in "[-•(]?[0-9a-cA-C]{0,4}[.) ]{0,2}[a-cA-C1]{0,4}") {
            if let Some((_, rest)) = Marker::split(&text) {
                prop_assert!(text.ends_with(rest) && rest.len() < text.len());
            }
        }
    }
}

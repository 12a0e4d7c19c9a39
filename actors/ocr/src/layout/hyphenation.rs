//! Lines of running text as one: words that were parted at a line's end are put together again.
//!
//! What a mark at the end of a line means cannot be known for sure. The rules, from the surest:
//!
//! | a line ends with | the next starts with | the mark |
//! |---|---|---|
//! | a soft hyphen | anything | goes |
//! | `⸗` or `¬`, as old prints and their transcripts part words | a small letter | goes |
//! | a hyphen | `und`, `or` and the like, as in `Haupt- und Nebensatz` | stays, with a space |
//! | a hyphen after a small letter, the first in its word | a small letter | goes |
//! | a hyphen after a capital, a digit, or a word that has one already: `X-ray`, `1914-18`, `mother-in-law` | anything | stays |
//! | a hyphen | a capital or a digit: `Anglo-Saxon` | stays |
//!
//! So `well-known`, parted at its own hyphen, becomes `wellknown`: in print, words parted by the typesetter are far more
//! common. Chinese and Japanese lines are joined without a space.

/// Puts a space in place of each line's end, or takes the hyphen there away.
#[must_use]
pub fn join_lines<'a>(lines: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for line in lines.into_iter().map(str::trim).filter(|line| !line.is_empty()) {
        match seam(&text, line) {
            Seam::Space => text.push(' '),
            Seam::Nothing => {}
            Seam::Parted => {
                text.pop();
            }
        }
        text.push_str(line);
    }
    text
}

/// Whether a line ends within a word that goes on at the start of the next.
pub(super) fn parts_a_word(line: &str, next: &str) -> bool {
    seam(line.trim_end(), next.trim_start()) == Seam::Parted
}

/// What becomes of the place between two lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seam {
    /// A space.
    Space,
    /// The lines are joined as they are.
    Nothing,
    /// The lines are joined, and the mark at the end of the first goes.
    Parted,
}

/// Of what is read as two words with a hyphen between them, the second is none of these.
const AFTER_A_SUSPENDED_HYPHEN: [&str; 6] = ["und", "oder", "sowie", "bzw.", "and", "or"];

fn seam(line: &str, next: &str) -> Seam {
    let mut end = line.chars().rev();
    let (Some(mark), Some(first)) = (end.next(), next.chars().next()) else { return Seam::Nothing };
    let Some(before) = end.next().filter(|before| before.is_alphanumeric()) else { return between(mark, first) };
    match mark {
        '\u{ad}' => Seam::Parted,
        '⸗' | '¬' if first.is_lowercase() => Seam::Parted,
        '-' | '\u{2010}' | '⸗' if suspended(next) => Seam::Space,
        '-' | '\u{2010}' if first.is_lowercase() && before.is_lowercase() && !is_compound(line) => Seam::Parted,
        '-' | '\u{2010}' | '⸗' | '–' | '—' if first.is_alphanumeric() => Seam::Nothing,
        _ => between(mark, first),
    }
}

/// Between two lines neither of which ends within a word.
fn between(last: char, first: char) -> Seam {
    if is_unspaced(last) && is_unspaced(first) { Seam::Nothing } else { Seam::Space }
}

fn suspended(next: &str) -> bool {
    let word = next.split_whitespace().next().unwrap_or_default();
    AFTER_A_SUSPENDED_HYPHEN.contains(&word)
}

/// Whether the last word of a line has a hyphen besides the one at its end.
fn is_compound(line: &str) -> bool {
    let word = line.rsplit(char::is_whitespace).next().unwrap_or_default();
    word.matches(['-', '\u{2010}']).count() > 1
}

/// Whether a character is of a script that has no spaces between words: Chinese and Japanese, with their punctuation.
/// Ranges from the Unicode blocks.
fn is_unspaced(character: char) -> bool {
    matches!(character, '\u{3000}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn join(lines: &[&str]) -> String {
        join_lines(lines.iter().copied())
    }

    #[test]
    fn parted_words_are_joined() {
        assert_eq!(join(&["for exam-", "ple here", "it ends."]), "for example here it ends.");
        assert_eq!(
            join(&["ein Bei\u{ad}", "Spiel, ge⸗", "druckt, abge¬", "schrieben"]),
            "ein BeiSpiel, gedruckt, abgeschrieben"
        );
    }

    #[test]
    fn hyphens_of_the_text_stay() {
        assert_eq!(join(&["the Anglo-", "Saxon X-", "ray of 1914-", "18"]), "the Anglo-Saxon X-ray of 1914-18");
        assert_eq!(join(&["his mother-in-", "law"]), "his mother-in-law");
        assert_eq!(join(&["Haupt-", "und Nebensatz, Eltern⸗", "Haus"]), "Haupt- und Nebensatz, Eltern⸗Haus");
        assert_eq!(join(&["a dash -", "or a — ", "dash—", "so"]), "a dash - or a — dash—so");
    }

    #[test]
    fn chinese_and_japanese_have_no_spaces() {
        assert_eq!(join(&["今天天气", "很好。", "我们"]), "今天天气很好。我们");
        assert_eq!(join(&["안녕", "하세요", "天 OK", "今"]), "안녕 하세요 天 OK 今");
    }

    #[test]
    fn empty_lines_leave_no_trace() {
        assert_eq!(join(&["", "a-", "  ", "b"]), "ab");
        assert_eq!(join(&["-", "-"]), "- -");
    }

    proptest! {
        #[test]
        fn letters_stay_as_they_are(lines in prop::collection::vec("[a-cA-Cß1今\\-⸗¬—\u{ad} ]{0,6}", 0..6)) {
            let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
            let joined = join_lines(lines.iter().map(String::as_str));
            prop_assert_eq!(letters(&joined), letters(&lines.concat()));
        }
    }
}

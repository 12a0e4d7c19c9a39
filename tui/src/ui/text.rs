//! Text that fits: cut by the columns it takes on the screen, and numbers as people read them.

use std::borrow::Cow;

use chrono::TimeDelta;
use unicode_width::UnicodeWidthStr as _;

/// A foreign text without what would disturb a terminal: control characters, and marks that turn the direction of
/// writing (Unicode Technical Report 36, section 2.11).
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    let disturbs = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.contains(disturbs) { Cow::Owned(text.replace(disturbs, " ")) } else { Cow::Borrowed(text) }
}

/// `text` in at most `width` columns; what is cut off is shown as an ellipsis.
#[must_use]
pub fn fit(text: &str, width: usize) -> Cow<'_, str> {
    let text = clean(text);
    if text.width() <= width {
        return text;
    }
    let mut cut = String::new();
    for c in text.chars() {
        cut.push(c);
        if cut.width() >= width {
            cut.pop();
            break;
        }
    }
    if width > 0 {
        cut.push('…');
    }
    Cow::Owned(cut)
}

/// `text` in lines of at most `width` columns, broken at spaces where there are some.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in clean(text).split_whitespace() {
        let last = lines.len() - 1;
        let gap = usize::from(!lines[last].is_empty());
        if lines[last].width() + gap + word.width() <= width {
            lines[last].push_str(&" ".repeat(gap));
            lines[last].push_str(word);
        } else if gap == 0 {
            lines[last] = fit(word, width).into_owned();
        } else {
            lines.push(fit(word, width).into_owned());
        }
    }
    lines
}

/// A number with its thousands apart: `12,345`.
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A size in binary units: `84.2 MiB`.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
pub fn bytes(size: u64) -> String {
    let mut scaled = size as f64;
    for unit in ["B", "KiB", "MiB", "GiB", "TiB"] {
        if scaled < 999.5 || unit == "TiB" {
            return if unit == "B" || scaled >= 99.95 {
                format!("{scaled:.0} {unit}")
            } else {
                format!("{scaled:.1} {unit}")
            };
        }
        scaled /= 1024.0;
    }
    String::new()
}

/// A time span in at most three columns or so, for tables: `7s`, `12m`, `3h`, `15d`. Less than nothing is nothing.
#[must_use]
pub fn age(span: TimeDelta) -> String {
    match span.num_seconds() {
        ..0 => "0s".to_owned(),
        seconds @ ..60 => format!("{seconds}s"),
        seconds @ ..3_600 => format!("{}m", seconds / 60),
        seconds @ ..86_400 => format!("{}h", seconds / 3_600),
        seconds => format!("{}d", seconds / 86_400),
    }
}

/// A time span in its two largest units: `7 s`, `3 min 12 s`, `2 h 5 min`, `3 d 4 h`.
#[must_use]
pub fn span(span: TimeDelta) -> String {
    match span.num_seconds() {
        ..0 => "0 s".to_owned(),
        seconds @ ..60 => format!("{seconds} s"),
        seconds @ ..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        seconds @ ..86_400 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        seconds => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// A number and the thing counted: `1 page`, `2 pages`.
#[must_use]
pub fn counted(number: u64, one: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {one}{plural}", count(number))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cuts_count_columns_and_not_characters() {
        assert_eq!(fit("letters.pdf", 11), "letters.pdf");
        assert_eq!(fit("letters.pdf", 8), "letters…");
        assert_eq!(fit("日本語の手紙", 7), "日本語…");
        assert_eq!(fit("日本語の手紙", 6), "日本…");
        assert_eq!(fit("a", 0), "");
        assert_eq!(fit("ab", 1), "…");
    }

    #[test]
    fn foreign_text_can_not_steer_the_terminal() {
        assert_eq!(fit("a\u{1b}[2Jb\u{202e}c", 80), "a [2Jb c");
    }

    #[test]
    fn lines_break_at_spaces() {
        assert_eq!(wrap("no daemon listens here", 10), ["no daemon", "listens", "here"]);
        assert_eq!(wrap("/a/very/long/path x", 8), ["/a/very…", "x"]);
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!([count(7), count(1_234), count(1_234_567)], ["7", "1,234", "1,234,567"]);
        assert_eq!(
            [bytes(0), bytes(999), bytes(1_000), bytes(88_290_099), bytes(1 << 40)],
            ["0 B", "999 B", "1.0 KiB", "84.2 MiB", "1.0 TiB"]
        );
        assert_eq!([counted(1, "page"), counted(1_000, "page")], ["1 page", "1,000 pages"]);
    }

    #[test]
    fn spans_read_well() {
        let texts = |seconds| (age(TimeDelta::seconds(seconds)), span(TimeDelta::seconds(seconds)));
        assert_eq!(texts(-5), ("0s".into(), "0 s".into()));
        assert_eq!(texts(59), ("59s".into(), "59 s".into()));
        assert_eq!(texts(192), ("3m".into(), "3 min 12 s".into()));
        assert_eq!(texts(7_500), ("2h".into(), "2 h 5 min".into()));
        assert_eq!(texts(273_600), ("3d".into(), "3 d 4 h".into()));
    }

    proptest! {
        #[test]
        fn whatever_the_text_it_fits(text in any::<String>(), width in 0_usize..40) {
            prop_assert!(fit(&text, width).width() <= width);
            for line in wrap(&text, width) {
                prop_assert!(line.width() <= width);
            }
        }
    }
}

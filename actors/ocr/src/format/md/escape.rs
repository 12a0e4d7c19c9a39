//! Text that Markdown shows as it is: a backslash before what would be markup, and only there.
//!
//! After the `CommonMark` specification 0.31 and GitHub's extensions of it.

/// Escapes a text that starts a line.
pub(super) fn line(text: &str) -> String {
    escape(text, block_mark(text))
}

/// Escapes a text within a line.
pub(super) fn inline(text: &str) -> String {
    escape(text, None)
}

/// Escapes what is markup anywhere, and the character at this place.
fn escape(text: &str, mark: Option<usize>) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 16);
    let mut before = None;
    for (index, character) in text.char_indices() {
        let rest = &text[index + character.len_utf8()..];
        if mark == Some(index) || is_markup(before, character, rest) {
            escaped.push('\\');
        }
        escaped.push(character);
        before = Some(character);
    }
    escaped
}

/// Whether a character may be markup between these, wherever it stands.
fn is_markup(before: Option<char>, character: char, rest: &str) -> bool {
    match character {
        '\\' | '`' | '*' | '[' | ']' | '<' | '~' | '|' => true,
        // Within a word an underscore is one.
        '_' => !(before.is_some_and(char::is_alphanumeric) && rest.starts_with(char::is_alphanumeric)),
        // `&amp;`, `&#38;`.
        '&' => {
            let name = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '#');
            name.len() < rest.len() && name.starts_with(';')
        }
        _ => false,
    }
}

/// Where the character is that makes of a line a heading, an item of a list, a quotation, a rule or a table's rule.
fn block_mark(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    let after = text[first.len_utf8()..].chars().next();
    let stands_alone = after.is_none_or(|after| after.is_whitespace() || after == first);
    match first {
        '>' | '=' => Some(0),
        '#' | '+' | '-' if stands_alone => Some(0),
        '-' | ':' if matches!(after, Some('-' | ':')) => Some(0),
        '0'..='9' => {
            let digits = text.find(|character: char| !character.is_ascii_digit())?;
            let mut rest = text[digits..].chars();
            let is_mark = matches!(rest.next(), Some('.' | ')')) && rest.next().is_none_or(char::is_whitespace);
            is_mark.then_some(digits)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Options, Parser};

    use super::*;

    /// What a reader sees of Markdown.
    fn shown(markdown: &str) -> String {
        let options = Options::ENABLE_TABLES
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_TASKLISTS
            | Options::ENABLE_FOOTNOTES
            | Options::ENABLE_GFM;
        let text = |event| match event {
            Event::Text(text) => text.to_string(),
            Event::HardBreak => "\n".to_owned(),
            Event::Start(_) | Event::End(_) => String::new(),
            other => format!("<{other:?}>"),
        };
        Parser::new_ext(markdown, options).map(text).collect()
    }

    #[test]
    fn plain_text_stays_as_it_is() {
        for text in
            ["R&D, AT&T & Co.", "snake_case", "-5.59", "#1", "3.50", "1.a", "+49 30", "$3 and $4", "a > b - c", "!"]
        {
            assert_eq!(line(text), text);
        }
    }

    #[test]
    fn markup_is_escaped() {
        let markup = ["# a", "1. a", "12) a", "- a", "+ a", "* a", "> a", "===", "---", "*a*", "_a_", "`a`", "[a](b)"];
        for text in markup.into_iter().chain(["<b>", "&amp;", "a\\", "~~a~~", "| a |", ":-:", "![a](b)", "-"]) {
            assert_ne!(line(text), text, "{text}");
            assert_eq!(shown(&line(text)), text);
        }
        assert_eq!(inline("1. a"), "1. a");
        assert_eq!(line("10. a*"), "10\\. a\\*");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn any_text_is_shown_as_it_is(text in r"([!-~]|[ab1äß今»—]){1,8}( ([!-~]|[ab1äß今»—]){1,8}){0,6}") {
            prop_assert_eq!(shown(&line(&text)), text);
        }

        #[test]
        fn any_lines_are_shown_as_they_are(
            lines in prop::collection::vec(r"[-+*#>=_~`|:.)(0-9a<&;!\\\[\]]{1,5}( [-+*#>=_~`|:.)(0-9a<&;!\\\[\]]{1,4}){0,2}", 1..4)
        ) {
            let markdown: Vec<String> = lines.iter().map(|text| line(text)).collect();
            prop_assert_eq!(shown(&markdown.join("\\\n")), lines.join("\n"));
        }

        #[test]
        fn any_text_stays_within_its_line(text in r"[-+*#>=_~`|:.)(0-9a<&;!\\\[\]]{1,9}") {
            prop_assert_eq!(shown(&format!("# x {} x", inline(&text))), format!("x {text} x"));
            prop_assert_eq!(shown(&format!("|x|\n|-|\n| {} |", inline(&text))), format!("x{text}"));
        }
    }
}

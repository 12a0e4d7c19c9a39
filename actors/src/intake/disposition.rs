//! File names in `Content-Disposition` (RFC 6266, RFC 8187).

use percent_encoding::percent_decode;

/// The file name in the value of a header: the extended one (`filename*`) if there is one, else the plain one.
#[must_use]
pub fn name_in_disposition(disposition: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(disposition);
    let parameters = parameters(&text);
    let find = |name: &str| parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    find("filename*").and_then(|value| extended(value)).or_else(|| find("filename").cloned())
}

/// The parameters of a header value; quoted ones without their quotes.
fn parameters(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = text.split_once(';').map_or("", |(_, rest)| rest);
    while let Some((key, after)) = rest.split_once('=') {
        let (value, next) = value(after.trim_start());
        found.push((key.trim().to_owned(), value));
        rest = next;
    }
    found
}

/// The value that `text` begins with, and what comes after it and its semicolon.
fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, rest) = text.split_once(';').unwrap_or((text, ""));
        return (value.trim().to_owned(), rest);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, quoted[at + 1..].split_once(';').map_or("", |(_, rest)| rest)),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            plain => value.push(plain),
        }
    }
    (value, "")
}

/// `UTF-8''percent%20encoded`; other character sets are not read.
fn extended(value: &str) -> Option<String> {
    let (charset, rest) = value.split_once('\'')?;
    let (_language, encoded) = rest.split_once('\'')?;
    let bytes = charset.eq_ignore_ascii_case("utf-8").then(|| percent_decode(encoded.as_bytes()))?;
    bytes.decode_utf8().ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(disposition: &str) -> Option<String> {
        name_in_disposition(disposition.as_bytes())
    }

    #[test]
    fn names_are_read_in_all_their_forms() {
        assert_eq!(name("attachment; filename=page.png").as_deref(), Some("page.png"));
        assert_eq!(name("attachment; filename=\"a; \\\"b\\\".png\"; size=3").as_deref(), Some("a; \"b\".png"));
        assert_eq!(name("attachment; filename=\"x\"; filename*=UTF-8''%D0%B0%20b.png").as_deref(), Some("а b.png"));
        assert_eq!(name("inline; FileName = \"y\"").as_deref(), Some("y"));
    }

    #[test]
    fn what_is_no_name_is_none() {
        for other in ["", "attachment", "attachment; size=3", "attachment; filename*=latin1''x", ";;=;\""] {
            assert_eq!(name(other), None, "{other}");
        }
    }
}

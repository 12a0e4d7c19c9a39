//! The header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header).

use d2d_api::FieldError;

use crate::http::problem::Failure;

/// The most characters of a key.
const LONGEST: usize = 255;

/// The key in the header: a string of structured fields (RFC 9651 section 3.3.3) in quotes, or as it is.
pub(super) fn key(header: Option<String>) -> Result<Option<String>, Failure> {
    header.map(|text| read(text.trim()).ok_or_else(unreadable)).transpose()
}

fn read(text: &str) -> Option<String> {
    let key = match text.strip_prefix('"') {
        Some(quoted) => unquoted(quoted.strip_suffix('"')?)?,
        None => text.to_owned(),
    };
    let fits = (1..=LONGEST).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then_some(key)
}

fn unquoted(text: &str) -> Option<String> {
    let mut key = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        key.push(match character {
            '\\' => characters.next().filter(|escaped| matches!(escaped, '"' | '\\'))?,
            '"' => return None,
            plain => plain,
        });
    }
    Some(key)
}

fn unreadable() -> Failure {
    let detail =
        format!("must have 1 to {LONGEST} visible ASCII characters, in quotes or without: a UUID, for example");
    Failure::fields(vec![FieldError::new("/header/Idempotency-Key", detail)])
}

/// The header that says that an answer is that of an earlier request.
pub(super) fn replayed(replayed: bool) -> Option<String> {
    replayed.then(|| "true".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_with_and_without_quotes() {
        for (text, key) in [
            ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
            ("\"8e03978e\"", "8e03978e"),
            (" a ", "a"),
            (r#""a\"b\\c""#, r#"a"b\c"#),
            ("a=b;c", "a=b;c"),
        ] {
            assert_eq!(read(text.trim()).as_deref(), Some(key), "{text}");
        }
        assert!(read(&"x".repeat(255)).is_some());
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in ["", "\"\"", "\"", "\"a", "a b", "\"a b\"", "ключ", r#""a\n""#, "\"a\"b\"", "a\u{7f}"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read(&"x".repeat(256)), None);
    }
}

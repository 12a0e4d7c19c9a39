//! `Upload-Metadata`: what the client says of the file. Only its name is of use here: the content tells the type.

use std::collections::HashSet;

use poem_openapi::registry::MetaSchema;

use super::header::{FromHeader, base64};

/// The longest one that is kept.
const LONGEST: usize = 4096;
/// The keys under which clients send the name: tus-js-client's and Uppy's.
const NAMES: [&str; 2] = ["filename", "name"];

/// Keys without spaces and commas, each with Base64 after a space.
const PATTERN: &str = "^[!-+\\--~]+( ([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)?\
    (,[!-+\\--~]+( ([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)?)*$";

/// What the client says of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Metadata {
    /// As it came: `HEAD` answers it again.
    pub(super) text: String,
    /// The name of the file, as it came.
    pub(super) name: Option<String>,
}

impl FromHeader for Metadata {
    fn schema() -> MetaSchema {
        MetaSchema {
            max_length: Some(LONGEST),
            pattern: Some(PATTERN.to_owned()),
            example: Some("filename cGFnZS5wbmc=,filetype aW1hZ2UvcG5n".into()),
            ..MetaSchema::new("string")
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        if text.len() > LONGEST {
            return Err(format!("has more than {LONGEST} bytes"));
        }
        let mut keys = HashSet::new();
        let mut names = [None, None];
        for pair in text.split(',').map(str::trim) {
            let (key, value) = pair.split_once(' ').unwrap_or((pair, ""));
            if key.is_empty() || !keys.insert(key) {
                return Err("has to be pairs of a key and a Base64 value, each key once".to_owned());
            }
            let value = base64(value).ok_or_else(|| format!("has no Base64 at `{key}`"))?;
            if let Some(index) = NAMES.iter().position(|name| *name == key) {
                names[index] = Some(String::from_utf8(value).map_err(|_| format!("has no UTF-8 at `{key}`"))?);
            }
        }
        let name = names.into_iter().flatten().find(|name| !name.is_empty());
        Ok(Self { text: text.to_owned(), name })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Option<String> {
        Metadata::parse(text).unwrap().name
    }

    #[test]
    fn the_name_is_found() {
        assert_eq!(name("filename d29ybGQucGRm,is_confidential").as_deref(), Some("world.pdf"));
        assert_eq!(name("filetype aW1hZ2UvcG5n, name w6kucG5n").as_deref(), Some("é.png"));
        assert_eq!(name("name Yg==,filename YQ==").as_deref(), Some("a"));
        assert_eq!(name("relativePath bnVsbA=="), None);
        assert_eq!(name("filename ,name Yg==").as_deref(), Some("b"));
        assert_eq!(Metadata::parse("a,b Yg==").unwrap().text, "a,b Yg==");
    }

    #[test]
    fn what_is_no_metadata_is_refused() {
        let long = format!("a {}", "A".repeat(LONGEST));
        for text in ["", ",", "a,", " ", "a,a", "a !", "a YQ", "a YQ== YQ==", "filename /w==", &long] {
            assert!(Metadata::parse(text).is_err(), "{text}");
        }
        assert!(Metadata::parse("other /w==").is_ok(), "only names have to be text");
    }
}

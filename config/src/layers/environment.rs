//! The environment as a layer: `D2D_OCR__WORKERS` is `ocr.workers`.

use std::ffi::OsString;

use super::entry::{Entry, Given};
use super::{Fault, Origin};

/// What the names of all our variables begin with.
pub const PREFIX: &str = "D2D_";

/// Variables with the prefix that the command line reads, and that are no settings.
pub const NOT_SETTINGS: [&str; 5] = ["D2D_CONFIG", "D2D_PASSWORD", "D2D_SERVER", "D2D_TOKEN", "D2D_USER"];

/// The entries in `variables`, in the order of their names.
pub(crate) fn read(variables: Vec<(OsString, OsString)>, faults: &mut Vec<Fault>) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (name, value) in variables {
        let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX) && !NOT_SETTINGS.contains(name)) else {
            continue;
        };
        let origin = Origin::Environment(name.to_owned());
        match value.into_string() {
            Ok(text) => entries.push(Entry { key: key(name), given: Given::Text(text), origin }),
            Err(_) => faults.push(Fault { origin, message: "the value is not UTF-8".to_owned() }),
        }
    }
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    entries
}

/// The key that the variable `name` sets.
fn key(name: &str) -> String {
    name.trim_start_matches(PREFIX).replace("__", ".").to_lowercase()
}

/// The variable that sets `key`.
pub(crate) fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_uppercase())
}

//! The keys that exist, read off the types; and which of them somebody may have meant.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;

use crate::Config;

/// Every key, with its section before a dot: those outside sections first, then by name.
pub(crate) static KEYS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let schema = settings.into_generator().into_root_schema_for::<Config>();
    let mut keys = Vec::new();
    for (name, inner) in schema.get("properties").and_then(|all| all.as_object()).into_iter().flatten() {
        match inner.get("properties").and_then(|section| section.as_object()) {
            Some(section) => keys.extend(section.keys().map(|key| format!("{name}.{key}"))),
            None => keys.push(name.clone()),
        }
    }
    keys.sort_by_key(|key| (key.contains('.'), key.clone()));
    keys
});

/// The sections.
pub(crate) fn sections() -> impl Iterator<Item = &'static str> {
    let mut sections: Vec<_> = KEYS.iter().filter_map(|key| key.split_once('.')).map(|(section, _)| section).collect();
    sections.dedup();
    sections.into_iter()
}

/// What to say to somebody who wrote `wrong`: the key that looks most like it, else all that it could be.
pub(crate) fn hint(wrong: &str, spell: impl Fn(&str) -> String) -> String {
    let last = wrong.rsplit('.').next().unwrap_or(wrong);
    let moved = KEYS.iter().find(|key| key.rsplit('.').next() == Some(last));
    if let Some(meant) = moved.map(String::as_str).or_else(|| closest(wrong, KEYS.iter().map(String::as_str))) {
        return format!("did you mean `{}`?", spell(meant));
    }
    let section = wrong.split_once('.').map(|(section, _)| section);
    let mut near: Vec<_> = KEYS.iter().filter(|key| key.split_once('.').map(|(s, _)| s) == section).collect();
    if near.is_empty() {
        near = KEYS.iter().collect();
    }
    let near: Vec<_> = near.into_iter().map(|key| format!("`{}`", spell(key))).collect();
    format!("there are {}", near.join(", "))
}

/// The one of `known` that looks most like `wrong`, if any does.
pub(crate) fn closest<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|known| (strsim::normalized_damerau_levenshtein(wrong, known), known))
        .filter(|(likeness, _)| *likeness > 0.6)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, known)| known)
}

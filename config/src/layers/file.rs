//! A settings file as a layer.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::IntoDeserializer;
use toml::Spanned;
use toml::Value;
use toml::de::{DeTable, DeValue};

use super::entry::{Entry, Given};
use super::keys::{KEYS, closest, sections};
use super::{ConfigError, Fault, Origin};
use crate::places;

/// The commented default: every key, with its default and what it means.
pub const DEFAULT_FILE: &str = include_str!("../../data2data.toml");

/// The file to read when none is named: the first that exists of `data2data/data2data.toml` in the user's
/// configuration folder and `/etc/data2data/data2data.toml`.
#[must_use]
pub fn find_file() -> Option<PathBuf> {
    places::config_files().into_iter().find(|path| path.is_file())
}

/// The entries of the file at `path`.
pub(crate) fn read(path: &Path, faults: &mut Vec<Fault>) -> Result<Vec<Entry>, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::File { path: path.to_owned(), source })?;
    Ok(parse(path, &text, faults))
}

/// The entries of a file with the content `text`.
pub(crate) fn parse(path: &Path, text: &str, faults: &mut Vec<Fault>) -> Vec<Entry> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let place = Place { path, text };
    if !errors.is_empty() {
        faults.extend(errors.into_iter().map(|error| Fault {
            origin: place.at(error.span().map_or(0, |span| span.start)),
            message: error.message().trim().replace('\n', ", "),
        }));
        return Vec::new();
    }
    let mut entries = Vec::new();
    for (name, value) in table.into_inner() {
        let origin = place.at(name.span().start);
        let name = name.into_inner();
        match value.into_inner() {
            DeValue::Table(keys) if !KEYS.iter().any(|key| *key == name) => {
                if !sections().any(|section| section == name) {
                    faults.push(Fault { origin, message: unknown_section(&name) });
                    continue;
                }
                for (key, value) in keys {
                    let origin = place.at(key.span().start);
                    entry(format!("{name}.{}", key.get_ref()), value, origin, &mut entries, faults);
                }
            }
            _ if sections().any(|section| section == name) => {
                faults.push(Fault { origin, message: format!("`{name}` is a section: write it as [{name}]") });
            }
            value => entry(name.into_owned(), Spanned::new(0..0, value), origin, &mut entries, faults),
        }
    }
    entries
}

fn entry(key: String, value: Spanned<DeValue<'_>>, origin: Origin, to: &mut Vec<Entry>, faults: &mut Vec<Fault>) {
    match Value::deserialize(value.into_deserializer()) {
        Ok(value) => to.push(Entry { key, given: Given::Typed(value), origin }),
        Err(error) => faults.push(Fault { origin, message: format!("`{key}`: {}", error.message()) }),
    }
}

fn unknown_section(name: &str) -> String {
    if let Some(meant) = closest(name, sections()) {
        return format!("unknown section [{name}]: did you mean [{meant}]?");
    }
    let known: Vec<_> = sections().map(|section| format!("[{section}]")).collect();
    format!("unknown section [{name}]: there are {}", known.join(", "))
}

/// Turns byte offsets into lines and columns.
struct Place<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Place<'_> {
    fn at(&self, offset: usize) -> Origin {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Origin::File {
            path: self.path.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

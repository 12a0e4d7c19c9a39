//! One value that a layer gives for a key.

use std::fmt::Write as _;

use serde::Deserialize;
use toml::{Table, Value};

use super::environment::variable;
use super::keys::{KEYS, hint};
use super::{Fault, Origin};
use crate::Config;

/// One value that a layer gives for a key.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) given: Given,
    pub(crate) origin: Origin,
}

/// The value as the layer has it.
#[derive(Debug, Clone)]
pub(crate) enum Given {
    /// A TOML value.
    Typed(Value),
    /// A text that may stand for a text or for another TOML value: which, the key decides.
    Text(String),
}

impl Entry {
    /// The value, if the key exists and takes it.
    pub(crate) fn checked(self) -> Result<(String, Value, Origin), Fault> {
        if !KEYS.contains(&self.key) {
            let message = self.unknown();
            return Err(Fault { origin: self.origin, message });
        }
        let taken = match self.given {
            Given::Typed(value) => take(&self.key, value),
            Given::Text(text) => take(&self.key, Value::String(text.clone())).or_else(|as_text| {
                match text.parse::<Value>().ok().filter(|value| !value.is_str()) {
                    Some(value) => take(&self.key, value),
                    None => Err(as_text),
                }
            }),
        };
        match taken {
            Ok(value) => Ok((self.key, value, self.origin)),
            Err(message) => Err(Fault { origin: self.origin, message }),
        }
    }

    fn unknown(&self) -> String {
        match (&self.origin, self.key.split_once('.')) {
            (Origin::Environment(_), _) => format!("there is no such setting: {}", hint(&self.key, variable)),
            (Origin::File { .. }, Some((section, key))) => {
                let short = |meant: &str| match meant.split_once('.') {
                    Some((place, meant)) if place == section => meant.to_owned(),
                    _ => meant.to_owned(),
                };
                format!("unknown key `{key}` in [{section}]: {}", hint(&self.key, short))
            }
            _ => format!("unknown key `{}`: {}", self.key, hint(&self.key, str::to_owned)),
        }
    }
}

/// Gives `value` back if `key` takes it.
fn take(key: &str, value: Value) -> Result<Value, String> {
    let alone = nested([(key, &value)]);
    match Config::deserialize(alone) {
        Ok(_) => Ok(value),
        Err(error) => {
            let mut message = format!("`{key}`: {}", plain(error.message()));
            if let Some(example) = default_of(key) {
                let _ = write!(message, " (for example {example})");
            }
            Err(message)
        }
    }
}

/// The table that gives each key its value.
pub(crate) fn nested<'a>(values: impl IntoIterator<Item = (&'a str, &'a Value)>) -> Table {
    let mut table = Table::new();
    for (key, value) in values {
        match key.split_once('.') {
            None => {
                table.insert(key.to_owned(), value.clone());
            }
            Some((section, key)) => {
                let section = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
                if let Some(section) = section.as_table_mut() {
                    section.insert(key.to_owned(), value.clone());
                }
            }
        }
    }
    table
}

fn default_of(key: &str) -> Option<Value> {
    let defaults = Table::try_from(Config::default()).ok()?;
    match key.split_once('.') {
        None => defaults.get(key).cloned(),
        Some((section, key)) => defaults.get(section)?.get(key).cloned(),
    }
}

/// The words of the deserialiser in those of a person.
fn plain(message: &str) -> String {
    let message = message.trim_end();
    let Some((what, expected)) = message.rsplit_once(", expected ") else { return message.to_owned() };
    let expected = match expected {
        "u32" | "u64" | "usize" => "a whole number from 0",
        "a boolean" => "`true` or `false`",
        "a string" => "a text in quotes",
        other => other,
    };
    format!("{what}, expected {expected}")
}

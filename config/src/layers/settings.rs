//! Settings with their origins, and how they are shown.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use toml::{Table, Value};

use super::Origin;
use super::keys::KEYS;
use crate::Config;

/// Checked settings, with where each came from.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// Where they came from; keys that are not here have their defaults.
    pub origins: BTreeMap<String, Origin>,
    /// The file that was read.
    pub file: Option<PathBuf>,
}

/// One setting to show.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The key, with its section before a dot.
    pub key: &'static str,
    /// The value; `None` if it is not set and has no default. Secrets are hidden.
    pub value: Option<Value>,
    /// Where it came from.
    pub origin: Origin,
}

impl Loaded {
    /// Where the value of `key` came from.
    #[must_use]
    pub fn origin(&self, key: &str) -> Origin {
        self.origins.get(key).cloned().unwrap_or_default()
    }

    /// Every setting.
    #[must_use]
    pub fn settings(&self) -> Vec<Setting> {
        let table = Table::try_from(&self.config).unwrap_or_default();
        let value = |key: &str| match key.split_once('.') {
            None => table.get(key),
            Some((section, key)) => table.get(section).and_then(|section| section.get(key)),
        };
        KEYS.iter().map(|key| Setting { key, value: value(key).cloned(), origin: self.origin(key) }).collect()
    }

    /// The effective settings as a TOML file, each with where it came from.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        let mut open = "";
        for setting in self.settings() {
            let (section, key) = setting.key.split_once('.').unwrap_or(("", setting.key));
            if section != open {
                let _ = writeln!(text, "\n[{section}]");
                open = section;
            }
            let line = match setting.value {
                Some(value) => format!("{key} = {value}"),
                None => format!("# {key} is not set"),
            };
            let _ = writeln!(text, "{line:<44} # {}", setting.origin);
        }
        text
    }
}

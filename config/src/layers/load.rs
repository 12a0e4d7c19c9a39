//! From layers to checked settings.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use serde::Deserialize;
use toml::Value;

use super::entry::{Entry, Given, nested};
use super::{ConfigError, Fault, Loaded, Origin, environment, file};
use crate::sections::Findings;
use crate::{Config, Secret};

/// The layers above the defaults, weakest first.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The file.
    pub file: Option<PathBuf>,
    /// Environment variables; those without our prefix are passed over.
    pub env: Vec<(OsString, OsString)>,
    /// Settings given by flags.
    pub flags: Vec<Flag>,
}

/// A setting given by a flag.
#[derive(Debug, Clone)]
pub struct Flag {
    /// The flag, as it is written.
    pub name: String,
    /// The key it sets.
    pub key: String,
    /// The value it sets it to.
    pub value: String,
}

impl Sources {
    /// The environment of this process and the file that it names in `D2D_CONFIG`, else the one in the usual places.
    #[must_use]
    pub fn of_process() -> Self {
        let named = std::env::var_os("D2D_CONFIG").filter(|name| !name.is_empty()).map(PathBuf::from);
        Self { file: named.or_else(file::find_file), env: std::env::vars_os().collect(), flags: Vec::new() }
    }
}

/// Reads all layers, checks every key and value, and puts them together.
///
/// # Errors
/// [`ConfigError`] with everything that is wrong, not only the first.
pub fn load(sources: Sources) -> Result<Loaded, ConfigError> {
    let mut faults = Vec::new();
    let mut entries = match &sources.file {
        Some(path) => file::read(path, &mut faults)?,
        None => Vec::new(),
    };
    entries.extend(environment::read(sources.env, &mut faults));
    entries.extend(sources.flags.into_iter().map(|flag| Entry {
        key: flag.key,
        given: Given::Text(flag.value),
        origin: Origin::Flag(flag.name),
    }));
    merge(entries, sources.file, faults)
}

/// Puts entries together, a later one over an earlier one.
pub(crate) fn merge(entries: Vec<Entry>, file: Option<PathBuf>, mut faults: Vec<Fault>) -> Result<Loaded, ConfigError> {
    let mut values: BTreeMap<String, (Value, Origin)> = BTreeMap::new();
    for entry in entries {
        match entry.checked() {
            Ok((key, value, origin)) => drop(values.insert(key, (value, origin))),
            Err(fault) => faults.push(fault),
        }
    }
    if !faults.is_empty() {
        faults.sort_by_key(|fault| if let Origin::File { line, .. } = fault.origin { line } else { usize::MAX });
        return Err(ConfigError::Faults(faults));
    }
    let table = nested(values.iter().map(|(key, (value, _))| (key.as_str(), value)));
    let mut config = Config::deserialize(table).map_err(|error| unplaced(error.message()))?;
    let origins: BTreeMap<_, _> = values.into_iter().map(|(key, (_, origin))| (key, origin)).collect();
    complete(&mut config, &origins, &mut faults);
    let mut findings = Findings::default();
    config.check(&mut findings);
    faults.extend(findings.0.into_iter().map(|(key, message)| fault(&origins, key, &message)));
    if faults.is_empty() { Ok(Loaded { config, origins, file }) } else { Err(ConfigError::Faults(faults)) }
}

/// Fills in what follows from other settings: the socket in the data directory, the password in its file, full paths.
fn complete(config: &mut Config, origins: &BTreeMap<String, Origin>, faults: &mut Vec<Fault>) {
    for (key, path) in [("data_dir", &mut config.data_dir), ("models.dir", &mut config.models.dir)] {
        absolute(path).unwrap_or_else(|message| faults.push(fault(origins, key, &message)));
    }
    if !origins.contains_key("ops.socket") {
        config.ops.socket = config.data_dir.join("d2d.sock");
    }
    absolute(&mut config.ops.socket).unwrap_or_else(|message| faults.push(fault(origins, "ops.socket", &message)));
    if let Some(path) = &config.store.password_file {
        if config.store.password.is_some() {
            faults.push(fault(origins, "store.password", "is set, and store.password_file too: remove one of them"));
            return;
        }
        match std::fs::read_to_string(path) {
            Ok(text) => config.store.password = Some(Secret::new(text.trim_end_matches(['\r', '\n']))),
            Err(error) => {
                let message = format!("can't read {}: {error}", path.display());
                faults.push(fault(origins, "store.password_file", &message));
            }
        }
    }
}

fn absolute(path: &mut PathBuf) -> Result<(), String> {
    if path.starts_with("~") {
        return Err(format!("`{}`: `~` is not expanded here: write the path in full", path.display()));
    }
    if !path.as_os_str().is_empty() {
        *path = std::path::absolute(&*path).map_err(|error| format!("is no path: {error}"))?;
    }
    Ok(())
}

fn fault(origins: &BTreeMap<String, Origin>, key: &str, message: &str) -> Fault {
    Fault { origin: origins.get(key).cloned().unwrap_or_default(), message: format!("`{key}` {message}") }
}

fn unplaced(message: &str) -> ConfigError {
    ConfigError::Faults(vec![Fault { origin: Origin::Default, message: message.to_owned() }])
}

//! The flags that all commands with settings share.

use std::path::PathBuf;

use clap::Args;
use d2d_config::{ConfigError, Flag, Loaded, Sources};

/// Where settings come from.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Settings")]
pub(crate) struct SettingsArgs {
    #[allow(clippy::doc_markdown)] // The help shows these lines as they are.
    /// Read settings from FILE; else from $D2D_CONFIG, ~/.config/data2data/data2data.toml or
    /// /etc/data2data/data2data.toml, whichever is there first
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The folder of everything that must outlive the daemon (`data_dir`)
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<String>,
    /// Set one setting, over file and environment, for example `ocr.workers=4`; may be given again
    #[arg(long, global = true, value_name = "KEY=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
}

impl SettingsArgs {
    /// All layers, the flags on top.
    pub(crate) fn load(&self) -> Result<Loaded, ConfigError> {
        self.load_with(Vec::new())
    }

    /// All layers, with `more` flags of the command on top.
    pub(crate) fn load_with(&self, more: Vec<Flag>) -> Result<Loaded, ConfigError> {
        let mut sources = Sources::of_process();
        if let Some(file) = &self.config {
            sources.file = Some(file.clone());
        }
        let set = self.set.iter().map(|(key, value)| flag(&format!("--set {key}"), key, value));
        sources.flags.extend(set);
        sources.flags.extend(self.data_dir.iter().map(|dir| flag("--data-dir", "data_dir", dir)));
        sources.flags.extend(more);
        d2d_config::load(sources)
    }

    /// The arguments that give another `d2d` the same settings.
    pub(crate) fn to_args(&self) -> Vec<std::ffi::OsString> {
        let mut args = Vec::new();
        if let Some(file) = &self.config {
            args.extend(["--config".into(), file.into()]);
        }
        for (key, value) in &self.set {
            args.extend(["--set".into(), format!("{key}={value}").into()]);
        }
        args
    }
}

/// A setting given by the flag `name`.
pub(crate) fn flag(name: &str, key: &str, value: &str) -> Flag {
    Flag { name: name.to_owned(), key: key.to_owned(), value: value.to_owned() }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write KEY=VALUE, for example ocr.workers=4")?;
    Ok((key.trim().to_owned(), value.to_owned()))
}

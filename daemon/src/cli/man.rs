//! `d2d man`: the manual.

use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::CommandFactory as _;
use clap_mangen::Man;

const EXAMPLES: &str = "\
Examples:
  d2d man | man -l -                           Read the manual now
  d2d man --dir /usr/local/share/man/man1      Install the pages of all commands";

/// Print the manual page, or write those of all commands
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Write one page for each command into DIR
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let command = super::Cli::command();
    if let Some(dir) = &args.dir {
        std::fs::create_dir_all(dir).with_context(|| format!("can't make {}", dir.display()))?;
        return clap_mangen::generate_to(command, dir).with_context(|| format!("can't write into {}", dir.display()));
    }
    let mut page = Vec::new();
    Man::new(command).render(&mut page)?;
    io::stdout().write_all(&page)?;
    Ok(())
}

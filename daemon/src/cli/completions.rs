//! `d2d completions`: completions for a shell.

use std::io::{self, Write as _};

use clap::CommandFactory as _;
use clap_complete::Shell;

const EXAMPLES: &str = "\
Examples:
  d2d completions bash > ~/.local/share/bash-completion/completions/d2d
  d2d completions zsh > /usr/local/share/zsh/site-functions/_d2d
  d2d completions fish > ~/.config/fish/completions/d2d.fish";

/// Print the completions for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::Cli::command(), "d2d", &mut script);
    io::stdout().write_all(&script)?;
    Ok(())
}

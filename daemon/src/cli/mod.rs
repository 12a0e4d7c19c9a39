//! The command line: one file for each command, and how each ends.

mod backup;
mod client;
mod completions;
mod config;
mod convert;
mod dead_letters;
mod exit;
mod health;
mod local;
mod man;
mod models;
mod restore;
mod runtime;
mod serve;
mod settings;
mod user;
mod worker;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use d2d_actors::Registration;

pub(crate) use exit::{Told, explain, usage};
pub(crate) use runtime::runtime;

/// Converts scans, photos and PDFs to text: a self-hosted service, and its command line.
#[derive(Debug, Parser)]
#[command(name = "d2d", version, max_term_width = 100, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  d2d convert scan.pdf --formats txt,json     Read a scan, here and now
  d2d serve                                   Run the daemon on 127.0.0.1:8420
  d2d user add anna                           Let anna in
  d2d backup /srv/backups/data2data           Copy everything that must not be lost
  d2d config show                             What is set, and where that came from

Every command tells more with --help. Exit codes: 0 it worked, 1 it did not, 2 it was called wrongly or a setting is \
wrong.";

#[derive(Debug, Subcommand)]
enum Command {
    Convert(convert::Args),
    Serve(serve::Args),
    User(user::Args),
    DeadLetters(dead_letters::Args),
    Backup(backup::Args),
    Restore(restore::Args),
    Models(models::Args),
    Config(config::Args),
    Health(health::Args),
    Completions(completions::Args),
    Man(man::Args),
    #[command(hide = true)]
    Worker(worker::Args),
}

/// What `d2d` does: reads the command, runs it, tells how it ended.
pub(crate) fn run(services: &'static [Registration]) -> ExitCode {
    let result = match Cli::parse().command {
        Command::Convert(args) => convert::run(&args),
        Command::Serve(args) => serve::run(args, services),
        Command::User(args) => user::run(args),
        Command::DeadLetters(args) => dead_letters::run(args),
        Command::Backup(args) => backup::run(&args),
        Command::Restore(args) => restore::run(&args),
        Command::Models(args) => models::run(args),
        Command::Config(args) => config::run(args),
        Command::Health(args) => health::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
        Command::Worker(args) => return worker::run(&args, services),
    };
    exit::tell(result)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn all_commands_are_put_together_well() {
        super::Cli::command().debug_assert();
    }
}

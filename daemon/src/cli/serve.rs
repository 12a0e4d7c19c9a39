//! `d2d serve`: the daemon.

use std::net::SocketAddr;
use std::path::PathBuf;

use d2d_actors::Registration;

use super::settings::{SettingsArgs, flag};
use crate::serve::Options;

const EXAMPLES: &str = "\
Examples:
  d2d serve                                    On 127.0.0.1:8420, with the user's data folder
  d2d serve --data-dir /srv/data2data --listen 0.0.0.0:8420
  d2d serve --set ocr.workers=4 --set log.level=debug

SIGTERM and SIGINT let the pages in hand finish (`tasks.drain`) and give the rest back to the queue; a second one \
ends at once. SIGHUP reads `log.level` again.";

/// Run the daemon
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The address to listen on (`http.listen`); port 0 takes any free one
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// When ready, write the addresses to FILE as JSON: {"url", "socket", "pid"}
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// End when standard input does: for a program that starts a daemon of its own
    #[arg(long, hide = true)]
    until_stdin_closes: bool,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(crate) fn run(args: Args, services: &'static [Registration]) -> anyhow::Result<()> {
    let listen = args.listen.map(|address| flag("--listen", "http.listen", &address.to_string()));
    let load = move || args.settings.load_with(listen.clone().into_iter().collect());
    crate::serve::run(Options {
        services,
        config: load()?.config,
        reload: Box::new(move || load().map(|loaded| loaded.config)),
        ready_file: args.ready_file,
        until_stdin_closes: args.until_stdin_closes,
    })
}

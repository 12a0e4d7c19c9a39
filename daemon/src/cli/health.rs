//! `d2d health`: whether a daemon is well, for scripts and service managers.

use std::io::Write as _;

use serde_json::json;

use super::client::{Client, Health};
use super::exit::Told;
use super::settings::SettingsArgs;

const EXAMPLES: &str = "\
Examples:
  d2d health                                   The daemon of this machine, by its Unix socket
  d2d health --server http://10.0.0.5:8420
  until d2d health -q; do sleep 1; done        Wait for it";

/// Tell whether a daemon is well: exit code 0 if it answers, and all its actors do
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Ask this server; else the daemon that the settings describe
    #[arg(long, value_name = "URL", env = "D2D_SERVER", hide_env_values = true)]
    server: Option<String>,
    /// Say nothing
    #[arg(short, long)]
    quiet: bool,
    /// Print JSON
    #[arg(long, conflicts_with = "quiet")]
    json: bool,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let client = client(args)?;
    let health = super::runtime()?.block_on(client.health()).map_err(|error| error.to_string());
    let (well, detail) = match health {
        Ok(Health::Well) => (true, "well".to_owned()),
        Ok(Health::Ill(detail)) => (false, detail),
        Err(message) => (false, message),
    };
    let mut out = std::io::stdout();
    if args.json {
        writeln!(out, "{}", json!({"server": client.server(), "well": well, "detail": detail}))?;
    } else if !args.quiet && well {
        writeln!(out, "{}: {detail}", client.server())?;
    } else if !args.quiet {
        super::exit::say_error(&detail);
    }
    if well { Ok(()) } else { Err(Told.into()) }
}

/// The server named, else the socket if there is one, else the address that the settings listen on.
fn client(args: &Args) -> anyhow::Result<Client> {
    if let Some(server) = &args.server {
        return Client::tcp(server);
    }
    let config = args.settings.load()?.config;
    if config.ops.socket.exists() {
        return Client::unix(&config.ops.socket);
    }
    Client::tcp(&config.http.listen.to_string())
}

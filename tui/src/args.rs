//! The command line.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Parser;
use d2d_config::Sources;
use reqwest::Url;

use crate::client::{Credentials, Target};

const EXAMPLES: &str = "\
Examples:
  d2d-tui                                   watch the daemon of this machine
  d2d-tui --readonly                        watch, and change nothing
  D2D_USER=olga D2D_PASSWORD=... d2d-tui --server https://scans.example.org
  d2d-tui --once                            print one overview
  d2d-tui --once --json | jq .queue         the same for scripts

Environment:
  D2D_TOKEN                  the token of an operator, for --server
  D2D_USER, D2D_PASSWORD     or the account of one
  D2D_SERVER, D2D_CONFIG     the same as --server and --config
  NO_COLOR                   no colours";

/// The operators' console of data2data.
#[derive(Debug, Clone, Parser)]
#[command(version, about, after_help = EXAMPLES)]
pub struct Args {
    /// Local socket of the daemon [default: `ops.socket` of its settings]
    #[arg(long, value_name = "PATH", conflicts_with = "server")]
    pub socket: Option<PathBuf>,
    /// Address of a daemon elsewhere, for example `https://scans.example.org`
    #[arg(long, value_name = "URL", value_parser = server)]
    pub server: Option<Url>,
    /// Settings of the daemon, to find its socket
    #[arg(long, value_name = "FILE", conflicts_with_all = ["server", "socket"])]
    pub config: Option<PathBuf>,
    /// Watch only: nothing can be cancelled
    #[arg(long)]
    pub readonly: bool,
    /// Print one overview and end
    #[arg(long)]
    pub once: bool,
    /// Print it as JSON
    #[arg(long, requires = "once")]
    pub json: bool,
}

impl Args {
    /// Where the daemon is, and who calls.
    ///
    /// # Errors
    /// If the settings can't be read, or nothing says who calls.
    pub fn target(&self) -> anyhow::Result<(Target, Credentials)> {
        match self.server_address()? {
            Some(url) => Ok((Target::Server(url), credentials(|name| std::env::var(name).ok())?)),
            None => Ok((Target::Socket(self.socket_path()?), Credentials::None)),
        }
    }

    fn server_address(&self) -> anyhow::Result<Option<Url>> {
        let local = self.socket.is_some() || self.config.is_some();
        match std::env::var("D2D_SERVER") {
            _ if self.server.is_some() || local => Ok(self.server.clone()),
            Ok(address) if !address.is_empty() => {
                server(&address).map(Some).map_err(|error| error.context("D2D_SERVER"))
            }
            _ => Ok(None),
        }
    }

    fn socket_path(&self) -> anyhow::Result<PathBuf> {
        if let Some(path) = &self.socket {
            return Ok(path.clone());
        }
        let mut sources = Sources::of_process();
        sources.file = self.config.clone().or(sources.file);
        let loaded =
            d2d_config::load(sources).context("the settings say where the socket is; or name it with --socket")?;
        Ok(loaded.config.ops.socket)
    }
}

fn server(address: &str) -> anyhow::Result<Url> {
    let url: Url = address.parse().with_context(|| format!("`{address}` is no address"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        bail!("`{address}` must begin with http:// or https:// and a host");
    }
    if !url.username().is_empty() || url.password().is_some() {
        bail!("an address is no place for a password: set D2D_USER and D2D_PASSWORD");
    }
    Ok(url)
}

fn credentials(variable: impl Fn(&str) -> Option<String>) -> anyhow::Result<Credentials> {
    let given = |name| variable(name).filter(|value| !value.is_empty());
    match (given("D2D_TOKEN"), given("D2D_USER"), given("D2D_PASSWORD")) {
        (Some(token), ..) => Ok(Credentials::Token(token)),
        (None, Some(user), Some(password)) => Ok(Credentials::Password { user, password }),
        _ => bail!("--server needs an operator's account: set D2D_TOKEN, or D2D_USER and D2D_PASSWORD"),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
        assert!(Args::try_parse_from(["d2d-tui", "--json"]).is_err(), "only with --once");
        assert!(Args::try_parse_from(["d2d-tui", "--socket", "a", "--server", "http://b"]).is_err());
        let args = Args::try_parse_from(["d2d-tui", "--socket", "/run/d2d.sock", "--readonly"]).unwrap();
        assert_eq!(args.target().unwrap(), (Target::Socket("/run/d2d.sock".into()), Credentials::None));
    }

    #[test]
    fn addresses_are_checked() {
        assert!(server("https://scans.example.org/d2d").is_ok());
        for bad in ["localhost:8420", "ftp://host", "http://olga:secret@host", "", "/run/d2d.sock"] {
            assert!(server(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_token_goes_before_a_password_and_one_is_needed() {
        let with = |set: &[(&str, &str)]| {
            let set: Vec<_> = set.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
            credentials(move |name| set.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()))
        };
        let password = Credentials::Password { user: "olga".into(), password: "p".into() };
        assert_eq!(with(&[("D2D_USER", "olga"), ("D2D_PASSWORD", "p")]).unwrap(), password);
        let token = with(&[("D2D_TOKEN", "t"), ("D2D_USER", "olga"), ("D2D_PASSWORD", "p")]).unwrap();
        assert_eq!(token, Credentials::Token("t".into()));
        assert!(with(&[("D2D_USER", "olga"), ("D2D_PASSWORD", "")]).is_err());
    }
}

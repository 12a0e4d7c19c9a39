//! `d2d dead-letters`: tasks that failed, listed and queued again, for operators.

mod list;
mod replay;

use anyhow::anyhow;
use clap::Subcommand;
use d2d_api::{DeadLetterFilter, ProblemCode};

use super::client::{Client, ClientError};
use super::settings::SettingsArgs;

const EXAMPLES: &str = "\
Examples:
  d2d dead-letters list                        The newest tasks that failed, of all accounts
  d2d dead-letters list --code page.crashed --json
  d2d dead-letters replay 019b8d5a-33c0-7b11-9f04-6a2d1c8e4f70
  d2d dead-letters replay --all --owner anna --yes

A running daemon is asked over its Unix socket (`ops.socket`), which is for root, its own user and the group \
`data2data`; or the one that --server names, as the operator that D2D_TOKEN, or D2D_USER and D2D_PASSWORD, name. Tasks \
that are queued again keep the pages that are done. Exit codes: 0 all were queued again, 1 some were not, 2 it was called \
wrongly.";

/// List the tasks that failed, and queue them again
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
    /// Ask this server; else the daemon that the settings describe
    #[arg(long, global = true, value_name = "URL", env = "D2D_SERVER", hide_env_values = true)]
    server: Option<String>,
    #[command(flatten)]
    settings: SettingsArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::Args),
    Replay(replay::Args),
}

/// Which of the failed tasks.
#[derive(Debug, clap::Args)]
struct FilterArgs {
    /// Only tasks of this account
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
    /// Only tasks for this conversion service
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// Only tasks that failed with this code, for example `page.crashed`
    #[arg(long, value_name = "CODE")]
    code: Option<ProblemCode>,
}

impl FilterArgs {
    fn filter(self) -> DeadLetterFilter {
        DeadLetterFilter { owner: self.owner, service: self.service, code: self.code }
    }
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    let client = match &args.server {
        Some(server) => Client::of_server(server)?,
        None => Client::unix(&args.settings.load()?.config.ops.socket)?,
    };
    let done = super::runtime()?.block_on(async {
        let done = match args.command {
            Command::List(args) => list::run(args, &client).await,
            Command::Replay(args) => replay::run(args, &client).await,
        };
        client.log_out().await;
        done
    });
    done.map_err(|error| match error.downcast::<ClientError>() {
        Ok(error) => what_to_do(error, args.server.is_some()),
        Err(error) => error,
    })
}

/// What a refusal means here, where nobody need know of tokens.
fn what_to_do(error: ClientError, over_tcp: bool) -> anyhow::Error {
    let who = if over_tcp {
        "log in as one"
    } else {
        "run this as root, as the user of the daemon, or join the group `data2data`"
    };
    match &error {
        ClientError::Refused(problem)
            if matches!(problem.code, ProblemCode::AuthMissingToken | ProblemCode::AuthForbidden) =>
        {
            anyhow!("dead letters are for operators: {who}")
        }
        ClientError::Unreachable { .. } if !over_tcp => {
            anyhow!("{error}; start it, or name a server with --server")
        }
        _ => error.into(),
    }
}

//! `d2d user`: the accounts, over the socket of a running daemon, else in its database.

mod accounts;
mod password;

use std::io::Write as _;

use clap::Subcommand;
use d2d_api::{NewUser, Role, User, UserPatch, account_name_fault};

use super::settings::SettingsArgs;
use accounts::Accounts;

const EXAMPLES: &str = "\
Examples:
  d2d user add anna                            Asks for the password
  d2d user add root2 --operator
  pass show anna | d2d user passwd anna --password-stdin
  d2d user disable anna                        Shuts anna out now: her tokens end too
  d2d user list --json

If a daemon runs, it is asked over its Unix socket (`ops.socket`), which is for root, its own user and the group \
`data2data`; if none does, the database is opened directly.";

/// Add, list, change and remove accounts
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
    /// Add an account
    Add {
        #[command(flatten)]
        name: Name,
        /// Make it an operator, who sees and steers everything
        #[arg(long)]
        operator: bool,
        #[command(flatten)]
        password: password::From,
    },
    /// List all accounts
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Set a new password; all tokens of the account end
    Passwd {
        #[command(flatten)]
        name: Name,
        #[command(flatten)]
        password: password::From,
    },
    /// Shut an account out; all its tokens end
    Disable(Name),
    /// Let an account in again
    Enable(Name),
    /// Remove an account; its tasks stay
    Remove(Name),
}

#[derive(Debug, clap::Args)]
struct Name {
    /// The name of the account
    #[arg(value_parser = account_name)]
    name: String,
}

fn account_name(text: &str) -> Result<String, String> {
    account_name_fault(text).map_or_else(|| Ok(text.to_owned()), Err)
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    let config = args.settings.load()?.config;
    let runtime = super::runtime()?;
    runtime.block_on(async {
        // The password first: nobody should wait for a database and then mistype.
        let change = Change::ask(args.command)?;
        let accounts = Accounts::open(&config).await?;
        let done = change.make(&accounts).await;
        accounts.close().await;
        done
    })
}

/// What is to be done, with everything that it takes.
enum Change {
    Add(NewUser),
    List { json: bool },
    Patch(String, UserPatch, &'static str),
    Remove(String),
}

impl Change {
    fn ask(command: Command) -> anyhow::Result<Self> {
        let shut = |disabled| UserPatch { disabled: Some(disabled), ..UserPatch::default() };
        Ok(match command {
            Command::Add { name: Name { name }, operator, password } => {
                let role = if operator { Role::Operator } else { Role::User };
                Self::Add(NewUser { password: password.get(&name)?, name, role })
            }
            Command::List { json } => Self::List { json },
            Command::Passwd { name: Name { name }, password } => {
                let patch = UserPatch { password: Some(password.get(&name)?), ..UserPatch::default() };
                Self::Patch(name, patch, "has a new password; its tokens have ended")
            }
            Command::Disable(Name { name }) => Self::Patch(name, shut(true), "is shut out"),
            Command::Enable(Name { name }) => Self::Patch(name, shut(false), "may come in again"),
            Command::Remove(Name { name }) => Self::Remove(name),
        })
    }

    async fn make(self, accounts: &Accounts) -> anyhow::Result<()> {
        let mut out = std::io::stdout();
        match self {
            Self::List { json } => print(&accounts.list().await?, json)?,
            Self::Add(new) => {
                let user = accounts.add(new).await?;
                writeln!(out, "`{}` is added as {}", user.name, role(user.role))?;
            }
            Self::Patch(name, patch, done) => {
                accounts.change(&name, patch).await?;
                writeln!(out, "`{name}` {done}")?;
            }
            Self::Remove(name) => {
                accounts.remove(&name).await?;
                writeln!(out, "`{name}` is removed")?;
            }
        }
        Ok(())
    }
}

fn print(users: &[User], json: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    if json {
        writeln!(out, "{}", serde_json::to_string_pretty(users)?)?;
    } else if users.is_empty() {
        writeln!(out, "there are no accounts yet: `d2d user add NAME` adds one")?;
    }
    for user in users.iter().filter(|_| !json) {
        let state = if user.disabled { "disabled" } else { "-" };
        let since = user.created_at.format("%Y-%m-%d");
        writeln!(out, "{:<24} {:<9} {state:<9} {since}", user.name, role(user.role))?;
    }
    Ok(())
}

fn role(role: Role) -> &'static str {
    match role {
        Role::User => "user",
        Role::Operator => "operator",
    }
}

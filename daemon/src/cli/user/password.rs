//! Where a new password comes from: the terminal, twice, or standard input.

use std::io::{self, BufRead as _, IsTerminal as _};

use anyhow::{Context as _, bail};
use d2d_api::password_fault;

/// Where a new password comes from.
#[derive(Debug, clap::Args)]
pub(super) struct From {
    /// Read the password from the first line of standard input, not from the terminal
    #[arg(long)]
    password_stdin: bool,
}

impl From {
    /// A password that may be one.
    pub(super) fn get(&self, name: &str) -> anyhow::Result<String> {
        let password = if self.password_stdin { first_line()? } else { ask_twice(name)? };
        match password_fault(&password) {
            None => Ok(password),
            Some(fault) => bail!("the password {fault}: choose another"),
        }
    }
}

fn first_line() -> anyhow::Result<String> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).context("can't read the password from standard input")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn ask_twice(name: &str) -> anyhow::Result<String> {
    if !io::stdin().is_terminal() {
        return Err(crate::cli::usage("there is no terminal to ask for the password: give --password-stdin"));
    }
    let password = rpassword::prompt_password(format!("New password for `{name}`: "))?;
    if let Some(fault) = password_fault(&password) {
        bail!("the password {fault}: choose another");
    }
    if rpassword::prompt_password("The same again: ")? != password {
        bail!("the passwords differ: nothing was changed");
    }
    Ok(password)
}

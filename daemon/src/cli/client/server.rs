//! The server that `--server` names, as the account that the environment names.

use std::io::IsTerminal as _;

use super::{Client, Credentials};
use crate::cli::usage;

impl Client {
    /// A client of a server, as the account that the environment names.
    pub(crate) fn of_server(server: &str) -> anyhow::Result<Self> {
        let client = Self::tcp(server)?;
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        if let Some(token) = variable("D2D_TOKEN") {
            return Ok(client.with(Credentials::Token(token)));
        }
        let Some(name) = variable("D2D_USER") else {
            return Err(usage("a server wants an account: set D2D_TOKEN, or D2D_USER and D2D_PASSWORD"));
        };
        let password = match variable("D2D_PASSWORD") {
            Some(password) => password,
            None if std::io::stdin().is_terminal() => {
                rpassword::prompt_password(format!("Password of `{name}` at {}: ", client.server()))?
            }
            None => {
                return Err(usage(format!(
                    "there is no terminal to ask for the password of `{name}`: set D2D_PASSWORD"
                )));
            }
        };
        Ok(client.with(Credentials::Password { name, password }))
    }
}

//! The accounts, wherever they can be got at: in a running daemon, else in its database.

use anyhow::{Context as _, anyhow};
use d2d_api::{NewUser, ProblemCode, User, UserPatch};
use d2d_config::{AuthConfig, Config};
use d2d_store::{Account, AccountChange, NewAccount, Store, StoreError};

use crate::cli::client::{Client, ClientError};
use crate::cli::local::{check_owner, daemon_answers};
use crate::http::hash_password;

pub(super) enum Accounts {
    /// Of a running daemon.
    Daemon(Client),
    /// Of a database that no daemon has open.
    Database(Store, AuthConfig),
}

impl Accounts {
    /// The running daemon if there is one, else the database.
    pub(super) async fn open(config: &Config) -> anyhow::Result<Self> {
        if daemon_answers(&config.ops.socket)? {
            return Ok(Self::Daemon(Client::unix(&config.ops.socket)?));
        }
        check_owner(&config.data_dir, "d2d user")?;
        let store = Store::open(&config.store, &config.data_dir).await.context("can't open the database")?;
        Ok(Self::Database(store, config.auth.clone()))
    }

    pub(super) async fn close(self) {
        if let Self::Database(store, _) = self
            && let Err(error) = store.close().await
        {
            crate::cli::exit::say_error(&format!("the database was not closed well: {error}"));
        }
    }

    pub(super) async fn list(&self) -> anyhow::Result<Vec<User>> {
        match self {
            Self::Daemon(client) => client.users().await.map_err(refused("")),
            Self::Database(store, _) => Ok(store.accounts().await?.into_iter().map(user).collect()),
        }
    }

    pub(super) async fn add(&self, new: NewUser) -> anyhow::Result<User> {
        match self {
            Self::Daemon(client) => client.add_user(&new).await.map_err(refused(&new.name)),
            Self::Database(store, config) => {
                let password_hash = hash_password(config, &new.password)?;
                let account = NewAccount { name: new.name.clone(), password_hash, role: new.role };
                store.create_account(account).await.map(user).map_err(failed(&new.name))
            }
        }
    }

    pub(super) async fn change(&self, name: &str, patch: UserPatch) -> anyhow::Result<User> {
        match self {
            Self::Daemon(client) => client.change_user(name, &patch).await.map_err(refused(name)),
            Self::Database(store, config) => {
                let password_hash = patch.password.map(|password| hash_password(config, &password)).transpose()?;
                let change = AccountChange { password_hash, role: patch.role, disabled: patch.disabled };
                store.update_account(name, change).await.map(user).map_err(failed(name))
            }
        }
    }

    pub(super) async fn remove(&self, name: &str) -> anyhow::Result<()> {
        match self {
            Self::Daemon(client) => client.remove_user(name).await.map_err(refused(name)),
            Self::Database(store, _) => store.remove_account(name).await.map_err(failed(name)),
        }
    }
}

fn refused(name: &str) -> impl FnOnce(ClientError) -> anyhow::Error {
    let name = name.to_owned();
    move |error| match error.code() {
        Some(ProblemCode::AuthUserExists) => exists(&name),
        Some(ProblemCode::AuthUserNotFound) => missing(&name),
        Some(ProblemCode::AuthMissingToken | ProblemCode::AuthForbidden) => anyhow!(
            "accounts are for operators: run this as root, as the user of the daemon, or join the group `data2data`"
        ),
        _ => error.into(),
    }
}

fn failed(name: &str) -> impl FnOnce(StoreError) -> anyhow::Error {
    let name = name.to_owned();
    move |error| match error {
        StoreError::Exists => exists(&name),
        StoreError::NotFound => missing(&name),
        error => error.into(),
    }
}

fn exists(name: &str) -> anyhow::Error {
    anyhow!("there is an account `{name}` already: `d2d user passwd {name}` gives it a new password")
}

fn missing(name: &str) -> anyhow::Error {
    anyhow!("there is no account `{name}`: `d2d user list` lists them")
}

fn user(account: Account) -> User {
    User { name: account.name, role: account.role, disabled: account.disabled, created_at: account.created_at }
}

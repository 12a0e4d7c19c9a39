//! What clients and operators do beside tasks: log in and out, make and remove API keys, tickets and accounts, make backups.
//! What was acknowledged holds, however often the daemon is killed meanwhile.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use d2d_api::{ApiKey, ApiKeys, TaskList, Ticket, Token};
use fastrand::Rng;
use serde_json::{Value, json};

use super::remote::Remote;
use super::story::World;
use crate::harness::{API, Cli, PASSWORD};

/// Between two of them, for to hash a password takes long.
const PAUSE: Duration = Duration::from_millis(200);
/// The folder of backups, in that of the daemon.
const BACKUPS: &str = "backups";

/// Somebody who uses an account for all but tasks.
pub(super) struct Bystander {
    /// Without a token.
    pub(super) anyone: Remote,
    pub(super) operator: Remote,
    pub(super) cli: Cli,
    /// Whether a backup was made.
    pub(super) has_backup: bool,
    /// The name of the account, which nobody else uses.
    pub(super) name: String,
    pub(super) rng: Rng,
}

impl Bystander {
    pub(super) async fn live(mut self, world: Arc<World>) -> Result<()> {
        while !world.is_stopping() {
            match self.rng.u8(0..6) {
                0 => self.use_a_key().await.context("an API key")?,
                1 => self.renew_and_log_out().await.context("a login")?,
                2 => self.take_a_ticket().await.context("a ticket")?,
                3 => self.back_up().await.context("a backup")?,
                4 => self.look_around().await.context("lists")?,
                _ => self.keep_accounts().await.context("accounts")?,
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    async fn log_in(&self) -> Result<Token> {
        let login = json!({ "username": self.name, "password": PASSWORD });
        self.anyone.surely(|client| client.post("/auth/token").json(&login)).await?.expect(200)?.json()
    }

    async fn logged_in(&self) -> Result<Remote> {
        Ok(self.anyone.with_token(&self.log_in().await?.access_token))
    }

    async fn use_a_key(&mut self) -> Result<()> {
        let own = self.logged_in().await?;
        let new = json!({ "name": "a key", "scopes": ["tasks:read"] });
        let key: ApiKey = own.surely(|client| client.post("/auth/api-keys").json(&new)).await?.expect(201)?.json()?;
        let program = own.with_token(&key.secret.context("a key without a secret")?);
        ensure!(is_let_in(&program).await?, "it was made and opens nothing");
        let keys: ApiKeys = own.surely(|client| client.get("/auth/api-keys")).await?.expect(200)?.json()?;
        ensure!(keys.items.iter().any(|other| other.id == key.id), "it is not listed");
        // Those, too, that were made without an answer.
        for key in keys.items {
            own.removed(|client| client.delete(&format!("/auth/api-keys/{}", key.id))).await?;
        }
        ensure!(!is_let_in(&program).await?, "it was removed and lets in");
        Ok(())
    }

    async fn renew_and_log_out(&mut self) -> Result<()> {
        let first = self.log_in().await?;
        let grant = json!({ "refresh_token": first.refresh_token });
        // Whether a request was done that was not answered nobody knows, and it can be done once.
        let answer = self.anyone.once(|client| client.post("/auth/token/refresh").json(&grant)).await?;
        let Some(answer) = answer.filter(|answer| !self.anyone.is_for_later(answer)) else { return Ok(()) };
        let second: Token = answer.expect(200)?.json()?;
        let session = self.anyone.with_token(&second.access_token);
        ensure!(is_let_in(&session).await?, "it was renewed and lets nobody in");
        let end = json!({ "token": second.refresh_token });
        self.anyone.surely(|client| client.post("/auth/token/revoke").json(&end)).await?.expect(204)?;
        ensure!(!is_let_in(&session).await?, "it was ended and lets in");
        Ok(())
    }

    async fn take_a_ticket(&mut self) -> Result<()> {
        let own = self.logged_in().await?;
        let ticket: Ticket = own.surely(|client| client.post("/auth/ws-tickets")).await?.expect(201)?.json()?;
        let path = format!("/tasks/ws?ticket={}", ticket.ticket);
        if self.anyone.client().socket(&path).await.is_ok() {
            ensure!(self.anyone.client().socket(&path).await.is_err(), "it opened two websockets");
        }
        Ok(())
    }

    async fn look_around(&mut self) -> Result<()> {
        let own = self.logged_in().await?;
        let list: TaskList = own.surely(|client| client.get("/tasks?limit=5")).await?.expect(200)?.json()?;
        ensure!(list.items.is_empty(), "tasks of others: {list:?}");
        self.operator.surely(|client| client.request(reqwest::Method::GET, "/healthz")).await?.expect(200)?;
        for path in ["/ops/overview", "/ops/tasks?limit=5", "/ops/dead-letters", "/auth/users"] {
            self.operator.surely(|client| client.get(path)).await?.expect(200)?;
        }
        self.operator.surely(|client| client.post("/auth/keys/rotate")).await?.expect(200)?;
        ensure!(is_let_in(&own).await?, "a token of the key before is worth nothing");
        Ok(())
    }

    /// It is made, or broken off when the daemon is killed; those that were made are whole.
    async fn back_up(&mut self) -> Result<()> {
        // Without a daemon it would open the database itself, and be in the way of the next one.
        let only_from_a_daemon = "store.url=ws://127.0.0.1:1";
        let made = self.cli.run(&["backup", BACKUPS, "--keep", "2", "--quiet", "--set", only_from_a_daemon]).await?;
        ensure!(!made.stderr.contains("missing or damaged"), "{made:?}");
        match made.code {
            Some(0) => self.has_backup = true,
            Some(1) => ensure!(made.stderr.contains("error:"), "it does not say what broke it off: {made:?}"),
            _ => bail!("a backup ended otherwise: {made:?}"),
        }
        if self.has_backup {
            self.cli.run(&["backup", BACKUPS, "--verify"]).await?.expect(0)?;
        }
        Ok(())
    }

    async fn keep_accounts(&mut self) -> Result<()> {
        let name = format!("guest-{:016x}", self.rng.u64(..));
        let path = format!("/auth/users/{name}");
        let new = json!({ "name": name, "password": PASSWORD });
        let made = self.operator.surely(|client| client.post("/auth/users").json(&new)).await?;
        // It was made when it was asked for before.
        ensure!(matches!(made.status, 201 | 409), "{made:?}");
        let change = json!({ "disabled": true });
        self.operator
            .surely(|client| client.request(reqwest::Method::PATCH, &format!("{API}{path}")).json(&change))
            .await?
            .expect(200)?;
        let account: Value = self.operator.surely(|client| client.get(&path)).await?.expect(200)?.json()?;
        ensure!(account["disabled"] == true, "it was changed, and is {account}");
        self.operator.removed(|client| client.delete(&path)).await?;
        let gone = self.operator.surely(|client| client.get(&path)).await?;
        ensure!(gone.status == 404, "it was removed and is there: {gone:?}");
        Ok(())
    }
}

async fn is_let_in(remote: &Remote) -> Result<bool> {
    let answer = remote.surely(|client| client.get("/auth/me")).await?;
    ensure!(matches!(answer.status, 200 | 401), "{answer:?}");
    Ok(answer.status == 200)
}

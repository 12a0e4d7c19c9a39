//! Who a client is, and the token that shows it: got when it is needed first, and anew before it ends.

use std::time::{Duration, Instant};

use d2d_api::{Grant, ProblemCode, RefreshGrant, Revocation, Token};
use reqwest::Method;
use serde::Serialize;
use tokio::sync::Mutex;

use super::{Client, ClientError};

/// How a client shows who it is.
#[derive(Clone)]
pub(crate) enum Credentials {
    /// By a token or an API key that it was given.
    Token(String),
    /// By name and password, for which it gets tokens itself.
    Password {
        /// The name of the account.
        name: String,
        /// Its password.
        password: String,
    },
}

pub(super) struct Session {
    credentials: Credentials,
    token: Mutex<Option<Fresh>>,
}

/// Tokens that were got here.
struct Fresh {
    token: Token,
    renew_at: Instant,
}

impl Session {
    pub(super) fn new(credentials: Credentials) -> Self {
        Self { credentials, token: Mutex::new(None) }
    }

    /// Whether it gets newer tokens by itself.
    pub(super) fn renews(&self) -> bool {
        matches!(self.credentials, Credentials::Password { .. })
    }

    /// A token that is valid for a while.
    pub(super) async fn token(&self, client: &Client) -> Result<String, ClientError> {
        let (name, password) = match &self.credentials {
            Credentials::Token(token) => return Ok(token.clone()),
            Credentials::Password { name, password } => (name, password),
        };
        let mut held = self.token.lock().await;
        if let Some(fresh) = held.as_ref().filter(|fresh| Instant::now() < fresh.renew_at) {
            return Ok(fresh.token.access_token.clone());
        }
        let token = match held.take() {
            Some(fresh) => Box::pin(refresh(client, fresh.token, name, password)).await?,
            None => log_in(client, name, password).await?,
        };
        let renew_at = Instant::now() + Duration::from_secs(token.expires_in.saturating_mul(4) / 5);
        let access_token = token.access_token.clone();
        *held = Some(Fresh { token, renew_at });
        Ok(access_token)
    }

    /// Ends the tokens that were got here, if there are any.
    pub(super) async fn end(&self, client: &Client) -> Result<(), ClientError> {
        let Some(fresh) = self.token.lock().await.take() else { return Ok(()) };
        let revocation = Revocation { token: fresh.token.refresh_token, token_type_hint: None };
        let request = client.open_request(Method::POST, "auth/token/revoke").json(&revocation);
        client.send(request).await.map(drop)
    }
}

async fn log_in(client: &Client, name: &str, password: &str) -> Result<Token, ClientError> {
    let grant_type = Some("password".to_owned());
    let grant = Grant { grant_type, username: name.to_owned(), password: password.to_owned() };
    ask(client, "auth/token", &grant).await
}

/// Newer tokens for older ones; by the password, if the older ones have ended meanwhile.
async fn refresh(client: &Client, old: Token, name: &str, password: &str) -> Result<Token, ClientError> {
    let grant = RefreshGrant { grant_type: None, refresh_token: old.refresh_token };
    match ask(client, "auth/token/refresh", &grant).await {
        Err(error) if error.code() == Some(ProblemCode::AuthBadRefreshToken) => log_in(client, name, password).await,
        other => other,
    }
}

async fn ask(client: &Client, path: &str, grant: &impl Serialize) -> Result<Token, ClientError> {
    client.answer(client.open_request(Method::POST, path).json(grant)).await
}

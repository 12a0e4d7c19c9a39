//! Who a client is, and the token that shows it: got when it is needed first, and anew before it ends.

use std::time::{Duration, Instant};

use d2d_api::{Grant, Token};
use reqwest::Method;
use tokio::sync::Mutex;

use super::{Client, ClientError};

/// How a client shows who it is.
#[derive(Clone)]
pub(crate) enum Credentials {
    /// By a token that it was given.
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

/// A token that was got here.
struct Fresh {
    token: String,
    renew_at: Instant,
}

impl Session {
    pub(super) fn new(credentials: Credentials) -> Self {
        Self { credentials, token: Mutex::new(None) }
    }

    /// A token that is valid for a while.
    pub(super) async fn token(&self, client: &Client) -> Result<String, ClientError> {
        let (name, password) = match &self.credentials {
            Credentials::Token(token) => return Ok(token.clone()),
            Credentials::Password { name, password } => (name, password),
        };
        let mut held = self.token.lock().await;
        if let Some(fresh) = held.as_ref().filter(|fresh| Instant::now() < fresh.renew_at) {
            return Ok(fresh.token.clone());
        }
        let grant =
            Grant { grant_type: Some("password".to_owned()), username: name.clone(), password: password.clone() };
        let token: Token = client.answer(client.open_request(Method::POST, "auth/token").json(&grant)).await?;
        let renew_at = Instant::now() + Duration::from_secs(token.expires_in.saturating_mul(4) / 5);
        *held = Some(Fresh { token: token.access_token.clone(), renew_at });
        Ok(token.access_token)
    }
}

//! A client of one account, over TCP or over the operators' socket.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Result;
use d2d_api::Token;
use reqwest::{Method, RequestBuilder};

use super::{Ask, Socket};

/// The prefix of the services.
pub const API: &str = "/api/v1";

/// A client.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    way: Way,
    token: Option<String>,
}

/// How the daemon is reached.
#[derive(Debug, Clone)]
pub(super) enum Way {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

impl Client {
    /// A client over TCP, without a token.
    ///
    /// # Errors
    /// When the system has no randomness or the like.
    pub fn tcp(address: SocketAddr) -> Result<Self> {
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { http, way: Way::Tcp(address), token: None })
    }

    /// A client over the operators' socket, without a token.
    ///
    /// # Errors
    /// As [`Client::tcp`].
    pub fn unix(socket: &Path) -> Result<Self> {
        let http = reqwest::Client::builder().no_proxy().unix_socket(socket).build()?;
        Ok(Self { http, way: Way::Unix(socket.to_owned()), token: None })
    }

    /// The same client with this token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same client without a token.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        Self { token: None, ..self.clone() }
    }

    /// The same client, logged in.
    ///
    /// # Errors
    /// When the daemon refuses.
    pub async fn log_in(&self, name: &str, password: &str) -> Result<Self> {
        let form = [("grant_type", "password"), ("username", name), ("password", password)];
        let answer = self.anonymous().post("/auth/token").form(&form).ask().await?.expect(200)?;
        Ok(self.with_token(&answer.json::<Token>()?.access_token))
    }

    /// Its token, empty if it has none.
    #[must_use]
    pub fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }

    /// `GET` of a path below the prefix.
    pub fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, &format!("{API}{path}"))
    }

    /// `POST` to a path below the prefix.
    pub fn post(&self, path: &str) -> RequestBuilder {
        self.request(Method::POST, &format!("{API}{path}"))
    }

    /// `DELETE` of a path below the prefix.
    pub fn delete(&self, path: &str) -> RequestBuilder {
        self.request(Method::DELETE, &format!("{API}{path}"))
    }

    /// Any method on any path, the prefix included if it has one.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("http://{}{path}", self.host()));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// A websocket on a path below the prefix, with the token in its header.
    ///
    /// # Errors
    /// When the daemon does not switch protocols.
    pub async fn socket(&self, path: &str) -> Result<Socket> {
        Socket::open(&self.way, &self.host(), &format!("{API}{path}"), self.token.as_deref()).await
    }

    fn host(&self) -> String {
        match &self.way {
            Way::Tcp(address) => address.to_string(),
            Way::Unix(_) => "localhost".to_owned(),
        }
    }
}

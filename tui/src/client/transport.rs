//! Requests to the daemon: the same over its local socket and over the network.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use d2d_api::{Grant, Overview, TaskId, Token};
use reqwest::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use tokio::sync::Mutex;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::ClientError;
use super::stream::OpsStream;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Where the daemon is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// On this machine, at its local socket: the daemon asks the system who calls.
    Socket(PathBuf),
    /// At an address, where an operator's account is needed.
    Server(Url),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(path) => write!(f, "{}", path.display()),
            Self::Server(url) => f.write_str(url.as_str().trim_end_matches('/')),
        }
    }
}

/// Who calls.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// Whoever the system says, on the local socket.
    None,
    /// The holder of a token or key.
    Token(String),
    /// An account; tokens are had for it as needed.
    Password {
        /// Its name.
        user: String,
        /// Its password.
        password: String,
    },
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Token(_) => "Token",
            Self::Password { .. } => "Password",
        })
    }
}

/// The way to the daemon.
pub struct Transport {
    http: reqwest::Client,
    target: Target,
    credentials: Credentials,
    /// The token had for a password, until it is refused.
    token: Mutex<Option<String>>,
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").field("target", &self.target).finish_non_exhaustive()
    }
}

impl Transport {
    /// A way to `target`; nothing is sent yet.
    ///
    /// # Errors
    /// If the TLS of the system can't be set up.
    pub fn new(target: Target, credentials: Credentials) -> Result<Self, reqwest::Error> {
        let builder = reqwest::Client::builder()
            .user_agent(concat!("d2d-tui/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .http1_only() // a websocket is an upgrade of HTTP/1.1
            .connect_timeout(CONNECT_TIMEOUT);
        let http = match &target {
            Target::Socket(path) => builder.no_proxy().unix_socket(path.as_path()),
            Target::Server(_) => builder,
        };
        Ok(Self { http: http.build()?, target, credentials, token: Mutex::default() })
    }

    /// The service at this moment.
    ///
    /// # Errors
    /// [`ClientError`] if the daemon can't be reached or refuses.
    pub async fn overview(&self) -> Result<Overview, ClientError> {
        let response = self.send(Method::GET, "ops/overview", |request| request).await?;
        response.json().await.map_err(|error| ClientError::strange(&self.target, error.to_string()))
    }

    /// Cancels a task.
    ///
    /// # Errors
    /// [`ClientError`] if the daemon can't be reached or refuses, for example because the task has ended.
    pub async fn cancel(&self, task: TaskId) -> Result<(), ClientError> {
        self.send(Method::POST, &format!("ops/tasks/{task}/cancel"), |request| request).await.map(drop)
    }

    /// Opens the operators' websocket (RFC 6455 section 4.1).
    pub(super) async fn open(&self) -> Result<OpsStream, ClientError> {
        let key = generate_key();
        let upgrade = |request: RequestBuilder| {
            request
                .header(CONNECTION, "Upgrade")
                .header(UPGRADE, "websocket")
                .header(SEC_WEBSOCKET_VERSION, "13")
                .header(SEC_WEBSOCKET_KEY, &key)
        };
        let response = self.send(Method::GET, "ops/ws", upgrade).await?;
        let accepted = response.headers().get(SEC_WEBSOCKET_ACCEPT).map(reqwest::header::HeaderValue::as_bytes);
        if response.status() != StatusCode::SWITCHING_PROTOCOLS
            || accepted != Some(derive_accept_key(key.as_bytes()).as_bytes())
        {
            return Err(ClientError::strange(&self.target, "it opens no websocket"));
        }
        let socket = response.upgrade().await.map_err(|error| ClientError::strange(&self.target, error.to_string()))?;
        Ok(OpsStream::new(socket).await)
    }

    /// Sends a request; with a new token if the one at hand is no longer taken.
    async fn send(
        &self,
        method: Method,
        path: &str,
        finish: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Result<Response, ClientError> {
        let (token, fresh) = self.token().await?;
        let response = self.send_with(token, method.clone(), path, &finish).await?;
        if response.status() != StatusCode::UNAUTHORIZED || fresh {
            return self.checked(response).await;
        }
        self.token.lock().await.take();
        let (token, _) = self.token().await?;
        let response = self.send_with(token, method, path, &finish).await?;
        self.checked(response).await
    }

    async fn send_with(
        &self,
        token: Option<String>,
        method: Method,
        path: &str,
        finish: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Result<Response, ClientError> {
        let request = self.http.request(method, self.url(path));
        let request = token.into_iter().fold(request, RequestBuilder::bearer_auth);
        self.answer(finish(request)).await
    }

    /// The token to send, and whether it can't be renewed: it was had just now, or was given.
    async fn token(&self) -> Result<(Option<String>, bool), ClientError> {
        let (user, password) = match &self.credentials {
            Credentials::None => return Ok((None, true)),
            Credentials::Token(token) => return Ok((Some(token.clone()), true)),
            Credentials::Password { user, password } => (user, password),
        };
        let mut known = self.token.lock().await;
        if let Some(token) = &*known {
            return Ok((Some(token.clone()), false));
        }
        let grant =
            Grant { grant_type: Some("password".to_owned()), username: user.clone(), password: password.clone() };
        let response = self.answer(self.http.post(self.url("auth/token")).json(&grant)).await?;
        let response = self.checked(response).await?;
        let token: Token =
            response.json().await.map_err(|error| ClientError::strange(&self.target, error.to_string()))?;
        *known = Some(token.access_token.clone());
        Ok((Some(token.access_token), true))
    }

    /// Waits for the head of the answer; a websocket has no end to wait for.
    async fn answer(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        match tokio::time::timeout(ANSWER_TIMEOUT, request.send()).await {
            Ok(answer) => answer.map_err(|error| ClientError::unreachable(&self.target, &error)),
            Err(_) => Err(ClientError::Unreachable(format!("{} does not answer in time", self.target))),
        }
    }

    async fn checked(&self, response: Response) -> Result<Response, ClientError> {
        let status = response.status();
        if status.is_success() || status == StatusCode::SWITCHING_PROTOCOLS {
            return Ok(response);
        }
        let body = response.bytes().await.unwrap_or_default();
        Err(ClientError::refused(&self.target, status, &body))
    }

    fn url(&self, path: &str) -> String {
        match &self.target {
            Target::Socket(_) => format!("http://localhost/api/v1/{path}"),
            Target::Server(url) => format!("{}/api/v1/{path}", url.as_str().trim_end_matches('/')),
        }
    }
}

//! One server, over TCP or its Unix socket: requests, answers, problems.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use d2d_api::Problem;
use reqwest::{Method, RequestBuilder, Response, Url};
use serde::de::DeserializeOwned;

use super::session::Session;
use super::{ClientError, Credentials};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// For answers that are made at once; uploads, downloads and sockets take the time that they take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// A client of one server. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: Url,
    server: Arc<str>,
    session: Option<Arc<Session>>,
}

impl Client {
    /// A client of the server at `url`, for example `http://127.0.0.1:8420`.
    pub(crate) fn tcp(url: &str) -> anyhow::Result<Self> {
        let with_scheme = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
        let base = Url::parse(&with_scheme)
            .ok()
            .filter(|base| matches!(base.scheme(), "http" | "https") && base.has_host())
            .ok_or_else(|| crate::cli::usage(format!("`{url}` is no address: write http://HOST:PORT")))?;
        let http = builder().build()?;
        Ok(Self { http, server: base.as_str().trim_end_matches('/').into(), base, session: None })
    }

    /// A client of the daemon behind a Unix socket.
    pub(crate) fn unix(socket: &Path) -> anyhow::Result<Self> {
        let http = builder().unix_socket(socket).build()?;
        let server = format!("unix:{}", socket.display());
        Ok(Self { http, base: Url::parse("http://localhost")?, server: server.into(), session: None })
    }

    /// This client, as somebody.
    pub(crate) fn with(self, credentials: Credentials) -> Self {
        Self { session: Some(Arc::new(Session::new(credentials))), ..self }
    }

    /// Whether this client gets newer tokens by itself.
    pub(super) fn renews_tokens(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.renews())
    }

    /// Ends the tokens that this client got for itself. It is no matter if that fails: they end by themselves.
    pub(crate) async fn log_out(&self) {
        if let Some(session) = &self.session {
            let _ = session.end(self).await;
        }
    }

    /// The address, as a person knows it.
    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    /// A request without a token, to `path` under the root of the server.
    pub(super) fn root_request(&self, method: Method, path: &str) -> RequestBuilder {
        let base = self.base.as_str().trim_end_matches('/');
        self.http.request(method, format!("{base}/{path}"))
    }

    /// A request without a token, to `path` under the API.
    pub(super) fn open_request(&self, method: Method, path: &str) -> RequestBuilder {
        self.root_request(method, &format!("api/v1/{path}"))
    }

    /// A request to `path` under the API, with the token of the session if there is one.
    pub(super) async fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, ClientError> {
        let request = self.open_request(method, path);
        match &self.session {
            Some(session) => Ok(request.bearer_auth(Box::pin(session.token(self)).await?)),
            None => Ok(request),
        }
    }

    /// Sends a request whose answer is made at once, and reads the answer.
    pub(super) async fn answer<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, ClientError> {
        let response = self.send(request.timeout(ANSWER_TIMEOUT)).await?;
        self.read(response).await
    }

    /// Reads the body of an answer.
    pub(super) async fn read<T: DeserializeOwned>(&self, response: Response) -> Result<T, ClientError> {
        let body = response.bytes().await.map_err(|error| self.unreachable(&error))?;
        serde_json::from_slice(&body).map_err(|error| self.foreign(error.to_string()))
    }

    /// Sends a request; an answer that is no success is an error.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        if status.is_success() || status.is_informational() {
            return Ok(response);
        }
        let body = response.bytes().await.map_err(|error| self.unreachable(&error))?;
        match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) => Err(ClientError::Refused(Box::new(problem))),
            Err(_) => Err(self.foreign(format!("HTTP {status}"))),
        }
    }

    pub(super) fn unreachable(&self, error: &(dyn std::error::Error + 'static)) -> ClientError {
        ClientError::unreachable(&self.server, error)
    }

    pub(super) fn foreign(&self, reason: impl Into<String>) -> ClientError {
        ClientError::Foreign { server: self.server.to_string(), reason: reason.into() }
    }
}

fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("d2d/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_nodelay(true)
}

//! The one client for requests to addresses that users name.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use d2d_api::ProblemCode;
use d2d_config::OutboundConfig;
use ipnet::IpNet;
use reqwest::dns::Resolve;
use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue, LOCATION};
use reqwest::{Body, Method, Request, Response, StatusCode, Url, redirect};

use super::address::may_be_asked;
use super::resolver::{Guarded, NotPublic, SystemResolver};

/// A URL that leads on more often than this leads nowhere.
const MOST_REDIRECTS: usize = 5;
/// The longest URL.
const LONGEST_URL: usize = 4096;

/// Makes requests to public addresses only. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Outbound {
    client: reqwest::Client,
    allowed: Arc<[IpNet]>,
}

/// Why a request was not made, or not answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OutboundError {
    /// It is no address that can be asked.
    #[error("{0}")]
    BadUrl(&'static str),
    /// It is not public, and no operator allowed it.
    #[error("the address of `{host}` is not public: an operator can allow it with `outbound.allow`")]
    Forbidden {
        /// The host in the URL.
        host: String,
    },
    /// It leads on and on.
    #[error("it leads on more than {MOST_REDIRECTS} times")]
    TooManyRedirects,
    /// It can't be reached, or does not speak HTTP.
    #[error("{0}")]
    Unreachable(String),
}

impl OutboundError {
    /// The code that clients are told.
    pub(crate) fn code(&self) -> ProblemCode {
        match self {
            Self::BadUrl(_) => ProblemCode::FetchBadUrl,
            Self::Forbidden { .. } => ProblemCode::FetchForbidden,
            Self::TooManyRedirects | Self::Unreachable(_) => ProblemCode::FetchFailed,
        }
    }
}

impl Outbound {
    /// A client as the settings have it.
    ///
    /// # Errors
    /// If TLS can't be set up.
    pub(crate) fn new(config: &OutboundConfig) -> Result<Self, OutboundError> {
        Self::with_resolver(config, Arc::new(SystemResolver))
    }

    /// As [`Outbound::new`], with names resolved by `resolver`.
    pub(crate) fn with_resolver(config: &OutboundConfig, resolver: Arc<dyn Resolve>) -> Result<Self, OutboundError> {
        let allowed: Arc<[IpNet]> = config.allow.clone().into();
        let client = reqwest::Client::builder()
            .user_agent(concat!("data2data/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(config.connect_timeout)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .dns_resolver(Arc::new(Guarded { inner: resolver, allowed: Arc::clone(&allowed) }))
            .build()
            .map_err(|error| OutboundError::Unreachable(reason(&error)))?;
        Ok(Self { client, allowed })
    }

    /// Reads a URL, and refuses what can be refused before anybody is asked.
    pub(crate) fn admit(&self, url: &str) -> Result<Url, OutboundError> {
        if url.len() > LONGEST_URL {
            return Err(OutboundError::BadUrl("it has more than 4096 bytes"));
        }
        let url = Url::parse(url).map_err(|_| OutboundError::BadUrl("it is no URL"))?;
        self.check(&url)?;
        Ok(url)
    }

    /// Fetches a URL; where it leads on, what it leads to.
    ///
    /// The body is read by the caller, who bounds its size and time.
    pub(crate) async fn get(&self, mut url: Url) -> Result<Response, OutboundError> {
        for _ in 0..=MOST_REDIRECTS {
            let mut request = Request::new(Method::GET, url.clone());
            // What is to be kept is asked for as it is.
            request.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
            let response = self.send(request).await?;
            let location = response.headers().get(LOCATION).filter(|_| leads_on(response.status()));
            let Some(location) = location else { return Ok(response) };
            let target = location.to_str().ok().and_then(|target| url.join(target).ok());
            url = target.ok_or(OutboundError::BadUrl("it leads on to what is no URL"))?;
        }
        Err(OutboundError::TooManyRedirects)
    }

    /// Sends a body. Where the answer leads on is not followed.
    pub(crate) async fn post(&self, url: Url, headers: HeaderMap, body: Vec<u8>) -> Result<Response, OutboundError> {
        let mut request = Request::new(Method::POST, url);
        request.headers_mut().extend(headers);
        *request.body_mut() = Some(Body::from(body));
        self.send(request).await
    }

    async fn send(&self, request: Request) -> Result<Response, OutboundError> {
        self.check(request.url())?;
        let host = request.url().host_str().unwrap_or_default().to_owned();
        self.client.execute(request).await.map_err(|error| {
            if causes(&error).any(<dyn Error>::is::<NotPublic>) {
                OutboundError::Forbidden { host }
            } else {
                OutboundError::Unreachable(reason(&error))
            }
        })
    }

    /// Names are judged when they are resolved; addresses here.
    fn check(&self, url: &Url) -> Result<(), OutboundError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(OutboundError::BadUrl("only `http` and `https` are taken"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(OutboundError::BadUrl("it has a name or a password in it, which everybody would see"));
        }
        let host = url.host_str().unwrap_or_default();
        let known = if is_loopback_name(host) {
            vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
        } else {
            host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().into_iter().collect()
        };
        if known.is_empty() || known.iter().any(|address| may_be_asked(*address, &self.allowed)) {
            return Ok(());
        }
        Err(OutboundError::Forbidden { host: host.to_owned() })
    }
}

/// Names that are this machine whatever a resolver says (RFC 6761 section 6.3).
fn is_loopback_name(host: &str) -> bool {
    let name = host.trim_end_matches('.');
    name == "localhost" || name.ends_with(".localhost")
}

/// Whether an answer of this status names another address to ask (RFC 9110 section 15.4).
fn leads_on(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// An error and what caused it.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let error = next?;
        next = error.source();
        Some(error)
    })
}

/// What went wrong at the bottom of it, which says most.
pub(crate) fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it did not answer in time".to_owned();
    }
    causes(error).last().map_or_else(String::new, ToString::to_string)
}

impl std::fmt::Debug for Outbound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outbound").field("allowed", &self.allowed).finish_non_exhaustive()
    }
}

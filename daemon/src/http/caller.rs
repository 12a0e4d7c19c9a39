//! Who makes a request: the account whose token, API key or ticket it carries, or an operator on the local socket.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use d2d_actors::Access;
use d2d_api::{ProblemCode, Role, Scope};
use poem::http::header::AUTHORIZATION;
use poem::{FromRequest, Request, RequestBody, Result};
use poem_openapi::registry::Registry;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use super::Auth;
use super::identity::Source;
use super::peer::LocalOperator;
use super::problem::Failure;
use super::schemes::{self, BEARER, OAUTH2, TICKET};
use super::scope::Need;

/// Who makes a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Caller {
    /// The account; on the local socket `unix:` and the user of the system.
    pub(super) name: String,
    /// What it may do.
    pub(super) role: Role,
    /// When its token or API key ends; `None` on the local socket, and for a key without an end.
    pub(super) token_expires_at: Option<DateTime<Utc>>,
    /// By what it came in.
    pub(super) credential: Credential,
}

/// By what somebody came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Credential {
    /// The local socket.
    Local,
    /// A token of this session.
    Session(String),
    /// An API key.
    ApiKey {
        /// Its identifier.
        id: String,
        /// What it may be used for.
        scopes: Vec<Scope>,
    },
}

impl Caller {
    /// What of the tasks it may see as their owner.
    pub(super) fn access(&self) -> Access {
        Access::Owner(self.name.clone())
    }
}

/// An operation for everybody who has an account.
pub(super) struct Signed(pub(super) Caller);

/// An operation for operators.
pub(super) struct Operator(pub(super) Caller);

/// An operation that takes a ticket in its address, too: a stream of events.
pub(super) struct Ticketed(pub(super) Caller);

/// An operation that takes a ticket in its address, too, and asks for a token later if the request has none: a websocket.
pub(super) struct MaybeTicketed(pub(super) Option<Caller>);

/// An operation that can tell in another way whether it may be done, if the request has no token: by a signed address.
pub(super) struct MaybeSigned(pub(super) Option<Caller>);

/// Where a request comes from.
pub(super) struct SentFrom(pub(super) Source);

impl<'a> FromRequest<'a> for SentFrom {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> Result<Self> {
        let peer = request.remote_addr().as_socket_addr().map(std::net::SocketAddr::ip);
        Ok(Self(auth(request)?.source(peer, request.headers())))
    }
}

fn auth(request: &Request) -> Result<&Arc<Auth>, Failure> {
    request.data::<Arc<Auth>>().ok_or_else(|| Failure::internal(&"the routes carry no accounts"))
}

/// Who makes the request, if it says so, and may with the API key that it has.
async fn identify(request: &Request) -> Result<Option<Caller>, Failure> {
    let Some(authorization) = request.headers().get(AUTHORIZATION) else {
        return Ok(request.data::<LocalOperator>().map(LocalOperator::caller));
    };
    let token = authorization.to_str().ok().and_then(bearer_token).ok_or_else(|| {
        Failure::new(ProblemCode::AuthBadToken, "send the token as `Authorization: Bearer <access_token>`")
    })?;
    let caller = auth(request)?.verify(token).await?;
    allowed(request, caller).map(Some)
}

/// Who makes the request: a ticket goes before a token.
async fn identify_ticketed(request: &Request) -> Result<Option<Caller>, Failure> {
    let Some(ticket) = ticket(request) else { return identify(request).await };
    let caller = auth(request)?.redeem(&ticket).await?;
    allowed(request, caller).map(Some)
}

/// Refuses an API key that has not the scope of the operation.
fn allowed(request: &Request, caller: Caller) -> Result<Caller, Failure> {
    request.data::<Need>().copied().unwrap_or(Need::Login).check(&caller)?;
    Ok(caller)
}

fn bearer_token(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}

fn ticket(request: &Request) -> Option<String> {
    let parameters = request.params::<Vec<(String, String)>>().unwrap_or_default();
    parameters.into_iter().find(|(name, _)| name == TICKET).map(|(_, ticket)| ticket)
}

fn missing() -> Failure {
    Failure::new(
        ProblemCode::AuthMissingToken,
        "get a token from `/api/v1/auth/token` and send it as `Authorization: Bearer <access_token>`",
    )
}

async fn signed(request: &Request) -> Result<Caller, Failure> {
    identify(request).await?.ok_or_else(missing)
}

async fn ticketed(request: &Request) -> Result<Caller, Failure> {
    identify_ticketed(request).await?.ok_or_else(missing)
}

async fn operator(request: &Request) -> Result<Caller, Failure> {
    let caller = signed(request).await?;
    demand_operator(&caller)?;
    Ok(caller)
}

/// Refuses who is no operator.
pub(super) fn demand_operator(caller: &Caller) -> Result<(), Failure> {
    match caller.role {
        Role::Operator => Ok(()),
        Role::User => Err(Failure::new(ProblemCode::AuthForbidden, "only operators may do that")),
    }
}

/// Makes an extractor of a type that wraps what `$identify` finds out.
macro_rules! security {
    ($type:ident, $identify:path, [$($scheme:ident),+], $register:path, optional: $optional:literal) => {
        impl<'a> ApiExtractor<'a> for $type {
            const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

            type ParamType = ();
            type ParamRawType = ();

            fn register(registry: &mut Registry) {
                $register(registry);
            }

            fn security_schemes() -> Vec<&'static str> {
                vec![$($scheme),+]
            }

            fn has_security_fallback() -> bool {
                $optional
            }

            async fn from_request(
                request: &'a Request,
                _body: &mut RequestBody,
                _options: ExtractParamOptions<()>,
            ) -> Result<Self> {
                Ok(Self($identify(request).await?))
            }
        }
    };
}

security!(Signed, signed, [OAUTH2, BEARER], schemes::register, optional: false);
security!(Operator, operator, [OAUTH2, BEARER], schemes::register, optional: false);
security!(Ticketed, ticketed, [OAUTH2, BEARER, TICKET], schemes::register_ticket, optional: false);
security!(MaybeTicketed, identify_ticketed, [OAUTH2, BEARER, TICKET], schemes::register_ticket, optional: true);
security!(MaybeSigned, identify, [OAUTH2, BEARER], schemes::register, optional: true);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bearer_tokens_are_read() {
        assert_eq!(bearer_token("Bearer abc"), Some("abc"));
        assert_eq!(bearer_token("bearer  abc "), Some("abc"));
        for other in ["abc", "Basic abc", "Bearer", "Bearer ", ""] {
            assert_eq!(bearer_token(other), None, "{other}");
        }
    }
}

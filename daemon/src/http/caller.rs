//! Who makes a request: the account whose token it carries, or an operator on the local socket.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use d2d_actors::Access;
use d2d_api::{ProblemCode, Role};
use poem::http::header::AUTHORIZATION;
use poem::{Request, RequestBody, Result};
use poem_openapi::registry::{MetaOAuthFlow, MetaOAuthFlows, MetaSecurityScheme, Registry};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use super::Auth;
use super::peer::LocalOperator;
use super::problem::Failure;

/// Who makes a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Caller {
    /// The account; on the local socket `unix:` and the user of the system.
    pub(super) name: String,
    /// What it may do.
    pub(super) role: Role,
    /// When its token ends; `None` on the local socket.
    pub(super) token_expires_at: Option<DateTime<Utc>>,
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

/// An operation that asks for a token later if the request has none: a websocket.
pub(super) struct MaybeSigned(pub(super) Option<Caller>);

/// Who makes the request, if it says so.
async fn identify(request: &Request) -> Result<Option<Caller>, Failure> {
    let Some(authorization) = request.headers().get(AUTHORIZATION) else {
        return Ok(request.data::<LocalOperator>().map(LocalOperator::caller));
    };
    let token = authorization.to_str().ok().and_then(bearer_token).ok_or_else(|| {
        Failure::new(ProblemCode::AuthBadToken, "send the token as `Authorization: Bearer <access_token>`")
    })?;
    let auth = request.data::<Arc<Auth>>().ok_or_else(|| Failure::internal(&"the routes carry no accounts"))?;
    auth.verify(token).await.map(Some)
}

fn bearer_token(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
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

const OAUTH2: &str = "password";
const BEARER: &str = "token";

fn register_schemes(registry: &mut Registry) {
    registry.create_security_scheme(
        OAUTH2,
        MetaSecurityScheme {
            ty: "oauth2",
            description: Some("Name and password of the account; the page gets the token by itself."),
            flows: Some(MetaOAuthFlows {
                password: Some(MetaOAuthFlow {
                    token_url: Some("/api/v1/auth/token"),
                    authorization_url: None,
                    refresh_url: None,
                    scopes: Vec::new(),
                }),
                implicit: None,
                client_credentials: None,
                authorization_code: None,
            }),
            name: None,
            key_in: None,
            scheme: None,
            bearer_format: None,
            openid_connect_url: None,
        },
    );
    registry.create_security_scheme(
        BEARER,
        MetaSecurityScheme {
            ty: "http",
            description: Some("A token from `POST /auth/token`."),
            scheme: Some("bearer"),
            bearer_format: Some("JWT"),
            flows: None,
            name: None,
            key_in: None,
            openid_connect_url: None,
        },
    );
}

/// Makes an extractor of a type that wraps what `$identify` finds out.
macro_rules! security {
    ($type:ident, $identify:path, optional: $optional:literal) => {
        impl<'a> ApiExtractor<'a> for $type {
            const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

            type ParamType = ();
            type ParamRawType = ();

            fn register(registry: &mut Registry) {
                register_schemes(registry);
            }

            fn security_schemes() -> Vec<&'static str> {
                vec![OAUTH2, BEARER]
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

security!(Signed, signed, optional: false);
security!(Operator, operator, optional: false);
security!(MaybeSigned, identify, optional: true);

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

//! How callers come in, as the documents say it: the security schemes.

use poem_openapi::registry::{MetaOAuthFlow, MetaOAuthFlows, MetaSecurityScheme, Registry};

/// Name and password, by the flow of OAuth 2.
pub(super) const OAUTH2: &str = "password";
/// A token or an API key in the header.
pub(super) const BEARER: &str = "token";
/// A ticket in the address.
pub(super) const TICKET: &str = "ticket";

/// Describes the schemes of operations that take a token.
pub(super) fn register(registry: &mut Registry) {
    registry.create_security_scheme(OAUTH2, oauth2());
    registry.create_security_scheme(BEARER, bearer());
}

/// Describes the ticket, beside the others.
pub(super) fn register_ticket(registry: &mut Registry) {
    register(registry);
    registry.create_security_scheme(TICKET, ticket());
}

fn oauth2() -> MetaSecurityScheme {
    let flow = MetaOAuthFlow {
        token_url: Some("/api/v1/auth/token"),
        refresh_url: Some("/api/v1/auth/token"),
        authorization_url: None,
        scopes: Vec::new(),
    };
    MetaSecurityScheme {
        flows: Some(MetaOAuthFlows {
            password: Some(flow),
            implicit: None,
            client_credentials: None,
            authorization_code: None,
        }),
        ..scheme("oauth2", "Name and password of the account; the page gets the token by itself.")
    }
}

fn bearer() -> MetaSecurityScheme {
    let description = "A token from `POST /auth/token`, or an API key (`d2d_...`) from `POST /auth/api-keys`.";
    MetaSecurityScheme { scheme: Some("bearer"), bearer_format: Some("JWT"), ..scheme("http", description) }
}

fn ticket() -> MetaSecurityScheme {
    let description = "A ticket from `POST /auth/ws-tickets`, for browsers, which can't set headers on websockets and \
        event sources. It is used up by one request.";
    MetaSecurityScheme { name: Some(TICKET), key_in: Some("query"), ..scheme("apiKey", description) }
}

fn scheme(ty: &'static str, description: &'static str) -> MetaSecurityScheme {
    MetaSecurityScheme {
        ty,
        description: Some(description),
        name: None,
        key_in: None,
        scheme: None,
        bearer_format: None,
        flows: None,
        openid_connect_url: None,
    }
}

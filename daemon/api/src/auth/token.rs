//! Tokens: how they are asked for, and what is answered.

use serde::{Deserialize, Serialize};

/// A login: name and password.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none, example))]
pub struct Grant {
    /// `password`, as OAuth 2 (RFC 6749 section 4.3) names it; may be left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", oai(validator(pattern = "^password$")))]
    pub grant_type: Option<String>,
    /// The name of the account.
    pub username: String,
    /// Its password.
    pub password: String,
}

impl std::fmt::Debug for Grant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Grant").field("username", &self.username).finish_non_exhaustive()
    }
}

/// A refresh token, to be exchanged for new tokens.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none, example))]
pub struct RefreshGrant {
    /// `refresh_token`, as OAuth 2 (RFC 6749 section 6) names it; may be left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", oai(validator(pattern = "^refresh_token$")))]
    pub grant_type: Option<String>,
    /// The refresh token. It can be used once: the answer has another.
    pub refresh_token: String,
}

impl std::fmt::Debug for RefreshGrant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RefreshGrant").finish_non_exhaustive()
    }
}

/// Tokens, as OAuth 2 (RFC 6749 section 5.1) answers them.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct Token {
    /// Send it as `Authorization: Bearer <access_token>`.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: String,
    /// The seconds for which the access token is valid.
    pub expires_in: u64,
    /// Gets new tokens, once, without the password.
    pub refresh_token: String,
    /// The seconds for which the refresh token is valid.
    pub refresh_expires_in: u64,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token").field("expires_in", &self.expires_in).finish_non_exhaustive()
    }
}

/// A token that is to end (RFC 7009).
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none))]
pub struct Revocation {
    /// An access token or a refresh token.
    pub token: String,
    /// `access_token` or `refresh_token`. Not needed: what kind it is can be told by the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_type_hint: Option<String>,
}

impl std::fmt::Debug for Revocation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Revocation").finish_non_exhaustive()
    }
}

/// A ticket that opens one stream of changes: a websocket or server-sent events.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
pub struct Ticket {
    /// Append it to the address, as `?ticket=...`. It can be used once.
    pub ticket: String,
    /// The seconds for which it is valid.
    pub expires_in: u64,
}

impl std::fmt::Debug for Ticket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ticket").field("expires_in", &self.expires_in).finish_non_exhaustive()
    }
}

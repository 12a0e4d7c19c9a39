//! Who makes a request.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Role, Scope};

/// The account that a request is made by, and by what it came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none, example))]
pub struct Me {
    /// Its name.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// When the token or the API key ends; absent on the local socket, which needs none, and for a key without an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_expires_at: Option<DateTime<Utc>>,
    /// The session of the token: the login that it goes back to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The identifier of the API key, if one was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key: Option<String>,
    /// What the API key may be used for, if one was sent; a token may be used for all that its account may do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<Scope>>,
}

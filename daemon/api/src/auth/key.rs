//! API keys, and the keys that tokens are signed with.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What an API key may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Enum))]
pub enum Scope {
    /// Register tasks and send their files; have a single image read at once.
    #[serde(rename = "uploads:write")]
    #[cfg_attr(feature = "openapi", oai(rename = "uploads:write"))]
    UploadsWrite,
    /// Read tasks and watch them.
    #[serde(rename = "tasks:read")]
    #[cfg_attr(feature = "openapi", oai(rename = "tasks:read"))]
    TasksRead,
    /// Cancel, retry and remove tasks.
    #[serde(rename = "tasks:write")]
    #[cfg_attr(feature = "openapi", oai(rename = "tasks:write"))]
    TasksWrite,
    /// Download results.
    #[serde(rename = "downloads:read")]
    #[cfg_attr(feature = "openapi", oai(rename = "downloads:read"))]
    DownloadsRead,
    /// Everything that operators see and steer; only for keys of operators.
    #[serde(rename = "ops")]
    #[cfg_attr(feature = "openapi", oai(rename = "ops"))]
    Ops,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 5] = [Self::UploadsWrite, Self::TasksRead, Self::TasksWrite, Self::DownloadsRead, Self::Ops];

    /// The scope as clients see it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UploadsWrite => "uploads:write",
            Self::TasksRead => "tasks:read",
            Self::TasksWrite => "tasks:write",
            Self::DownloadsRead => "downloads:read",
            Self::Ops => "ops",
        }
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or_else(|| format!("no scope `{text}`"))
    }
}

/// An API key to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(deny_unknown_fields, skip_serializing_if_is_none, example))]
#[serde(deny_unknown_fields)]
pub struct NewApiKey {
    /// What it is for, in words: 1 to 64 characters.
    #[cfg_attr(
        feature = "openapi",
        oai(validator(min_length = 1, max_length = 64, pattern = r"^[^\x00-\x1f\x7f-\x9f]+$"))
    )]
    pub name: String,
    /// What it may be used for: at least one scope.
    #[cfg_attr(feature = "openapi", oai(validator(min_items = 1, max_items = 32)))]
    pub scopes: Vec<Scope>,
    /// When it ends: a time to come; without it, when it is removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
}

#[cfg(feature = "openapi")]
impl poem_openapi::types::Example for NewApiKey {
    fn example() -> Self {
        let scopes = vec![Scope::UploadsWrite, Scope::TasksRead, Scope::DownloadsRead];
        let expires_at = DateTime::from_timestamp(1_924_991_999, 0);
        Self { name: "scanner in the hall".to_owned(), scopes, expires_at }
    }
}

/// An API key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none, example))]
pub struct ApiKey {
    /// Its identifier, which the key itself has in it: `d2d_<id>_...`.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends; absent if it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was used last, to the minute; absent if it was not yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<DateTime<Utc>>,
    /// The key itself, to be sent as `Authorization: Bearer d2d_...`. Only in the answer to making it: it is not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiKey")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// The API keys of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct ApiKeys {
    /// Oldest first.
    pub items: Vec<ApiKey>,
}

/// The key that signs tokens from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
pub struct SigningKeyInfo {
    /// Its identifier, as in the JWK Set and in the header of the tokens.
    pub kid: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

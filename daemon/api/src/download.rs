//! Results.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{ArtifactId, TaskId};

/// For how many seconds a link works if the client does not say.
pub const LINK_SECONDS: u64 = 3600;
/// The most seconds that a link can work: 7 days.
pub const MOST_LINK_SECONDS: u64 = 7 * 24 * 3600;

/// One result file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none))]
pub struct Artifact {
    /// Its identifier.
    pub id: ArtifactId,
    /// Its name.
    pub name: String,
    /// Its type.
    pub media_type: String,
    /// Its size.
    pub bytes: u64,
    /// The SHA-256 of its content, in hexadecimal.
    pub sha256: String,
    /// The format, as it was asked for in the parameters.
    pub format: String,
    /// When it is removed; absent if it is kept for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
}

/// The results of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct Manifest {
    /// The task.
    pub task: TaskId,
    /// Its result files.
    pub items: Vec<Artifact>,
    /// The size of all of them together.
    pub bytes: u64,
}

/// A request for a link to a result that works without a token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(deny_unknown_fields, example, skip_serializing_if_is_none))]
#[serde(deny_unknown_fields)]
pub struct NewLink {
    /// For how many seconds it works: from 1 to 604800 (7 days), 3600 if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", oai(validator(minimum(value = "1"), maximum(value = "604800"))))]
    pub expires_in: Option<u64>,
}

#[cfg(feature = "openapi")]
impl poem_openapi::types::Example for NewLink {
    fn example() -> Self {
        Self { expires_in: Some(24 * 3600) }
    }
}

/// A link to a result that works without a token: whoever has it can fetch the file.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct Link {
    /// The address, relative to that of the service.
    pub url: String,
    /// Until when it works.
    pub expires_at: DateTime<Utc>,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

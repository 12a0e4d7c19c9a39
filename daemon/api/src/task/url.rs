//! Files of a task that are fetched from URLs.

use serde::{Deserialize, Serialize};

use super::TaskError;
use crate::FileId;

/// Files to fetch from URLs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(deny_unknown_fields, example))]
#[serde(deny_unknown_fields)]
pub struct NewUrls {
    /// `http` and `https` URLs, without name and password in them.
    #[cfg_attr(feature = "openapi", oai(validator(min_items = 1, max_items = 1000)))]
    pub urls: Vec<String>,
}

#[cfg(feature = "openapi")]
impl poem_openapi::types::Example for NewUrls {
    fn example() -> Self {
        Self { urls: vec!["https://example.org/scans/page-1.png".to_owned()] }
    }
}

/// A file that is fetched from a URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none))]
pub struct TaskUrl {
    /// The URL, as it was given.
    pub url: String,
    /// How far it is.
    pub status: UrlStatus,
    /// The bytes that have come so far.
    pub bytes: u64,
    /// The file that it became; only in `done`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileId>,
    /// Why it failed; only in `failed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<TaskError>,
}

/// How far the download of a URL is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Enum))]
#[cfg_attr(feature = "openapi", oai(rename_all = "snake_case"))]
#[serde(rename_all = "snake_case")]
pub enum UrlStatus {
    /// It has not begun.
    Waiting,
    /// It is being fetched.
    Fetching,
    /// It became a file of the task.
    Done,
    /// It could not be fetched.
    Failed,
}

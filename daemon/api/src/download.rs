//! Results.

use serde::{Deserialize, Serialize};

use crate::{ArtifactId, TaskId};

/// One result file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
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
}

/// The results of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
pub struct Manifest {
    /// The task.
    pub task: TaskId,
    /// Its result files.
    pub items: Vec<Artifact>,
}

//! `[ops]`: the operators' side.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Findings;
use crate::places;

/// The operators' side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OpsConfig {
    /// The Unix socket on which root and the daemon's own user and group are operators.
    pub socket: PathBuf,
    /// The name of this daemon among those of the service.
    pub node: String,
}

impl Default for OpsConfig {
    fn default() -> Self {
        Self::in_dir(&places::data_dir())
    }
}

impl OpsConfig {
    /// The longest path of a Unix socket (`sun_path` of `sockaddr_un` on Linux, without the closing zero).
    const LONGEST_SOCKET: usize = 107;

    /// The defaults, with the socket in `data_dir`.
    pub(crate) fn in_dir(data_dir: &Path) -> Self {
        Self { socket: data_dir.join("d2d.sock"), node: places::host_name() }
    }

    pub(crate) fn check(&self, findings: &mut Findings) {
        let length = self.socket.as_os_str().len();
        findings.unless(
            (1..=Self::LONGEST_SOCKET).contains(&length),
            "ops.socket",
            format!(
                "must have from 1 to {} bytes, `{}` has {length}: name a shorter path, for example under /run",
                Self::LONGEST_SOCKET,
                self.socket.display()
            ),
        );
        findings.unless(!self.node.trim().is_empty(), "ops.node", "is empty: name this daemon");
    }
}

//! Telling that the daemon is ready: people on standard output, programs by a file.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

/// Where a daemon answers: what its ready file holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ready {
    /// The address of the HTTP services.
    pub(crate) url: String,
    /// The operators' Unix socket.
    pub(crate) socket: PathBuf,
    /// The process.
    pub(crate) pid: u32,
}

impl Ready {
    pub(super) fn new(address: SocketAddr, socket: &Path) -> Self {
        Self { url: format!("http://{address}"), socket: socket.to_owned(), pid: std::process::id() }
    }

    /// Writes the file, whole or not at all.
    pub(super) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let write = || {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            serde_json::to_writer(&mut file, self)?;
            file.persist(path)?;
            anyhow::Ok(())
        };
        write().with_context(|| format!("can't write the ready file {}", path.display()))
    }

    /// Says it to a person. Nobody may be reading: that is no reason not to run.
    pub(super) fn say(&self, accounts: usize) {
        let mut out = std::io::stdout();
        let _ = writeln!(out, "data2data {} is ready on {}", env!("CARGO_PKG_VERSION"), self.url);
        if accounts == 0 {
            let _ = writeln!(out, "There are no accounts yet: add one with `d2d user add NAME`");
        }
        let _ = out.flush();
    }
}

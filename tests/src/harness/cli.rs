//! `d2d` on the command line, with the settings of one daemon.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::Run;
use super::program::built;

/// The command line. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Cli {
    program: PathBuf,
    /// Where its commands run.
    folder: PathBuf,
    config: PathBuf,
}

impl Cli {
    /// That of a program of the workspace.
    pub(super) fn new(program: &str, folder: &Path, config: PathBuf) -> Result<Self> {
        Ok(Self { program: built(program)?, folder: folder.to_owned(), config })
    }

    /// A command, to be started: with the settings of the daemon and no others.
    #[must_use]
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        let foreign = |name: &str| name.starts_with("D2D_") && !name.starts_with("D2D_MODELS__");
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(foreign)) {
            command.env_remove(name);
        }
        command.env_remove("NOTIFY_SOCKET").env_remove("RUST_LOG");
        command.env("D2D_CONFIG", &self.config).current_dir(&self.folder).args(args);
        command
    }

    /// Runs a command to its end.
    ///
    /// # Errors
    /// When it can't be started or does not end.
    pub async fn run(&self, args: &[&str]) -> Result<Run> {
        Run::of(self.command(args), "").await
    }
}

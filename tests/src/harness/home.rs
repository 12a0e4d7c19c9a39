//! The directory of one daemon under test: its settings, its data and its log, gone with the test.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use tempfile::TempDir;

use super::Cli;

/// What every daemon under test has: any free port, and few processes, since many tests run side by side.
const SETTINGS: [(&str, &str); 2] = [("http.listen", "'127.0.0.1:0'"), ("ocr.workers", "1")];

/// The directory.
#[derive(Debug)]
pub(super) struct Home {
    dir: TempDir,
    /// The program that is the daemon.
    program: &'static str,
    /// What the environment of the daemon has besides.
    variables: BTreeMap<&'static str, String>,
}

impl Home {
    /// A new one, with a file of settings in which `extra` (keys with dots, values in TOML) go before the usual ones.
    pub(super) fn new(program: &'static str, extra: &[(&str, &str)]) -> Result<Self> {
        let home = Self { dir: TempDir::with_prefix("d2d-test-")?, program, variables: BTreeMap::new() };
        let mut settings = format!("data_dir = '{}'\n", home.data().display());
        let usual = SETTINGS.iter().filter(|(key, _)| extra.iter().all(|(other, _)| other != key));
        for (key, value) in usual.chain(extra) {
            writeln!(settings, "{key} = {value}")?;
        }
        std::fs::write(home.config(), settings)?;
        Ok(home)
    }

    /// Puts a variable into the environment of the next daemon, or takes it out.
    pub(super) fn set_variable(&mut self, name: &'static str, value: Option<String>) {
        match value {
            Some(value) => drop(self.variables.insert(name, value)),
            None => drop(self.variables.remove(name)),
        }
    }

    /// The daemon, to be started.
    pub(super) fn daemon(&self) -> Result<Command> {
        let mut command = self.cli()?.command(&[]);
        command.envs(&self.variables);
        Ok(command)
    }

    /// Leaves everything where it is when the test has ended; answers where.
    pub(super) fn keep(&mut self) -> &Path {
        self.dir.disable_cleanup(true);
        self.dir.path()
    }

    /// The command line.
    pub(super) fn cli(&self) -> Result<Cli> {
        Cli::new(self.program, self.dir.path(), self.config())
    }

    /// The data directory.
    pub(super) fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// The operators' socket.
    pub(super) fn socket(&self) -> PathBuf {
        self.data().join("d2d.sock")
    }

    /// Where the daemon says that it is ready.
    pub(super) fn ready_file(&self) -> PathBuf {
        self.dir.path().join("ready.json")
    }

    /// A folder for the test's own files.
    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// A handle that adds to the log.
    pub(super) fn open_log(&self) -> Result<File> {
        Ok(File::options().create(true).append(true).open(self.log_file())?)
    }

    /// What the daemon wrote to standard error, over all its lives.
    pub(super) fn log(&self) -> String {
        std::fs::read(self.log_file()).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.dir.path().join("daemon.log")
    }

    fn config(&self) -> PathBuf {
        self.dir.path().join("data2data.toml")
    }
}

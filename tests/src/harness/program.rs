//! The programs as cargo built them, and runs of it that end by themselves.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde::de::DeserializeOwned;
use tokio::io::AsyncWriteExt;

use super::{SOON, within};

/// The path of `d2d`: beside this program, or beside the folder of the test executables.
///
/// # Errors
/// When it has not been built.
pub fn program() -> Result<PathBuf> {
    built("d2d")
}

/// The path of a program of the workspace: beside this program, or beside the folder of the test executables.
///
/// # Errors
/// When it has not been built.
pub fn built(name: &str) -> Result<PathBuf> {
    let this = std::env::current_exe()?;
    let folder = this.parent().context("this program lies in no folder")?;
    let profile = if folder.ends_with("deps") { folder.parent().unwrap_or(folder) } else { folder };
    let path = profile.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    ensure!(
        path.is_file(),
        "there is no {}: build it with `cargo build --workspace` (`cargo test --workspace` does it too)",
        path.display()
    );
    Ok(path)
}

/// What a run of `d2d` left behind.
#[derive(Debug, Clone)]
pub struct Run {
    /// Its exit status; `None` if a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

impl Run {
    /// Runs a command to its end, with `input` as its standard input.
    ///
    /// # Errors
    /// When it can't be started or does not end.
    pub async fn of(command: Command, input: &str) -> Result<Self> {
        let mut command = tokio::process::Command::from(command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().context("can't start d2d")?;
        if let Some(mut stdin) = child.stdin.take() {
            // A program that does not read its input may have closed it.
            stdin.write_all(input.as_bytes()).await.ok();
        }
        let output = within("d2d ends", 3 * SOON, child.wait_with_output()).await??;
        Ok(Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// The run, if it ended with this exit status.
    ///
    /// # Errors
    /// When it ended otherwise; with what it wrote.
    pub fn expect(self, code: i32) -> Result<Self> {
        ensure!(self.code == Some(code), "expected exit status {code}: {self:#?}");
        Ok(self)
    }

    /// Its standard output as JSON.
    ///
    /// # Errors
    /// When it is not that.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.stdout).with_context(|| format!("not the expected JSON: {}", self.stdout))
    }
}

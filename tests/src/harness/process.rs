//! One process of the daemon: started, signalled and, whatever happens, ended by its id.

use std::path::Path;
use std::process::{Child, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};

use super::eventually;
use super::home::Home;

/// A running daemon.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
}

impl Process {
    /// Starts `d2d serve`. Its standard input is a pipe of ours, so that it ends even if the test itself is killed.
    pub(super) fn start(home: &Home, ready_file: &Path) -> Result<Self> {
        let mut command = home.daemon()?;
        command.arg("serve").arg("--until-stdin-closes").arg("--ready-file").arg(ready_file);
        command.stdin(Stdio::piped()).stdout(home.open_log()?).stderr(home.open_log()?);
        Ok(Self { child: command.spawn().context("can't start d2d serve")? })
    }

    /// Its exit status, if it has ended.
    pub(super) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Its process id.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    pub(super) fn signal(&self, signal: Signal) -> Result<()> {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        Ok(kill_process(id.context("the process has no id")?, signal)?)
    }

    /// Its exit status, once it has ended.
    pub(super) async fn wait(mut self, deadline: Duration) -> Result<ExitStatus> {
        eventually("the daemon has ended", deadline, async || self.ended()).await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // An error says that it has ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Waits until there is no such process any more.
pub(super) async fn gone(id: u32, deadline: Duration) -> Result<()> {
    eventually(&format!("process {id} is gone"), deadline, async || {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        // A process that has ended, but was not asked for its exit status yet, is still listed, as `Z`.
        let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
        Ok(matches!(state, None | Some('Z' | 'X')).then_some(()))
    })
    .await
}

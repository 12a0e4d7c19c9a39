//! How worker processes are started, and what runs in them.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::Registration;

/// The command that starts a worker process; `--service NAME` is added to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerCommand {
    /// The program: the daemon's own.
    pub program: PathBuf,
    /// Its first arguments: `worker`.
    pub args: Vec<OsString>,
}

/// What `d2d worker --service NAME` does: serves the daemon over stdin and stdout until stdin ends.
///
/// Synchronous: call it outside of any async runtime.
#[must_use]
pub fn run_worker(services: &[Registration], service: &str) -> ExitCode {
    let Some(registration) = services.iter().find(|registration| registration.name == service) else {
        let known = services.iter().map(|registration| registration.name).collect::<Vec<_>>().join(", ");
        eprintln!("no conversion service `{service}`: one of {known}");
        return ExitCode::from(2);
    };
    name_process();
    match d2d_worker::serve(|settings| registration.converter(settings), std::io::stdin(), std::io::stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("worker of `{service}`: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Gives the process a name in lists of processes. Started as `/proc/self/exe` it would be called `exe`.
fn name_process() {
    // Where that can't be done it works under another name.
    let _ = std::fs::write("/proc/self/comm", "d2d-worker");
}

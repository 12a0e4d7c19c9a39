//! How a command ends: its exit code, and what it says on standard error.

use std::io;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use d2d_config::ConfigError;

/// The command was called wrongly: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Usage(String);

/// It was said already what went wrong: exit code 1 without another word.
#[derive(Debug, thiserror::Error)]
#[error("failed")]
pub(crate) struct Told;

/// An error that ends the command with exit code 2.
pub(crate) fn usage(message: impl Into<String>) -> anyhow::Error {
    Usage(message.into()).into()
}

/// The exit code of a command; says on standard error what went wrong.
pub(super) fn tell(result: anyhow::Result<()>) -> ExitCode {
    let Err(error) = result else { return ExitCode::SUCCESS };
    if is_closed_pipe(&error) {
        return ExitCode::SUCCESS;
    }
    if !error.is::<Told>() {
        say_error(&format!("{error:#}"));
    }
    if error.is::<Usage>() || error.is::<ConfigError>() { ExitCode::from(2) } else { ExitCode::FAILURE }
}

/// Says what went wrong, without ending.
pub(super) fn say_error(message: &str) {
    const RED: Style = AnsiColor::Red.on_default().bold();
    anstream::eprintln!("{RED}error:{RED:#} {message}");
}

/// Whether the reader of our output has enough, as `head` does.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let io = error.chain().find_map(|cause| cause.downcast_ref::<io::Error>());
    io.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

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
        say_error(&explain(&error));
    }
    if error.is::<Usage>() || error.is::<ConfigError>() { ExitCode::from(2) } else { ExitCode::FAILURE }
}

/// The error and its causes, each said once: some errors say their cause themselves.
pub(crate) fn explain(error: &anyhow::Error) -> String {
    let mut said = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !said.contains(&cause) {
            said = format!("{said}: {cause}");
        }
    }
    said
}

/// Says what went wrong, without ending.
pub(super) fn say_error(message: &str) {
    const RED: Style = AnsiColor::Red.on_default().bold();
    anstream::eprintln!("{RED}error:{RED:#} {message}");
}

/// Says what its caller should know although it worked.
pub(super) fn say_warning(message: &str) {
    const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
    anstream::eprintln!("{YELLOW}warning:{YELLOW:#} {message}");
}

/// Whether the reader of our output has enough, as `head` does.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let io = error.chain().find_map(|cause| cause.downcast_ref::<io::Error>());
    io.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_said_once() {
        let cause = || io::Error::other("the disk is on fire");
        let error = ConfigError::File { path: "/etc/x".into(), source: cause() };
        assert_eq!(explain(&error.into()), "can't read the settings file /etc/x: the disk is on fire");
        assert_eq!(explain(&anyhow::Error::new(cause()).context("can't save")), "can't save: the disk is on fire");
    }
}

//! The daemon and the command line of data2data, with the conversion services that a program gives them: `d2d` has the
//! standard ones, the tests have one more that costs nothing.
//!
//! ```text
//! cli      the commands, and the client that some of them are
//! http     the six HTTP services
//! serve    the life of the daemon
//! ```

mod cli;
mod http;
mod serve;

use std::process::ExitCode;

use d2d_actors::Registration;

/// What `d2d` does: reads its command line, does what that says with these conversion services, and answers how it ended.
#[must_use]
pub fn run(services: &'static [Registration]) -> ExitCode {
    cli::run(services)
}

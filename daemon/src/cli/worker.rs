//! `d2d worker`: a worker process; the daemon starts it, with its frames on standard input and output.

use std::process::ExitCode;

use d2d_actors::Registration;

/// Serve the daemon as a worker process; it is started by the daemon, not by hand
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The conversion service to work for
    #[arg(long, value_name = "NAME")]
    service: String,
}

pub(crate) fn run(args: &Args, services: &[Registration]) -> ExitCode {
    d2d_actors::run_worker(services, &args.service)
}

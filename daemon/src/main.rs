//! `d2d`: the daemon and the command line of data2data.

mod cli;
mod http;
mod serve;

fn main() -> std::process::ExitCode {
    cli::run()
}

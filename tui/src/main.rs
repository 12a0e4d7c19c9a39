//! `d2d-tui`: the operators' console of data2data.

use std::process::ExitCode;

use clap::Parser as _;
use d2d_tui::args::Args;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match d2d_tui::run::run(&Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("d2d-tui: {error:#}");
            ExitCode::FAILURE
        }
    }
}

//! How many tasks a second the daemon takes from registration to success, durably, when the conversion itself costs nothing.
//!
//! `cargo build --workspace --release && target/release/bench-lifecycles --clients 1,8,64`
//!
//! It starts `d2d-null` beside it in a directory of its own (`TMPDIR` says where), and for each number of clients lets each of
//! them do one task after the other: register, upload a file, wait for the end by a long poll. Everything is committed and
//! synced to the disk as always. The table has the tasks a second, the time from `queued` to `execution` as the daemon's
//! clock has it, the time of a whole task as the client sees it, and the processor time of the daemon with its workers.

mod run;
mod table;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use d2d_tests::harness::Daemon;

/// Measure how many tasks a second the daemon takes from registration to success
#[derive(Debug, Parser)]
struct Arguments {
    /// How many clients work at the same time, one figure for each measurement
    #[arg(long, value_delimiter = ',', default_values_t = [1, 8, 64])]
    clients: Vec<usize>,
    /// How long each measurement takes
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// How long a client waits between two tasks; with it latencies are those of a daemon that has little to do
    #[arg(long, default_value_t = 0)]
    pause_ms: u64,
    /// How many accounts the clients have
    #[arg(long, default_value_t = 4)]
    accounts: usize,
    /// A setting of the daemon, as KEY=VALUE in TOML; may be given several times
    #[arg(long, value_parser = setting)]
    set: Vec<(String, String)>,
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write it as KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(anyhow::Error::from);
    match runtime.and_then(|runtime| runtime.block_on(measure(&arguments))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(arguments: &Arguments) -> Result<()> {
    let own = [("log.level", "'warn'"), ("uploads.max_queued_per_user", "100000"), ("uploads.max_queued", "100000")];
    let given: Vec<_> = arguments.set.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let own = own.into_iter().filter(|(key, _)| !given.iter().any(|(other, _)| other == key));
    let settings: Vec<_> = own.chain(given.iter().copied()).collect();
    let mut daemon = Daemon::null(&settings).await?.hushed();
    let mut accounts = Vec::new();
    for _ in 0..arguments.accounts.max(1) {
        accounts.push(daemon.user("anna").await?);
    }
    table::head();
    let (time, pause) = (Duration::from_secs(arguments.seconds), Duration::from_millis(arguments.pause_ms));
    // The workers are started, and everything is in its caches.
    run::run(&accounts, 2, Duration::from_secs(1), pause).await?;
    for clients in &arguments.clients {
        let before = run::processor_time(&daemon)?;
        let lives = run::run(&accounts, *clients, time, pause).await?;
        table::row(*clients, time, &lives, run::processor_time(&daemon)?.saturating_sub(before));
    }
    table::memory(&daemon)?;
    daemon.terminate().await?;
    Ok(())
}

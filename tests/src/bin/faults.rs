//! Kills the daemon again and again while clients use it, and checks that nothing was lost or done twice.
//!
//! `cargo build --workspace --release && target/release/faults kills --count 500 --seed 1`
//!
//! It runs `d2d-null` beside it, in a directory of its own. What it found wrong it tells with the seed; the directory of the
//! daemon stays then.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use d2d_tests::faults::{Kills, Trial};

/// Kill the daemon again and again while clients use it, and check that nothing was lost or done twice
#[derive(Debug, Parser)]
struct Arguments {
    /// When it is killed
    #[command(subcommand)]
    kills: When,
    /// Everything that is drawn by lot comes from this; several for several trials
    #[arg(long, global = true, default_values_t = [1])]
    seed: Vec<u64>,
    /// How many clients there are
    #[arg(long, global = true, default_value_t = 6)]
    clients: usize,
}

#[derive(Debug, Subcommand)]
enum When {
    /// By lot: after a time, or when it has passed so many points
    Kills {
        /// How often
        #[arg(long, default_value_t = 100)]
        count: usize,
    },
    /// At every named point (before and after each transaction, write, sync, rename and removal), twice
    Points {
        /// Only at this point; may be given several times
        #[arg(long)]
        point: Vec<String>,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let kills = match arguments.kills {
        When::Kills { count } => Kills::Random(count),
        When::Points { point } => Kills::Points((!point.is_empty()).then_some(point)),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    for seed in arguments.seed {
        let trial = Trial { seed, clients: arguments.clients, kills: kills.clone() };
        let progress = |kills: usize| {
            if kills.is_multiple_of(25) {
                eprintln!("seed {seed}: {kills} kills");
            }
        };
        match runtime.block_on(trial.run(progress)) {
            Ok(summary) => println!("seed {seed}: {summary}"),
            Err(error) => return failed(&error),
        }
    }
    ExitCode::SUCCESS
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {error:#}");
    ExitCode::FAILURE
}

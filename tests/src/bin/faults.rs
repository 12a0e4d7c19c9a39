//! Kills the daemon again and again, or lets its steps fail, while clients use it, and checks that nothing was lost or done
//! twice.
//!
//! `cargo build --workspace --release && target/release/faults kills --count 500 --seed 1`
//!
//! It runs `d2d-null` beside it, in a directory of its own. What it found wrong it tells with the seed; the directory of the
//! daemon stays then.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::{Parser, Subcommand};
use d2d_tests::faults::{Faults, Look, Soak, Trial, first_starts, restores};

const MINUTE: Duration = Duration::from_secs(60);

/// Kill the daemon again and again, or let its steps fail, while clients use it, and check that nothing was lost or done twice
#[derive(Debug, Parser)]
struct Arguments {
    /// What is done to it
    #[command(subcommand)]
    what: What,
    /// Everything that is drawn by lot comes from this; several for several trials
    #[arg(long, global = true, default_values_t = [1])]
    seed: Vec<u64>,
    /// How many clients there are
    #[arg(long, global = true, default_value_t = 6)]
    clients: usize,
}

#[derive(Debug, Subcommand)]
enum What {
    /// By lot: after a time, or when it has passed so many points
    Kills {
        /// How often
        #[arg(long, default_value_t = 100)]
        count: usize,
    },
    /// At every named point (before and after each transaction, write, sync, rename and removal), twice; and new daemons at
    /// every point of their first start, and restores at every point
    Points {
        /// Only at this point; may be given several times
        #[arg(long)]
        point: Vec<String>,
        /// Print the name of each point at which something was killed
        #[arg(long)]
        names: bool,
    },
    /// In each life another step fails some times, of every transaction, write, sync, rename and removal: as on a full disk,
    /// and as on one that breaks
    Failures {
        /// Only at this point, such as `before end a task`; may be given several times
        #[arg(long)]
        point: Vec<String>,
    },
    /// Not at all: let it run at full load, with slow clients beside, and look at what it holds
    Soak {
        /// For how long
        #[arg(long, default_value_t = 30)]
        minutes: u64,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(anyhow::Error::from);
    match runtime.and_then(|runtime| runtime.block_on(run(arguments))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<()> {
    let clients = arguments.clients;
    let tell = |points: &BTreeSet<String>| {
        if matches!(arguments.what, What::Points { names: true, .. }) {
            for point in points {
                println!("- {point}");
            }
        }
    };
    if let What::Points { point, .. } = &arguments.what
        && point.is_empty()
    {
        let points = first_starts().await?;
        println!("first starts: killed at {} named points, each works after the next start", points.len());
        tell(&points);
        let points = restores().await?;
        println!("restores: killed at {} named points, each done again", points.len());
        tell(&points);
    }
    for seed in arguments.seed {
        let faults = match &arguments.what {
            What::Kills { count } => Faults::RandomKills(*count),
            What::Points { point, .. } => Faults::Kills((!point.is_empty()).then(|| point.clone())),
            What::Failures { point } => Faults::Failures((!point.is_empty()).then(|| point.clone())),
            What::Soak { minutes } => {
                soak(Soak { seed, clients, time: MINUTE * u32::try_from(*minutes)?, look_every: MINUTE }).await?;
                continue;
            }
        };
        let progress = |lives: usize| {
            if lives.is_multiple_of(25) {
                eprintln!("seed {seed}: {lives} lives");
            }
        };
        let summary = Trial { seed, clients, faults }.run(progress).await?;
        println!("seed {seed}: {summary}");
        tell(&summary.points);
    }
    Ok(())
}

async fn soak(soak: Soak) -> Result<()> {
    println!("| minute | resident memory | descriptors | threads | tasks |\n|---|---|---|---|---|");
    let tell = |look: &Look| {
        let (minute, mib) = (look.at.as_secs() / 60, look.rss_bytes >> 20);
        println!("| {minute} | {mib} MiB | {} | {} | {} |", look.descriptors, look.threads, look.tasks);
    };
    soak.run(tell).await
}

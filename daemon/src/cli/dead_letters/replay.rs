//! `d2d dead-letters replay`.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use d2d_api::{DeadLetterFilter, ProblemCode, Replay, Replayed, TaskId};

use super::FilterArgs;
use crate::cli::client::{Client, ClientError};
use crate::cli::exit::{Told, say_error};
use crate::cli::usage;

/// The most tasks that are named in one request.
const AT_ONCE: usize = 100;
/// What is counted before the question; more is "more than".
const MOST_COUNTED: usize = 200;

/// Queue tasks that failed again
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The tasks
    #[arg(value_name = "ID", required_unless_present = "all")]
    ids: Vec<TaskId>,
    /// All that failed, or all of those that these flags describe
    #[arg(long, conflicts_with = "ids")]
    all: bool,
    #[command(flatten)]
    filter: FilterArgs,
    /// Do not ask whether all are meant
    #[arg(short, long)]
    yes: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args, client: &Client) -> anyhow::Result<()> {
    let filter = args.filter.filter();
    if !args.all && filter != DeadLetterFilter::default() {
        return Err(usage("--owner, --service and --code go with --all, not with single tasks"));
    }
    let mut total = Replayed::default();
    let ended = if args.all {
        if !args.yes && !is_meant(&filter, client).await? {
            return Ok(());
        }
        replay_all(filter, client, &mut total).await
    } else {
        replay_these(&args.ids, client, &mut total).await
    };
    // What was done is told whatever came then.
    tell(&total, args.json)?;
    ended?;
    if total.refused.is_empty() && total.stopped.is_none() { Ok(()) } else { Err(Told.into()) }
}

async fn replay_these(ids: &[TaskId], client: &Client, total: &mut Replayed) -> Result<(), ClientError> {
    for ids in ids.chunks(AT_ONCE) {
        add(total, client.replay(&Replay { ids: Some(ids.to_vec()), ..Replay::default() }).await?);
        if total.stopped.is_some() {
            break;
        }
    }
    Ok(())
}

async fn replay_all(filter: DeadLetterFilter, client: &Client, total: &mut Replayed) -> Result<(), ClientError> {
    let mut replay = Replay { filter: Some(filter), ..Replay::default() };
    loop {
        add(total, client.replay(&replay).await?);
        replay.cursor = total.next_cursor.take();
        if replay.cursor.is_none() || total.stopped.is_some() {
            return Ok(());
        }
    }
}

fn add(total: &mut Replayed, more: Replayed) {
    total.queued.extend(more.queued);
    total.refused.extend(more.refused);
    total.stopped = more.stopped;
    total.next_cursor = more.next_cursor;
}

/// Asks on the terminal whether all of them are meant.
async fn is_meant(filter: &DeadLetterFilter, client: &Client) -> anyhow::Result<bool> {
    if !io::stdin().is_terminal() {
        return Err(usage("there is no terminal to ask whether all are meant: give --yes"));
    }
    let found = client.dead_letters(filter, None, MOST_COUNTED).await?;
    let count = match (found.items.len(), found.next_cursor) {
        (0, _) => {
            writeln!(io::stdout(), "no task has failed, as far as that is kept")?;
            return Ok(false);
        }
        (1, _) => "1 failed task".to_owned(),
        (count, None) => format!("{count} failed tasks"),
        (count, Some(_)) => format!("more than {count} failed tasks"),
    };
    eprint!("Queue {count} again? [y/N] ");
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Says what was queued again on standard output, and what was not on standard error.
fn tell(replayed: &Replayed, json: bool) -> anyhow::Result<()> {
    let mut out = io::stdout();
    if json {
        writeln!(out, "{}", serde_json::to_string_pretty(replayed)?)?;
    } else {
        replayed.queued.iter().try_for_each(|id| writeln!(out, "{id}"))?;
    }
    for refused in &replayed.refused {
        say_error(&format!("{}: {}", refused.id, refused.detail));
    }
    if let Some(stopped) = &replayed.stopped {
        let then =
            if stopped.code == ProblemCode::QueueFull { "the same again, later, goes on" } else { "see the log" };
        say_error(&format!("stopped at {}: {} ({then})", stopped.id, stopped.detail));
    }
    Ok(())
}

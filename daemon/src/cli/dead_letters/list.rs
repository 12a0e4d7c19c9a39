//! `d2d dead-letters list`.

use std::io::Write as _;

use d2d_api::OpsTask;

use super::FilterArgs;
use crate::cli::client::Client;

/// The most tasks of one answer.
const PAGE: usize = 200;

/// List the tasks that failed, newest first
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    filter: FilterArgs,
    /// The most tasks to list
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    limit: usize,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args, client: &Client) -> anyhow::Result<()> {
    let filter = args.filter.filter();
    let limit = args.limit.max(1);
    let (mut tasks, mut cursor) = (Vec::new(), None);
    while tasks.len() < limit {
        let page = client.dead_letters(&filter, cursor.as_deref(), PAGE.min(limit - tasks.len())).await?;
        tasks.extend(page.items);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    let mut out = std::io::stdout();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&tasks)?)?;
        return Ok(());
    }
    if tasks.is_empty() {
        writeln!(out, "no task has failed, as far as that is kept")?;
    }
    tasks.iter().try_for_each(|task| writeln!(out, "{}", line(task)))?;
    if cursor.is_some() {
        eprintln!("there are more: --limit lists more of them");
    }
    Ok(())
}

fn line(task: &OpsTask) -> String {
    let ended = task.finished_at.map(|at| at.format("%Y-%m-%d %H:%M").to_string()).unwrap_or_default();
    let code = task.error.as_ref().map_or("-", |error| error.code.as_str());
    format!("{}  {ended:<16}  {:<16} {:<8} {code:<22} {}", task.id, task.owner, task.service, task.message)
}

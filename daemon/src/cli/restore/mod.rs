//! `d2d restore`: makes a data directory of a backup, checking all of it on the way.
//!
//! It is made beside the place where it shall be ([`target`]) and gets there at once, when it is whole: if that is cut off,
//! what was there before is still there.

mod target;

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, bail};
use d2d_api::{DumpCounts, DumpLine};
use d2d_config::Config;
use d2d_store::{Restoring, RestoringBlobs};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use indicatif::{HumanCount, HumanDuration};
use serde_json::json;

use super::backup::{Backup, Content, Folder, Hashed, bar};
use super::settings::SettingsArgs;
use target::Target;

/// How many files are copied at once.
const AT_ONCE: usize = 8;

const EXAMPLES: &str = "\
Examples:
  d2d restore /srv/backups/data2data           Put the newest backup into the data directory, which must be empty
  d2d restore /srv/backups/data2data --force   Move what is in it aside first
  d2d restore /srv/backups/data2data --at 20260102T030405.678Z
  d2d restore /srv/backups/data2data --data-dir /tmp/look

The daemon must not run. Afterwards start it as usual: tasks that were being processed go on.";

/// Put a backup back: make a data directory of it
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The folder of backups
    dir: PathBuf,
    /// The backup to put back, by the name of its folder; else the newest
    #[arg(long, value_name = "NAME")]
    at: Option<String>,
    /// If the data directory is not empty, move it aside; nothing of it is removed
    #[arg(long)]
    force: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Say nothing unless it fails
    #[arg(short, long, conflicts_with = "json")]
    quiet: bool,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let started = Instant::now();
    let config = args.settings.load()?.config;
    let folder = Folder::open(&args.dir)?;
    let backup = choose(&folder, args.at.as_deref())?;
    let target = Target::prepare(&config, args.force)?;
    let restored = super::runtime()?.block_on(Box::pin(restore(&config, &folder, &backup, &target, args)));
    let counts = restored.inspect_err(|_| target.discard())?;
    let aside = target.switch()?;
    report(args, &config, &backup, counts, aside, started)
}

/// The backup of that name, or the newest.
fn choose(folder: &Folder, name: Option<&str>) -> anyhow::Result<Backup> {
    let mut backups = folder.backups()?;
    let dir = folder.dir().display();
    let Some(name) = name else {
        return backups.pop().with_context(|| format!("there is no complete backup in {dir}"));
    };
    let found = backups.iter().position(|backup| backup.name() == name);
    let Some(index) = found else {
        let names: Vec<_> = backups.iter().map(Backup::name).collect();
        bail!("there is no backup `{name}` in {dir}; there are: {}", names.join(", "));
    };
    Ok(backups.swap_remove(index))
}

/// Makes the new data directory.
async fn restore(
    config: &Config,
    folder: &Folder,
    backup: &Backup,
    target: &Target,
    args: &Args,
) -> anyhow::Result<DumpCounts> {
    let contents = backup.contents()?;
    let mut restoring = Restoring::new(&config.store, target.dir(), &backup.manifest.start()).await?;
    read_dump(backup, &mut restoring).await?;
    copy(folder, backup, contents, &restoring.blobs(), args.quiet || args.json).await?;
    Ok(restoring.finish().await?)
}

/// Takes the dump into the new database.
async fn read_dump(backup: &Backup, restoring: &mut Restoring) -> anyhow::Result<()> {
    let path = backup.dump();
    let unreadable = || format!("can't read {}", path.display());
    let damaged = || format!("{} is damaged", path.display());
    let mut file = BufReader::with_capacity(1 << 20, Hashed::new(File::open(&path).with_context(unreadable)?));
    let mut line = String::new();
    let mut has_ended = false;
    while file.read_line(&mut line).with_context(unreadable)? > 0 {
        let taken: DumpLine = serde_json::from_str(&line).with_context(damaged)?;
        has_ended = matches!(taken, DumpLine::End(_));
        restoring.take(taken).await.with_context(damaged)?;
        line.clear();
    }
    backup.check(&path, &file.into_inner().info(), &backup.manifest.dump)?;
    if has_ended { Ok(()) } else { bail!("{} is cut off", path.display()) }
}

/// Copies the files, several at once; fails at the first that is not as it should be.
async fn copy(
    folder: &Folder,
    backup: &Backup,
    contents: Vec<Content>,
    places: &RestoringBlobs,
    quiet: bool,
) -> anyhow::Result<()> {
    let bar = bar(contents.len(), quiet);
    // What was missing when the backup was made may have been copied by an earlier one, or not.
    let damaged: HashSet<_> = backup.manifest.damaged.iter().cloned().collect();
    let copied = stream::iter(contents).map(|content| {
        let (from, name, places) = (folder.blob(&content.sha256), hex::encode(content.sha256), places.clone());
        let may_be_missing = damaged.contains(&name) && !from.exists();
        async move {
            if may_be_missing {
                return anyhow::Ok(0);
            }
            let copied = tokio::task::spawn_blocking(move || match content.upload {
                None => places.copy_blob(&from, &name),
                Some((id, _)) => places.copy_partial(&from, &name, id),
            });
            Ok(copied.await??)
        }
    });
    let mut copied = copied.buffer_unordered(AT_ONCE);
    while copied.try_next().await?.is_some() {
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(())
}

fn report(
    args: &Args,
    config: &Config,
    backup: &Backup,
    counts: DumpCounts,
    aside: Option<PathBuf>,
    started: Instant,
) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    let dir = config.data_dir.display();
    if args.json {
        let report = json!({
            "data_dir": config.data_dir,
            "backup": backup.dir,
            "counts": counts,
            "moved_aside": aside,
            "damaged": backup.manifest.damaged,
            "seconds": started.elapsed().as_secs_f64(),
        });
        writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
    } else if !args.quiet {
        let (tasks, accounts) = (HumanCount(counts.tasks), HumanCount(counts.accounts));
        let (files, time) = (HumanCount(counts.blobs + counts.uploads), HumanDuration(started.elapsed()));
        writeln!(
            out,
            "{dir}: {tasks} tasks, {accounts} accounts and {files} files as of {}, in {time}",
            backup.manifest.time
        )?;
        if let Some(aside) = aside {
            writeln!(out, "what was there before is in {}", aside.display())?;
        }
        if !backup.manifest.damaged.is_empty() {
            writeln!(out, "{} files were missing or damaged when the backup was made", backup.manifest.damaged.len())?;
        }
    }
    Ok(())
}

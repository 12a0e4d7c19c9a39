//! `d2d backup`: copies everything that must not be lost into a folder, from a running daemon or from its data directory.
//!
//! ```text
//! source     where it is copied from: the daemon, over its socket, or the data directory
//! make       one backup: the dump first, then the blobs that it refers to
//!  └ arrival blobs on their way in: checked, made durable, put in their places
//! folder     where it is copied to: backups, each with its manifest, and the blobs that they share
//! prune      removes old backups, and blobs that no backup refers to
//! verify     reads all of it again
//! ```

mod arrival;
mod folder;
mod make;
mod manifest;
mod prune;
mod source;
mod verify;

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use indicatif::{HumanBytes, HumanCount, HumanDuration};
use serde_json::json;

use super::exit::Told;
use super::settings::SettingsArgs;
pub(super) use folder::Folder;
use make::Made;
pub(super) use make::bar;
pub(super) use manifest::{Backup, Content, Hashed, Manifest};
use prune::Pruned;
use source::Source;

const EXAMPLES: &str = "\
Examples:
  d2d backup /srv/backups/data2data            Now; only files that are new are copied
  d2d backup /srv/backups/data2data --keep 30  Keep the last 30 backups, not 7
  d2d backup /srv/backups/data2data --verify   Read all that is there again, and make none
  d2d restore /srv/backups/data2data           Put the newest back

The daemon may run meanwhile; it is asked over its Unix socket (`ops.socket`). If none runs, the data directory is read. The \
folder holds everybody's files, password hashes and the keys that sign tokens: it is a secret.";

/// Copy everything that must not be lost into a folder: the database, and the bytes of files
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The folder of backups; it is made if it is not there
    dir: PathBuf,
    /// Keep this many backups in the folder, the oldest are removed
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..))]
    keep: u32,
    /// Make no backup: check that all backups in the folder are complete and undamaged
    #[arg(long, conflicts_with = "keep")]
    verify: bool,
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
    if args.verify {
        return verify::run(&Folder::open(&args.dir)?, args.json, args.quiet);
    }
    let config = args.settings.load()?.config;
    super::runtime()?.block_on(async {
        let started = Instant::now();
        let folder = Folder::create(&args.dir)?;
        let source = Source::open(&config).await?;
        let made = Box::pin(make::make(&source, &folder, args.quiet || args.json)).await;
        source.close().await;
        let made = made?;
        let pruned = prune::prune(&folder, args.keep)?;
        report(args, &made, &pruned, started)?;
        tell_damage(&made.backup.manifest)
    })
}

fn report(args: &Args, made: &Made, pruned: &Pruned, started: Instant) -> anyhow::Result<()> {
    let (manifest, mut out) = (&made.backup.manifest, std::io::stdout());
    if args.json {
        let report = json!({
            "backup": made.backup.dir,
            "manifest": manifest,
            "copied": { "blobs": made.blobs, "bytes": made.bytes },
            "removed": { "backups": pruned.backups, "blobs": pruned.blobs },
            "seconds": started.elapsed().as_secs_f64(),
        });
        writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
    } else if !args.quiet {
        let counts = manifest.counts;
        writeln!(
            out,
            "{}: {} tasks, {} accounts, {} files ({} of them new, {}), in {}",
            made.backup.dir.display(),
            HumanCount(counts.tasks),
            HumanCount(counts.accounts),
            HumanCount(counts.blobs + counts.uploads),
            HumanCount(made.blobs),
            HumanBytes(made.bytes),
            HumanDuration(started.elapsed()),
        )?;
        if pruned.backups > 0 {
            writeln!(out, "removed {} older and {} files of theirs", pruned.backups, HumanCount(pruned.blobs))?;
        }
    }
    Ok(())
}

/// A backup without some files is better than none, but nobody should take it for a whole one.
fn tell_damage(manifest: &Manifest) -> anyhow::Result<()> {
    if manifest.damaged.is_empty() {
        return Ok(());
    }
    super::exit::say_error(&format!(
        "the backup is complete but for {} files that are missing or damaged in the data directory; their tasks should be \
         made anew: {}",
        manifest.damaged.len(),
        manifest.damaged.join(", ")
    ));
    Err(Told.into())
}

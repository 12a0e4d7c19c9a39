//! Making one backup.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};

use anyhow::{Context as _, bail};
use d2d_api::{BACKUP_FORMAT, DumpCounts, DumpLine, DumpStart};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use indicatif::{ProgressBar, ProgressStyle};

use super::arrival::{Arrivals, fetch};
use super::folder::Folder;
use super::manifest::{BLOBS, Backup, Content, DUMP, Hashed, MANIFEST, Manifest, hash};
use super::source::{Dump, Source, Wanted};

/// How many files are copied at once.
const AT_ONCE: usize = 16;

/// A backup that was made.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) backup: Backup,
    /// How many files were copied: the others were there.
    pub(super) blobs: u64,
    /// How many bytes they have.
    pub(super) bytes: u64,
}

/// What the dump has said.
struct Told {
    start: DumpStart,
    counts: DumpCounts,
    dump: super::manifest::FileInfo,
    list: Hashed<io::BufWriter<File>>,
    missing: Vec<Wanted>,
}

/// What was copied.
#[derive(Default)]
struct Copied {
    blobs: u64,
    bytes: u64,
    uploads: Vec<Content>,
    damaged: BTreeSet<String>,
}

/// Copies everything that is in `source` now into `folder`.
pub(super) async fn make(source: &Source, folder: &Folder, quiet: bool) -> anyhow::Result<Made> {
    let mut dump = source.dump().await?;
    let told = write_dump(&mut dump, folder).await?;
    let copied = tokio::select! {
        copied = copy(source, folder, &told.missing, quiet) => copied?,
        error = dump.hold() => return Err(error),
    };
    dump.release().await?;
    let made = Made { blobs: copied.blobs, bytes: copied.bytes, backup: complete(folder, told, copied)? };
    Ok(made)
}

/// Writes the dump, and the list of the blobs that it refers to.
async fn write_dump(dump: &mut Dump, folder: &Folder) -> anyhow::Result<Told> {
    let unwritable = || format!("can't write into {}", folder.dir().display());
    let mut file = Hashed::create(&folder.incoming().join(DUMP)).with_context(unwritable)?;
    let mut list = Hashed::create(&folder.incoming().join(BLOBS)).with_context(unwritable)?;
    let DumpLine::Start(start) = dump.next().await? else { bail!("the dump has no beginning") };
    if start.format != BACKUP_FORMAT {
        bail!("the running daemon is of another version: run the `d2d` that it is ({})", start.version);
    }
    write_line(&mut file, &DumpLine::Start(start.clone())).with_context(unwritable)?;
    let mut missing = Vec::new();
    loop {
        let line = dump.next().await?;
        write_line(&mut file, &line).with_context(unwritable)?;
        match line {
            DumpLine::Blobs { sha256 } => {
                for name in sha256 {
                    let sha256 = hash(&name).with_context(|| format!("`{name}` is no name of a blob"))?;
                    writeln!(list, "{}", Content { sha256, upload: None }.line()).with_context(unwritable)?;
                    if !folder.blob(&sha256).is_file() {
                        missing.push(Wanted::Blob(sha256));
                    }
                }
            }
            DumpLine::Upload { id, bytes } => missing.push(Wanted::Upload(id, bytes)),
            DumpLine::End(counts) => {
                let dump = file.finish().with_context(unwritable)?;
                return Ok(Told { start, counts, dump, list, missing });
            }
            DumpLine::Start(_) | DumpLine::Records { .. } | DumpLine::Waiting => {}
        }
    }
}

fn write_line(file: &mut impl Write, line: &DumpLine) -> io::Result<()> {
    serde_json::to_writer(&mut *file, line)?;
    file.write_all(b"\n")
}

/// Copies files, several at once.
async fn copy(source: &Source, folder: &Folder, missing: &[Wanted], quiet: bool) -> anyhow::Result<Copied> {
    let bar = bar(missing.len(), quiet);
    let fetched =
        stream::iter(missing).map(|wanted| async move { anyhow::Ok((*wanted, fetch(source, folder, *wanted).await?)) });
    let mut fetched = fetched.buffer_unordered(AT_ONCE);
    let (mut copied, mut arrivals) = (Copied::default(), Arrivals::default());
    let unwritable = || format!("can't write into {}", folder.dir().display());
    while let Some((wanted, arrived)) = fetched.try_next().await? {
        bar.inc(1);
        let Some(arrived) = arrived else {
            copied.damaged.insert(match wanted {
                Wanted::Blob(sha256) => hex::encode(sha256),
                Wanted::Upload(id, _) => format!("upload {id}"),
            });
            continue;
        };
        copied.blobs += 1;
        copied.bytes += arrived.bytes;
        if let Wanted::Upload(id, bytes) = wanted {
            copied.uploads.push(Content { sha256: arrived.sha256, upload: Some((id, bytes)) });
        }
        arrivals.add(arrived);
        if arrivals.are_many() {
            arrivals.settle(folder).with_context(unwritable)?;
        }
    }
    arrivals.settle(folder).with_context(unwritable)?;
    bar.finish_and_clear();
    Ok(copied)
}

/// Makes everything durable; then the backup gets its name.
fn complete(folder: &Folder, told: Told, copied: Copied) -> anyhow::Result<Backup> {
    let unwritable = || format!("can't write into {}", folder.dir().display());
    let Told { start, counts, dump, mut list, .. } = told;
    for upload in copied.uploads {
        writeln!(list, "{}", upload.line()).with_context(unwritable)?;
    }
    let blobs = list.finish().with_context(unwritable)?;
    let DumpStart { format, version, schema, time } = start;
    let damaged = copied.damaged.into_iter().collect();
    let manifest = Manifest { format, version, schema, time, counts, dump, blobs, damaged };
    let dir = folder.of(time);
    let mut file = Hashed::create(&folder.incoming().join(MANIFEST)).with_context(unwritable)?;
    serde_json::to_writer_pretty(&mut file, &manifest)?;
    file.finish().with_context(unwritable)?;
    folder.sync().with_context(unwritable)?;
    fs::rename(folder.incoming(), &dir).with_context(unwritable)?;
    File::open(folder.dir()).and_then(|folder| folder.sync_all()).with_context(unwritable)?;
    // Empty; the next backup makes its own.
    let _ = fs::remove_dir(folder.arriving());
    Ok(Backup { dir, manifest })
}

/// A bar on a terminal; elsewhere it shows nothing.
pub(crate) fn bar(length: usize, quiet: bool) -> ProgressBar {
    if quiet {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(length as u64);
    match ProgressStyle::with_template("{bar:40.cyan} {human_pos} of {human_len} files, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

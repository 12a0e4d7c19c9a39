//! Reading all backups of a folder again: whether each is complete and undamaged.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use d2d_api::DumpCounts;
use serde_json::json;

use super::folder::Folder;
use super::manifest::{Backup, FileInfo, Hashed};
use crate::cli::exit::{Told, explain, say_error};

/// Prints how the backups are.
pub(super) fn run(folder: &Folder, json: bool, quiet: bool) -> anyhow::Result<()> {
    let backups = folder.backups()?;
    if backups.is_empty() {
        bail!(
            "there is no complete backup in {}: `d2d backup {}` makes one",
            folder.dir().display(),
            folder.dir().display()
        );
    }
    let mut out = io::stdout();
    let (mut seen, mut reports, mut is_well) = (Seen::default(), Vec::new(), true);
    for backup in &backups {
        let faults = faults(folder, backup, &mut seen);
        is_well &= faults.is_empty();
        let DumpCounts { tasks, accounts, .. } = backup.manifest.counts;
        if json {
            let faults: Vec<_> = faults.iter().map(explain).collect();
            reports.push(json!({"backup": backup.dir, "manifest": backup.manifest, "faults": faults}));
        } else if faults.is_empty() && !quiet {
            writeln!(out, "{}: ok ({tasks} tasks, {accounts} accounts)", backup.dir.display())?;
        }
        for fault in faults.iter().filter(|_| !json) {
            say_error(&explain(fault));
        }
    }
    if json {
        writeln!(out, "{}", serde_json::to_string_pretty(&reports)?)?;
    }
    if is_well { Ok(()) } else { Err(Told.into()) }
}

/// The blobs that were read already.
#[derive(Default)]
struct Seen {
    well: HashSet<[u8; 32]>,
}

/// What is wrong with a backup.
fn faults(folder: &Folder, backup: &Backup, seen: &mut Seen) -> Vec<anyhow::Error> {
    let mut faults: Vec<_> = check_dump(backup).err().into_iter().collect();
    let contents = match backup.contents() {
        Ok(contents) => contents,
        Err(fault) => {
            faults.push(fault);
            return faults;
        }
    };
    for content in contents {
        let name = hex::encode(content.sha256);
        if seen.well.contains(&content.sha256) || backup.manifest.damaged.contains(&name) {
            continue;
        }
        match read(&folder.blob(&content.sha256)) {
            Ok(found) if found.sha256 == name => drop(seen.well.insert(content.sha256)),
            Ok(_) => {
                let path = folder.blob(&content.sha256);
                faults.push(anyhow::anyhow!(
                    "{} is damaged: remove it, and the next backup copies it again",
                    path.display()
                ));
            }
            Err(fault) => faults.push(fault),
        }
    }
    faults
}

fn check_dump(backup: &Backup) -> anyhow::Result<()> {
    let path = backup.dump();
    backup.check(&path, &read(&path)?, &backup.manifest.dump)
}

fn read(path: &Path) -> anyhow::Result<FileInfo> {
    let unreadable = || format!("can't read {}", path.display());
    let mut hashed = Hashed::new(File::open(path).with_context(unreadable)?);
    let mut buffer = vec![0; 1 << 20];
    while io::Read::read(&mut hashed, &mut buffer).with_context(unreadable)? > 0 {}
    Ok(hashed.info())
}

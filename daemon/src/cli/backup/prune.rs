//! Removing old backups, and blobs that no backup refers to.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;

use anyhow::Context as _;

use super::folder::Folder;
use super::manifest::{MANIFEST, hash};

/// What was removed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pruned {
    pub(super) backups: u64,
    pub(super) blobs: u64,
}

/// Keeps the newest `keep` backups and what they refer to.
pub(super) fn prune(folder: &Folder, keep: u32) -> anyhow::Result<Pruned> {
    let backups = folder.backups()?;
    let keep = usize::try_from(keep).unwrap_or(usize::MAX);
    let (old, kept) = backups.split_at(backups.len().saturating_sub(keep));
    let mut used = HashSet::new();
    for backup in kept {
        used.extend(backup.contents()?.into_iter().map(|content| content.sha256));
    }
    for backup in old {
        // Without its manifest it is no backup any more: so it is never one of which parts are gone.
        fs::remove_file(backup.dir.join(MANIFEST)).with_context(|| unremoved(folder))?;
        File::open(&backup.dir)?.sync_all()?;
    }
    for dir in folder.named()? {
        if !dir.join(MANIFEST).exists() {
            fs::remove_dir_all(&dir).with_context(|| unremoved(folder))?;
        }
    }
    let blobs = sweep(folder, &used).with_context(|| unremoved(folder))?;
    Ok(Pruned { backups: old.len() as u64, blobs })
}

fn unremoved(folder: &Folder) -> String {
    format!("the backup is made, but older ones can't be removed from {}", folder.dir().display())
}

/// Removes the blobs that are not used.
fn sweep(folder: &Folder, used: &HashSet<[u8; 32]>) -> io::Result<u64> {
    let mut removed = 0;
    for start in fs::read_dir(folder.blobs())? {
        let start = start?;
        for entry in fs::read_dir(start.path())? {
            let entry = entry?;
            let name = format!("{}{}", start.file_name().display(), entry.file_name().display());
            if hash(&name).is_some_and(|sha256| !used.contains(&sha256)) {
                fs::remove_file(entry.path())?;
                removed += 1;
            }
        }
    }
    Ok(removed)
}

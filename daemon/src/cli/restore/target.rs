//! The data directory that a backup is put into.
//!
//! The new one is made in a folder beside it, on the same disk, and the two change places in one step. What was there before
//! stays, under another name.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, FileTypeExt as _, MetadataExt as _, lchown};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use chrono::Utc;
use d2d_config::Config;
use nix::unistd::geteuid;
use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::cli::local::daemon_answers;

/// The place of a data directory, and the new one beside it.
pub(super) struct Target {
    /// Where it shall be.
    place: PathBuf,
    /// Where it is made.
    new: PathBuf,
    /// Who the files shall belong to, if not to us.
    owner: Option<(u32, u32)>,
    /// Whether there is something at the place that has to be moved aside.
    is_taken: bool,
}

impl Target {
    /// Looks whether a data directory may be put into the place that the settings name, and makes an empty one beside it.
    pub(super) fn prepare(config: &Config, force: bool) -> anyhow::Result<Self> {
        if daemon_answers(&config.ops.socket)? {
            bail!("a daemon runs ({} answers): stop it first", config.ops.socket.display());
        }
        // systemd has a link there, for a service with a user of its own.
        let place = fs::canonicalize(&config.data_dir).unwrap_or_else(|_| config.data_dir.clone());
        check_unused(&place)?;
        let about = fs::symlink_metadata(&place).ok();
        let is_taken = about.is_some() && !is_empty(&place)?;
        if is_taken && !force {
            bail!(
                "{} is not empty: --force moves it aside, or name another place with --data-dir",
                config.data_dir.display()
            );
        }
        let (Some(parent), Some(name)) = (place.parent(), place.file_name()) else {
            bail!("{} can't be a data directory", place.display())
        };
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        make_dir(parent).with_context(|| format!("can't make {}", parent.display()))?;
        if about.as_ref().is_some_and(|about| fs::metadata(parent).is_ok_and(|parent| parent.dev() != about.dev())) {
            bail!(
                "{} is where a disk is mounted, and can't change places with a new folder: name a folder on it with --data-dir, \
                 and let `data_dir` name that",
                place.display()
            );
        }
        let new = parent.join(format!("{}.restoring", name.display()));
        remove(&new)?;
        make_dir(&new).with_context(|| format!("can't make {}", new.display()))?;
        let owner = about.filter(|_| geteuid().is_root()).map(|about| (about.uid(), about.gid()));
        Ok(Self { place, new, owner, is_taken })
    }

    /// Where the new one is made.
    pub(super) fn dir(&self) -> &Path {
        &self.new
    }

    /// Removes the new one, which is not to be used. What can't be removed now is by the next restore.
    pub(super) fn discard(&self) {
        let _ = fs::remove_dir_all(&self.new);
    }

    /// Puts the new one into its place; answers where what was there before is now.
    pub(super) fn switch(self) -> anyhow::Result<Option<PathBuf>> {
        let failed = || format!("can't put {} into the place of {}", self.new.display(), self.place.display());
        check_unused(&self.place)?;
        if let Some((user, group)) = self.owner {
            give(&self.new, user, group).with_context(|| format!("can't give {} to its user", self.new.display()))?;
        }
        let aside = if self.is_taken { Some(self.exchange().with_context(failed)?) } else { None };
        if !self.is_taken {
            clear_sockets(&self.place).with_context(failed)?;
            fs::rename(&self.new, &self.place).with_context(failed)?;
        }
        if let Some(parent) = self.place.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            File::open(parent).and_then(|parent| parent.sync_all()).with_context(failed)?;
        }
        Ok(aside)
    }

    /// Lets the two change places, and gives the old one its new name.
    fn exchange(&self) -> io::Result<PathBuf> {
        let name = self.place.file_name().unwrap_or_default().display();
        let aside = self.place.with_file_name(format!("{name}.before-{}", Utc::now().format("%Y%m%dT%H%M%SZ")));
        if aside.exists() {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, aside.display().to_string()));
        }
        match renameat_with(CWD, &self.new, CWD, &self.place, RenameFlags::EXCHANGE) {
            Ok(()) => fs::rename(&self.new, &aside)?,
            // A file system that can't do that in one step.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
                fs::rename(&self.place, &aside)?;
                fs::rename(&self.new, &self.place)?;
            }
            Err(error) => return Err(error.into()),
        }
        Ok(aside)
    }
}

/// Fails if a process has the data directory open.
fn check_unused(place: &Path) -> anyhow::Result<()> {
    let path = place.join("blobs").join("in-use");
    match File::open(&path) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(()),
        Err(error) => Err(error).with_context(|| format!("can't read {}", path.display())),
        Ok(file) => match file.try_lock() {
            Err(TryLockError::WouldBlock) => bail!("another d2d is using {}: stop it first", place.display()),
            Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
        },
    }
}

/// Whether there is nothing but sockets, which a daemon that was killed leaves.
fn is_empty(dir: &Path) -> anyhow::Result<bool> {
    for entry in fs::read_dir(dir).with_context(|| format!("can't read {}", dir.display()))? {
        if !entry?.file_type()?.is_socket() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn clear_sockets(dir: &Path) -> io::Result<()> {
    if !dir.exists() {
        return Ok(());
    }
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_socket() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Removes what an interrupted restore left.
fn remove(dir: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("can't remove {}, which an interrupted restore left", dir.display()))
        }
        _ => Ok(()),
    }
}

fn make_dir(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

/// Gives a folder with all that is in it to a user.
fn give(path: &Path, user: u32, group: u32) -> io::Result<()> {
    if fs::symlink_metadata(path)?.is_dir() {
        for entry in fs::read_dir(path)? {
            give(&entry?.path(), user, group)?;
        }
    }
    lchown(path, Some(user), Some(group))
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    fn config(data_dir: PathBuf) -> Config {
        let mut config = Config { data_dir, ..Config::default() };
        config.ops.socket = "/nowhere/d2d.sock".into();
        config
    }

    #[test]
    fn what_was_there_is_moved_aside_and_never_removed() {
        let dir = tempfile::tempdir().unwrap();
        let config = config(dir.path().join("data"));
        fs::create_dir(&config.data_dir).unwrap();
        fs::write(config.data_dir.join("old"), "old").unwrap();
        let refused = Target::prepare(&config, false).err().unwrap();
        assert!(refused.to_string().contains("--force"), "{refused}");

        let target = Target::prepare(&config, true).unwrap();
        fs::write(target.dir().join("new"), "new").unwrap();
        assert!(config.data_dir.join("old").exists(), "nothing has changed yet");
        let aside = target.switch().unwrap().unwrap();
        assert_eq!(fs::read_to_string(config.data_dir.join("new")).unwrap(), "new");
        assert_eq!(fs::read_to_string(aside.join("old")).unwrap(), "old");
        assert!(!config.data_dir.join("old").exists());
    }

    #[test]
    fn an_empty_place_or_none_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        for place in ["not/there", "empty"] {
            let config = config(dir.path().join(place));
            if place == "empty" {
                fs::create_dir(&config.data_dir).unwrap();
                drop(UnixListener::bind(config.data_dir.join("d2d.sock")).unwrap());
            }
            // As if one had been interrupted before.
            fs::create_dir_all(dir.path().join(format!("{place}.restoring/db"))).unwrap();
            let target = Target::prepare(&config, false).unwrap();
            fs::write(target.dir().join("new"), "new").unwrap();
            assert_eq!(target.switch().unwrap(), None);
            let names: Vec<_> =
                fs::read_dir(&config.data_dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            assert_eq!(names, ["new"], "{place}");
        }
    }

    #[test]
    fn a_data_directory_in_use_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let config = config(dir.path().join("data"));
        fs::create_dir_all(config.data_dir.join("blobs")).unwrap();
        let lock = File::create(config.data_dir.join("blobs/in-use")).unwrap();
        lock.lock_shared().unwrap();
        let refused = Target::prepare(&config, true).err().unwrap();
        assert!(refused.to_string().contains("another d2d is using"), "{refused}");
    }
}

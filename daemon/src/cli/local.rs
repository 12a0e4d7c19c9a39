//! The daemon of this machine, for commands that work with it if it runs, and with its data directory if it does not.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;

use anyhow::{anyhow, bail};
use nix::unistd::geteuid;

/// Root must not leave files of its own in the database of another user's daemon, which could not write them any more.
pub(super) fn check_owner(data_dir: &Path, command: &str) -> anyhow::Result<()> {
    let owner = data_dir.metadata().map_or(0, |meta| meta.uid());
    if geteuid().is_root() && owner != 0 {
        bail!(
            "no daemon runs, and {} belongs to another user: start the daemon first, or run this as that user \
             (sudo -u '#{owner}' {command} ...)",
            data_dir.display()
        );
    }
    Ok(())
}

/// Whether a daemon listens on the socket.
pub(super) fn daemon_answers(socket: &Path) -> anyhow::Result<bool> {
    match UnixStream::connect(socket) {
        Ok(_) => Ok(true),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Err(anyhow!(
            "{} is not for you: run this as root, as the user of the daemon, or join the group `data2data`",
            socket.display()
        )),
        Err(error) => Err(anyhow!("can't reach the daemon at {}: {error}", socket.display())),
    }
}

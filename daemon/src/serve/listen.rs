//! The addresses of the daemon: bound here, or handed over by systemd (socket activation).

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{DirBuilderExt as _, FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use d2d_config::Config;
use listenfd::ListenFd;
use nix::unistd::Group;

use crate::http::OPERATORS;

/// Folders that are made here are for the daemon's user alone.
const FOLDER_MODE: u32 = 0o700;
/// The socket is for the daemon's user and group; the kernel tells who of them calls.
const SOCKET_MODE: u32 = 0o660;

/// The addresses, bound, so that who calls early waits instead of being refused.
pub(super) struct Listeners {
    pub(super) tcp: TcpListener,
    pub(super) address: SocketAddr,
    pub(super) unix: UnixListener,
    pub(super) socket: PathBuf,
    /// Whether the socket file is ours to remove.
    owns_socket: bool,
}

impl Listeners {
    /// Takes what systemd hands over, and binds the rest. Makes the data directory, where the socket is by default.
    pub(super) fn bind(config: &Config) -> anyhow::Result<Self> {
        make_folder(&config.data_dir).with_context(|| {
            let dir = config.data_dir.display();
            format!("can't make the data directory {dir}: name another with --data-dir or the setting `data_dir`")
        })?;
        let (mut tcp, mut unix) = (None, None);
        let mut handed = ListenFd::from_env();
        for index in 0..handed.len() {
            if let Ok(Some(listener)) = handed.take_tcp_listener(index) {
                tcp = Some(listener);
            } else if let Ok(Some(listener)) = handed.take_unix_listener(index) {
                unix = Some(listener);
            } else {
                bail!(
                    "socket {index} of the socket unit is neither a TCP nor a Unix stream socket: correct its Listen lines"
                );
            }
        }
        let tcp = tcp.map_or_else(|| bind_tcp(config.http.listen), Ok)?;
        let (unix, socket, owns_socket) = match unix {
            Some(listener) => (listener, config.ops.socket.clone(), false),
            None => (bind_unix(&config.ops.socket)?, config.ops.socket.clone(), true),
        };
        tcp.set_nonblocking(true)?;
        unix.set_nonblocking(true)?;
        let address = tcp.local_addr()?;
        Ok(Self { tcp, address, unix, socket, owns_socket })
    }

    /// What removes the socket file when it is dropped.
    pub(super) fn socket_file(&self) -> Option<SocketFile> {
        self.owns_socket.then(|| SocketFile(self.socket.clone()))
    }
}

/// Removes the socket file when it is dropped.
pub(super) struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn bind_tcp(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).with_context(|| {
        format!("can't listen on {address}: choose another address with --listen or the setting `http.listen`")
    })
}

/// Binds the socket. A file left by a daemon that was killed is removed: nobody answers on it.
fn bind_unix(socket: &Path) -> anyhow::Result<UnixListener> {
    if let Some(folder) = socket.parent() {
        make_folder(folder).with_context(|| format!("can't make {} for the socket", folder.display()))?;
    }
    let bound = match UnixListener::bind(socket) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            if UnixStream::connect(socket).is_ok() {
                bail!(
                    "another daemon answers on {}: end it, or give this one a --data-dir of its own",
                    socket.display()
                );
            }
            if !fs::metadata(socket)?.file_type().is_socket() {
                bail!("{} is there and is no socket: name another path in `ops.socket`", socket.display());
            }
            fs::remove_file(socket).and_then(|()| UnixListener::bind(socket))
        }
        other => other,
    };
    let listener = bound.with_context(|| format!("can't listen on {} (`ops.socket`)", socket.display()))?;
    fs::set_permissions(socket, Permissions::from_mode(SOCKET_MODE))?;
    if let Ok(Some(group)) = Group::from_name(OPERATORS) {
        // Only root and members may; for others the socket stays in the group of the daemon.
        let _ = std::os::unix::fs::chown(socket, None, Some(group.gid.as_raw()));
    }
    Ok(listener)
}

fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(path)
}

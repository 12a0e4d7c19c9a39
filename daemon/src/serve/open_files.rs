//! How many files the daemon may have open, and so how many connections.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files of the daemon itself: database, blobs, workers' pipes, sockets.
const OWN: usize = 256;
/// The least that is left for connections.
const LEAST: usize = 32;

/// Raises the bound on open files to what the system allows at most, and answers how many connections that leaves room
/// for, at most `wanted`. Each may have a file of its own open beside, for an upload or a download.
pub(super) fn connections(wanted: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let now = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(error) => {
            tracing::debug!(%error, "the bound on open files can't be raised");
            limit.current
        }
    };
    let Some(files) = now else { return wanted };
    let most = room(usize::try_from(files).unwrap_or(usize::MAX), wanted);
    if most < wanted {
        tracing::info!(files, connections = most, "fewer connections than `http.max_connections`: raise LimitNOFILE");
    }
    most
}

fn room(files: usize, wanted: usize) -> usize {
    (files.saturating_sub(OWN) / 2).max(LEAST).min(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_room_for_files() {
        assert_eq!(room(65_536, 10_000), 10_000);
        assert_eq!(room(1024, 10_000), 384);
        assert_eq!(room(100, 10_000), LEAST);
        assert_eq!(room(100, 5), 5);
    }
}

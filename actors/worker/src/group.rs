//! The process group of a worker: itself and the helper programs that it runs.

use std::io;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group};

/// Kills a worker, which must have been started as the leader of a group of its own, with all of its helpers. Also if the
/// worker itself has ended already; that nothing is left to kill is no error.
///
/// # Errors
/// What the operating system says against it.
pub fn end_group(worker: u32) -> io::Result<()> {
    // 0 and 1 would mean the caller's own group and every process there is.
    let leader = i32::try_from(worker).ok().filter(|pid| *pid > 1).and_then(Pid::from_raw);
    let leader = leader.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    match kill_process_group(leader, Signal::KILL) {
        Err(Errno::SRCH) => Ok(()),
        other => Ok(other?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_worker_is_not_killed() {
        for pid in [0, 1, u32::MAX] {
            assert_eq!(end_group(pid).map_err(|error| error.kind()), Err(io::ErrorKind::InvalidInput), "{pid}");
        }
    }
}

//! The sandbox that a worker locks itself into before it sees a user's byte: only the named folders (Landlock), no
//! network, no other programs, no prying into other processes (seccomp). It can't be left again.
//!
//! Kernels differ in what they offer. What this one would not do is named, never fatal: the daemon shows it to operators.

mod calls;
mod files;

use std::path::PathBuf;

/// Locks the process in: `readable` folders and files may be read, `writable` ones also written. Returns what could
/// not be done on this kernel; empty if all of it holds.
pub(crate) fn lock(readable: &[PathBuf], writable: &[PathBuf]) -> Vec<String> {
    let mut gaps = Vec::new();
    if let Err(error) = rustix::thread::set_no_new_privs(true) {
        gaps.push(format!("no new privileges: {error}"));
    }
    gaps.extend(files::restrict(readable, writable));
    gaps.extend(calls::restrict());
    gaps
}

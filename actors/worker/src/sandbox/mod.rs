//! The sandbox that a worker locks itself into before it sees a user's byte: only the named folders (Landlock), no
//! network, no other programs, no prying into other processes (seccomp). It can't be left again.
//!
//! A converter that needs a helper program names it. Then, and only then, processes may be started, and of all programs
//! just the named ones; they inherit sandbox and limits, and can't leave the worker's process group, which is how the
//! daemon ends them with their worker.
//!
//! Kernels differ in what they offer. What this one would not do is named, never fatal: the daemon shows it to operators.

mod calls;
mod files;
mod program;

use std::path::PathBuf;

/// Locks the process in: `readable` folders and files may be read, `writable` ones also written, `programs` run. Returns
/// what could not be done on this kernel; empty if all of it holds.
pub(crate) fn lock(readable: &[PathBuf], writable: &[PathBuf], programs: &[PathBuf]) -> Vec<String> {
    let mut gaps = Vec::new();
    if let Err(error) = rustix::thread::set_no_new_privs(true) {
        gaps.push(format!("no new privileges: {error}"));
    }
    gaps.extend(files::restrict(readable, writable, programs));
    gaps.extend(calls::restrict(!programs.is_empty()));
    gaps
}

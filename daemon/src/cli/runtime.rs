//! The async runtime that commands run on.

use anyhow::Context as _;
use tokio::runtime::{Builder, Runtime};

/// The embedded database parses and plans its queries recursively, with frames that are large without optimisation.
const STACK_BYTES: usize = 10 << 20;

/// A runtime for the daemon, and for commands that open its database.
pub(crate) fn runtime() -> anyhow::Result<Runtime> {
    Builder::new_multi_thread()
        .enable_all()
        .thread_name("d2d")
        .thread_stack_size(STACK_BYTES)
        .build()
        .context("can't start the threads of the program")
}

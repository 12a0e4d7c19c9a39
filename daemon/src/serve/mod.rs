//! The daemon: store, actors and HTTP wired together, and its life from start to drain.
//!
//! ```text
//! run            logging, addresses, runtime
//!  └ daemon      store -> actors -> HTTP; then waits for what ends it
//!     ├ listen   TCP and Unix socket, bound here or handed over by systemd
//!     ├ web      the HTTP servers on them
//!     ├ open_files  room for connections
//!     ├ signals  SIGTERM and SIGINT drain, SIGHUP reloads
//!     └ systemd  ready, status, watchdog
//! ```

mod daemon;
mod listen;
mod logging;
mod open_files;
pub(crate) mod ready;
mod signals;
mod systemd;
mod web;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::time::Duration;

use d2d_actors::Registration;
use d2d_config::{Config, ConfigError};

/// How long threads that block may take to end when everything else has.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// What the daemon is started with.
pub(crate) struct Options {
    /// The conversion services.
    pub(crate) services: &'static [Registration],
    /// The settings.
    pub(crate) config: Config,
    /// Reads the settings again.
    pub(crate) reload: Box<dyn Fn() -> Result<Config, ConfigError> + Send + Sync>,
    /// The file to write the addresses to when they can be used.
    pub(crate) ready_file: Option<PathBuf>,
    /// Whether the end of standard input ends the daemon.
    pub(crate) until_stdin_closes: bool,
}

/// Runs the daemon until it is told to end.
///
/// # Errors
/// Why it did not start, or that its supervision tree failed.
pub(crate) fn run(options: Options) -> anyhow::Result<()> {
    let log = logging::start(&options.config.log)?;
    start(options, log).map_err(|error| {
        if std::io::stderr().is_terminal() {
            return error;
        }
        // The log is on standard error too, and may be read by a program: one form is enough.
        tracing::error!("{}", crate::cli::explain(&error));
        crate::cli::Told.into()
    })
}

fn start(options: Options, log: logging::Log) -> anyhow::Result<()> {
    let listeners = listen::Listeners::bind(&options.config)?;
    let runtime = crate::cli::runtime()?;
    let outcome = runtime.block_on(Box::pin(daemon::live(options, listeners, log)));
    runtime.shutdown_timeout(LAST_WORDS);
    outcome
}

//! Where log lines go, in which form, and from which level on.

use std::io::{self, IsTerminal as _};
use std::os::fd::AsFd as _;

use anyhow::Context as _;
use d2d_config::{LogConfig, LogFormat};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, reload};

/// What other crates say below this level is for their authors; the setting can name them to hear it.
const QUIET: &str = "surrealdb=warn,surrealdb_core=warn,surrealkv=warn,poem=warn,hyper=warn,reqwest=warn,rustls=warn";

/// The log, whose level can be changed while it runs.
#[derive(Clone)]
pub(super) struct Log(reload::Handle<EnvFilter, Registry>);

/// Begins to log on standard error.
pub(super) fn start(config: &LogConfig) -> anyhow::Result<Log> {
    let (filter, handle) = reload::Layer::new(filter(config)?);
    tracing_subscriber::registry().with(filter).with(lines(config.format)?).try_init().context("can't begin to log")?;
    Ok(Log(handle))
}

impl Log {
    /// Passes over what the database says from now on: while it closes, it complains of being closed.
    pub(super) fn ignore_database(&self, config: &LogConfig) {
        let config = LogConfig { level: format!("{},surrealdb=off,surrealkv=off", config.level), ..config.clone() };
        if let Err(error) = self.set_level(&config) {
            tracing::warn!(%error, "the database will be heard while it closes");
        }
    }

    /// Logs from the level in `config` on; everything else of it holds since the start.
    pub(super) fn set_level(&self, config: &LogConfig) -> anyhow::Result<()> {
        self.0.reload(filter(config)?).context("can't change the level")
    }
}

fn filter(config: &LogConfig) -> anyhow::Result<EnvFilter> {
    EnvFilter::try_new(format!("{QUIET},{}", config.level)).context("`log.level` can't be used")
}

fn lines<S>(format: LogFormat) -> anyhow::Result<Box<dyn Layer<S> + Send + Sync>>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    Ok(match format {
        LogFormat::Auto if is_journal() => lines(LogFormat::Journal)?,
        LogFormat::Auto if io::stderr().is_terminal() => lines(LogFormat::Human)?,
        LogFormat::Auto | LogFormat::Json => {
            // The innermost span has the fields of the request or task; the list of all would say them twice.
            fmt::layer().json().flatten_event(true).with_span_list(false).with_writer(io::stderr).boxed()
        }
        LogFormat::Human => fmt::layer().with_ansi(has_colours()).with_writer(io::stderr).boxed(),
        LogFormat::Journal => {
            tracing_journald::layer().context("`log.format` is `journal`, but there is no journal here")?.boxed()
        }
    })
}

/// Whether standard error is the journal: systemd.exec(5), `$JOURNAL_STREAM`.
fn is_journal() -> bool {
    let stream = std::env::var("JOURNAL_STREAM").unwrap_or_default();
    rustix::fs::fstat(io::stderr().as_fd()).is_ok_and(|stat| stream == format!("{}:{}", stat.st_dev, stat.st_ino))
}

fn has_colours() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

//! The life of the daemon: up, until something ends it, and down in good order.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use d2d_actors::{Registration, Registry, System, WorkerCommand};
use d2d_config::Config;
use d2d_store::Store;

use super::listen::Listeners;
use super::logging::Log;
use super::ready::Ready;
use super::signals::{Command, Signals};
use super::web::Web;
use super::{Options, systemd};
use crate::http::{AppState, Auth};

/// What stopping may take beyond the drain of the tasks.
const AFTER_DRAIN: Duration = Duration::from_secs(5);

/// Brings everything up, waits for what ends it, and takes it down.
///
/// # Errors
/// Why it did not come up, or what failed. A failed supervision tree is an error: the service manager starts anew.
pub(super) async fn live(options: Options, listeners: Listeners, log: Log) -> anyhow::Result<()> {
    let mut signals = Signals::listen(options.until_stdin_closes).context("can't listen to signals")?;
    let config = Arc::new(options.config);
    let ready = Ready::new(listeners.address, &listeners.socket);
    let _socket_file = listeners.socket_file();

    let store = Store::open(&config.store, &config.data_dir).await.context("can't open the database")?;
    let state = state(options.services, Arc::clone(&config), store.clone()).await?;
    let system = state.system.clone();
    let mut web = Web::start(listeners, &state)?;
    let watchdog = tokio::spawn(systemd::watchdog(system.clone()));
    let tending = tokio::spawn(Arc::clone(&state.auth).tend());
    announce(&ready, &store, options.ready_file.as_deref()).await?;

    let outcome = tokio::select! {
        by = until_stopped(&mut signals, &options.reload, &log, &ready) => {
            tracing::info!(by, "going down");
            drain(&system, &config, &mut signals).await;
            Ok(())
        }
        reason = system.failed() => Err(anyhow!("the supervision tree failed: {reason}")),
        error = web.failed() => Err(error),
        error = store.failed() => Err(error).context("the database has to be opened anew"),
    };
    web.stop().await;
    watchdog.abort();
    tending.abort();
    drop(system);
    log.ignore_database(&config.log);
    if let Err(error) = store.close().await {
        tracing::error!(%error, "the database was not closed well");
    }
    tracing::info!("stopped");
    outcome
}

async fn state(services: &[Registration], config: Arc<Config>, store: Store) -> anyhow::Result<AppState> {
    let auth = Auth::new(&config, store.clone()).await.context("can't read the keys that sign tokens")?;
    let registry = Registry::of(services, &config);
    let worker = WorkerCommand { program: own_program()?, args: vec![OsString::from("worker")] };
    let system = System::start(config, store, registry, worker).await.context("can't start the actors")?;
    Ok(AppState { system, auth: Arc::new(auth) })
}

/// This very program, to start workers: on Linux also when its file was replaced or removed since, as by an upgrade.
fn own_program() -> anyhow::Result<PathBuf> {
    if cfg!(target_os = "linux") {
        return Ok(PathBuf::from("/proc/self/exe"));
    }
    std::env::current_exe().context("can't tell which program this is, to start workers")
}

async fn announce(ready: &Ready, store: &Store, file: Option<&std::path::Path>) -> anyhow::Result<()> {
    let accounts = store.accounts().await.context("can't read the accounts")?.len();
    tracing::info!(url = %ready.url, socket = %ready.socket.display(), accounts, "ready");
    if let Some(path) = file {
        ready.write(path)?;
    }
    ready.say(accounts);
    systemd::ready(&status(ready));
    Ok(())
}

fn status(ready: &Ready) -> String {
    format!("ready on {}", ready.url)
}

/// Reloads as often as told, until told to stop; answers by what.
async fn until_stopped(
    signals: &mut Signals,
    settings: &(dyn Fn() -> Result<Config, d2d_config::ConfigError> + Send + Sync),
    log: &Log,
    ready: &Ready,
) -> &'static str {
    loop {
        match signals.next().await {
            Command::Stop(by) => return by,
            Command::Reload => {
                systemd::reloading();
                let reloaded = settings().map_err(anyhow::Error::from).and_then(|new| log.set_level(&new.log));
                match reloaded {
                    Ok(()) => tracing::info!("`log.level` was read again; other settings hold since the start"),
                    Err(error) => tracing::error!("the settings stay as they were: {}", crate::cli::explain(&error)),
                }
                systemd::ready(&status(ready));
            }
        }
    }
}

/// Lets pages in hand finish and gives the tasks back to the queue; a second signal ends everything at once.
async fn drain(system: &System, config: &Config, signals: &mut Signals) {
    systemd::stopping("finishing the pages in hand", config.tasks.drain + AFTER_DRAIN);
    tokio::select! {
        () = system.drain(config.tasks.drain) => {}
        by = signals.stop() => {
            tracing::warn!(by, "told again to stop: ending at once; tasks in hand go on after the next start");
            std::process::exit(1);
        }
    }
}

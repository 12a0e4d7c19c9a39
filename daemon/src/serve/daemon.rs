//! The life of the daemon: up, until something ends it, and down in good order.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use d2d_actors::{Registration, Registry, System, WorkerCommand};
use d2d_config::Config;
use d2d_store::Store;
use tokio::time::{Instant, timeout, timeout_at};

use super::listen::Listeners;
use super::logging::Log;
use super::ready::Ready;
use super::signals::{Command, Signals};
use super::web::Web;
use super::{Options, open_files, systemd};
use crate::http::{AppState, Auth};

/// What stopping may take beyond the drain of the tasks.
const AFTER_DRAIN: Duration = Duration::from_secs(15);
/// How long watchers may take to close their websockets.
const LAST_FRAMES: Duration = Duration::from_secs(2);

/// Brings everything up, waits for what ends it, and takes it down.
///
/// # Errors
/// Why it did not come up, or what failed. A failed supervision tree is an error: the service manager starts anew.
pub(super) async fn live(options: Options, listeners: Listeners, log: Log) -> anyhow::Result<()> {
    let mut signals = Signals::listen(options.until_stdin_closes).context("can't listen to signals")?;
    let config = Arc::new(options.config);
    let ready = Ready::new(listeners.address, &listeners.socket);
    let _socket_file = listeners.socket_file();
    let most_connections = open_files::connections(config.http.max_connections);

    let store = Store::open(&config.store, &config.data_dir).await.context("can't open the database")?;
    let state = state(options.services, Arc::clone(&config), store.clone()).await?;
    let system = state.system.clone();
    let mut web = Web::start(listeners, &state, most_connections)?;
    let watchdog = tokio::spawn(systemd::watchdog(system.clone()));
    let tending = tokio::spawn(Arc::clone(&state.auth).tend());
    announce(&ready, &store, options.ready_file.as_deref()).await?;

    let outcome = tokio::select! {
        by = until_stopped(&mut signals, &options.reload, &log, &ready) => {
            tracing::info!(by, "going down");
            Ok(())
        }
        reason = system.failed() => Err(anyhow!("the supervision tree failed: {reason}")),
        error = web.failed() => Err(error),
        error = store.failed() => Err(error).context("the database has to be opened anew"),
    };
    if outcome.is_ok() {
        go_down(&state, web, &mut signals).await;
    } else {
        web.stop().await;
    }
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
    Ok(AppState::new(system, auth))
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

/// Goes down in good order; a second signal ends everything at once.
async fn go_down(state: &AppState, web: Web, signals: &mut Signals) {
    let most = state.system.config().tasks.drain;
    systemd::stopping("finishing what is in hand", most + AFTER_DRAIN);
    tokio::select! {
        () = drain(state, web, most) => {}
        by = signals.stop() => {
            tracing::warn!(by, "told again to stop: ending at once; tasks in hand go on after the next start");
            std::process::exit(1);
        }
    }
}

/// Takes no new work, lets pages, uploads and downloads in hand finish as long as the drain lasts, and gives the tasks back
/// to the queue. Reading and cancelling go on until the end.
async fn drain(state: &AppState, web: Web, most: Duration) {
    let AppState { system, closing, .. } = state;
    let deadline = Instant::now() + most;
    system.begin_drain();
    system.give_back(most).await;
    // A round trip: what became of the tasks is on its way to those who watch them.
    if let Err(error) = system.ping().await {
        tracing::warn!(%error, "the end of some streams is not told");
    }
    closing.end_streams();
    let sockets = timeout(LAST_FRAMES, closing.sockets_closed());
    let answers = timeout_at(deadline, closing.answered());
    let (sockets, answers) = tokio::join!(sockets, answers);
    if sockets.is_err() || answers.is_err() {
        tracing::info!(sockets = sockets.is_ok(), answers = answers.is_ok(), "some clients are slow: they are cut off");
    }
    web.stop().await;
    system.stop().await;
}

//! A daemon for one run: this program's own `serve` on a free port, with everything in a temporary folder.
//!
//! It lives as long as its standard input, so that it ends however this process does; and in a process group of its own,
//! so that Ctrl-C on the terminal reaches only this process, which cancels its tasks first.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail};
use d2d_api::{NewUser, Role};
use d2d_config::Config;
use d2d_ocr::models::{PACKS, Pack};
use d2d_ocr::params::OcrParams;
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::sleep;
use uuid::Uuid;

use crate::cli::client::{Client, Credentials};
use crate::cli::settings::SettingsArgs;
use crate::serve::ready::Ready;

const START_TIMEOUT: Duration = Duration::from_secs(60);
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// The account of the run.
const ACCOUNT: &str = "convert";

/// A daemon for one run. It ends when this is dropped.
pub(super) struct PrivateDaemon {
    process: Child,
    folder: TempDir,
    ready: Ready,
}

impl PrivateDaemon {
    /// Pulls the models that the parameters need, starts the daemon and waits until it is ready.
    pub(super) async fn start(settings: &SettingsArgs, service: &str, params: &Value) -> anyhow::Result<Self> {
        let config = settings.load()?.config;
        if service == "ocr" {
            pull_models(&config, params)?;
        }
        let folder = TempDir::with_prefix("d2d-convert-").context("can't make a temporary folder")?;
        let log = fs::File::create(folder.path().join("log")).context("can't write into the temporary folder")?;
        let program = std::env::current_exe().context("can't tell which program this is, to start it as a daemon")?;
        let process = Command::new(program)
            .arg("serve")
            .args(settings.to_args())
            .args(["--set", "store.url=mem://", "--set", "log.format=human", "--listen", "127.0.0.1:0"])
            // Who runs it can ask whatever it asks.
            .args(["--set", "outbound.allow=[\"0.0.0.0/0\", \"::/0\"]"])
            .arg("--set")
            .arg(format!("ops.socket={}", folder.path().join("d2d.sock").display()))
            .arg("--data-dir")
            .arg(folder.path().join("data"))
            .arg("--ready-file")
            .arg(folder.path().join("ready"))
            .arg("--until-stdin-closes")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            .process_group(0)
            .spawn()
            .context("can't start a private daemon")?;
        let ready = Ready { url: String::new(), socket: PathBuf::new(), pid: process.id() };
        let mut daemon = Self { process, folder, ready };
        daemon.ready = daemon.wait_until_ready().await?;
        Ok(daemon)
    }

    /// A client with an account of its own.
    pub(super) async fn client(&self) -> anyhow::Result<Client> {
        let password = Uuid::new_v4().to_string();
        let account = NewUser { name: ACCOUNT.to_owned(), password: password.clone(), role: Role::User };
        Client::unix(&self.ready.socket)?.add_user(&account).await?;
        Ok(Client::tcp(&self.ready.url)?.with(Credentials::Password { name: account.name, password }))
    }

    /// Ends it, and waits until it has.
    pub(super) async fn stop(mut self) {
        drop(self.process.stdin.take());
        let deadline = Instant::now() + STOP_TIMEOUT;
        while matches!(self.process.try_wait(), Ok(None)) && Instant::now() < deadline {
            sleep(LOOK_EVERY).await;
        }
    }

    async fn wait_until_ready(&mut self) -> anyhow::Result<Ready> {
        let deadline = Instant::now() + START_TIMEOUT;
        loop {
            if let Ok(text) = fs::read(self.folder.path().join("ready")) {
                return serde_json::from_slice(&text).context("the private daemon is of another version");
            }
            if let Some(status) = self.process.try_wait()? {
                return Err(anyhow!("the private daemon ended ({status}):\n{}", self.last_words()));
            }
            if Instant::now() > deadline {
                bail!("the private daemon is not ready after {START_TIMEOUT:?}:\n{}", self.last_words());
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// The end of its log.
    fn last_words(&self) -> String {
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(8)..].join("\n")
    }
}

impl Drop for PrivateDaemon {
    fn drop(&mut self) {
        if matches!(self.process.try_wait(), Ok(None)) {
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }
}

/// Pulls what the daemon would pull without a word.
fn pull_models(config: &Config, params: &Value) -> anyhow::Result<()> {
    let params = OcrParams::parse(Some(params)).map_err(|error| crate::cli::usage(error.to_string()))?;
    let wanted = |pack: &&'static Pack| params.model_packs().contains(&pack.name);
    let missing: Vec<_> = PACKS.iter().filter(wanted).filter(|pack| !pack.is_installed(&config.models.dir)).collect();
    match missing.as_slice() {
        [] => Ok(()),
        _ if config.models.auto_pull => crate::cli::models::pull(&missing, &config.models),
        [pack, ..] => bail!("no OCR model `{0}`: run `d2d models pull {0}`", pack.name),
    }
}

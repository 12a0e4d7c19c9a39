//! A daemon under test, over one or more lives in the same directory.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::Signal;
use tokio::sync::OnceCell;

use super::home::Home;
use super::process::{self, Process};
use super::{Cli, Client, Run, SOON, eventually};

/// The password of all accounts that tests make.
pub const PASSWORD: &str = "correct horse battery staple";

/// How much of the log a failed test shows.
const SHOWN_LINES: usize = 120;

/// A daemon.
#[derive(Debug)]
pub struct Daemon {
    /// Before its home, so that it has ended when that is removed.
    process: Option<Process>,
    home: Home,
    address: SocketAddr,
    accounts: AtomicU32,
    /// Whether its log is not shown at its end.
    hushed: bool,
}

/// What the daemon writes into its ready file.
#[derive(Debug, serde::Deserialize)]
struct Ready {
    url: String,
    socket: PathBuf,
    pid: u32,
}

impl Daemon {
    /// Starts one in a new directory.
    ///
    /// # Errors
    /// When it does not get ready.
    pub async fn start() -> Result<Self> {
        Self::with(&[]).await
    }

    /// Starts one in a new directory with settings: keys with dots, values in TOML.
    ///
    /// # Errors
    /// When it does not get ready.
    pub async fn with(settings: &[(&str, &str)]) -> Result<Self> {
        let mut daemon = Self::at_rest("d2d", settings)?;
        models_present(&daemon.home).await?;
        daemon.start_again().await?;
        Ok(daemon)
    }

    /// As [`Daemon::with`], one that also has the conversion service `null`, which costs nothing (see [`crate::null`]).
    ///
    /// # Errors
    /// When it does not get ready.
    pub async fn null(settings: &[(&str, &str)]) -> Result<Self> {
        let mut daemon = Self::null_at_rest(settings)?;
        daemon.start_again().await?;
        Ok(daemon)
    }

    /// As [`Daemon::null`], one that was not started yet.
    ///
    /// # Errors
    /// When its directory can't be made.
    pub fn null_at_rest(settings: &[(&str, &str)]) -> Result<Self> {
        Self::at_rest("d2d-null", settings)
    }

    fn at_rest(program: &'static str, settings: &[(&str, &str)]) -> Result<Self> {
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        Ok(Self {
            process: None,
            home: Home::new(program, settings)?,
            address,
            accounts: AtomicU32::new(0),
            hushed: false,
        })
    }

    /// Starts it again in the same directory.
    ///
    /// # Errors
    /// When it still runs, or does not get ready.
    pub async fn start_again(&mut self) -> Result<()> {
        match self.try_start().await? {
            None => Ok(()),
            Some(status) => bail!("the daemon ended with {status} instead of getting ready"),
        }
    }

    /// As [`Daemon::start_again`]; answers the exit status if it ends instead of getting ready.
    ///
    /// # Errors
    /// When it still runs, or gets neither ready nor ends.
    pub async fn try_start(&mut self) -> Result<Option<ExitStatus>> {
        ensure!(self.process.is_none(), "the daemon still runs");
        let file = self.home.ready_file();
        std::fs::remove_file(&file).ok();
        let process = self.process.insert(Process::start(&self.home, &file)?);
        let ready = eventually("the daemon is ready", SOON, async || match process.ended()? {
            Some(status) => Ok(Some(Err(status))),
            None => Ok(std::fs::read(&file).ok().and_then(|json| serde_json::from_slice::<Ready>(&json).ok()).map(Ok)),
        });
        let ready = match ready.await? {
            Ok(ready) => ready,
            Err(status) => {
                self.process = None;
                return Ok(Some(status));
            }
        };
        ensure!(ready.pid == process.id() && ready.socket == self.home.socket(), "not what was started: {ready:?}");
        self.address = ready.url.trim_start_matches("http://").trim_end_matches('/').parse()?;
        Ok(None)
    }

    /// Whether it runs no more, without being told to end.
    ///
    /// # Errors
    /// When the system can't tell.
    pub fn has_ended(&mut self) -> Result<bool> {
        let Some(process) = &mut self.process else { return Ok(true) };
        let ended = process.ended()?.is_some();
        if ended {
            self.process = None;
        }
        Ok(ended)
    }

    /// Puts a variable into the environment of its next life, or takes it out.
    pub fn set_variable(&mut self, name: &'static str, value: Option<String>) {
        self.home.set_variable(name, value);
    }

    /// Does not show its log at its end: for programs that are no test.
    #[must_use]
    pub fn hushed(mut self) -> Self {
        self.hushed = true;
        self
    }

    /// Leaves its directory where it is; answers where.
    pub fn keep(&mut self) -> &Path {
        self.home.keep()
    }

    /// Ends it as a power cut would: SIGKILL.
    ///
    /// # Errors
    /// When it does not run.
    pub async fn kill(&mut self) -> Result<ExitStatus> {
        self.end(Signal::KILL).await
    }

    /// Asks it to go down: SIGTERM.
    ///
    /// # Errors
    /// When it does not run, or does not go.
    pub async fn terminate(&mut self) -> Result<ExitStatus> {
        self.end(Signal::TERM).await
    }

    /// Waits until it has ended by itself.
    ///
    /// # Errors
    /// When it does not run, or does not end.
    pub async fn ended(&mut self) -> Result<ExitStatus> {
        self.process.take().context("the daemon does not run")?.wait(SOON).await
    }

    async fn end(&mut self, signal: Signal) -> Result<ExitStatus> {
        self.signal(signal)?;
        self.wait().await
    }

    /// Sends it a signal.
    ///
    /// # Errors
    /// When it does not run.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        self.process.as_ref().context("the daemon does not run")?.signal(signal)
    }

    /// Waits until it has ended.
    ///
    /// # Errors
    /// When it does not run, or does not end.
    pub async fn wait(&mut self) -> Result<ExitStatus> {
        self.process.take().context("the daemon does not run")?.wait(SOON).await
    }

    /// Runs `d2d` with the settings of this daemon.
    ///
    /// # Errors
    /// When it can't be run or does not end.
    pub async fn d2d(&self, args: &[&str], input: &str) -> Result<Run> {
        Run::of(self.cli()?.command(args), input).await
    }

    /// `d2d` with the settings of this daemon.
    ///
    /// # Errors
    /// When it has not been built.
    pub fn cli(&self) -> Result<Cli> {
        self.home.cli()
    }

    /// Makes an account whose name begins so, and logs in.
    ///
    /// # Errors
    /// When the daemon refuses.
    pub async fn user(&self, name: &str) -> Result<Client> {
        self.client()?.log_in(&self.account(name, &[]).await?, PASSWORD).await
    }

    /// Makes an account whose name begins so, with these further arguments of `d2d user add`; answers its name.
    ///
    /// # Errors
    /// When `d2d` refuses.
    pub async fn account(&self, name: &str, args: &[&str]) -> Result<String> {
        let name = format!("{name}-{}", self.accounts.fetch_add(1, Ordering::Relaxed));
        let add = [&["user", "add", &name, "--password-stdin"], args].concat();
        self.d2d(&add, &format!("{PASSWORD}\n")).await?.expect(0)?;
        Ok(name)
    }

    /// A client over TCP without a token.
    ///
    /// # Errors
    /// As [`Client::tcp`].
    pub fn client(&self) -> Result<Client> {
        Client::tcp(self.address)
    }

    /// A client over the operators' socket.
    ///
    /// # Errors
    /// As [`Client::unix`].
    pub fn operator(&self) -> Result<Client> {
        Client::unix(&self.home.socket())
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A folder for the test's own files.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.home.path()
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.process.as_ref().map(Process::id)
    }

    /// Waits until a process that it started is gone.
    ///
    /// # Errors
    /// When it is still there after a while.
    pub async fn gone(id: u32) -> Result<()> {
        process::gone(id, SOON).await
    }

    /// What it wrote to standard error, over all its lives.
    #[must_use]
    pub fn log(&self) -> String {
        self.home.log()
    }

    /// Prints the end of the log. The test runner shows it if the test fails.
    pub(super) fn show_log(&self) {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        let end = &lines[lines.len().saturating_sub(SHOWN_LINES)..];
        eprintln!("--- the end of the daemon's log\n{}\n---", end.join("\n"));
    }
}

/// Pulls the recognition models into the user's cache, where all daemons find them, so that no test waits for that.
async fn models_present(home: &Home) -> Result<()> {
    static PRESENT: OnceCell<()> = OnceCell::const_new();
    let pull = async || home.cli()?.run(&["models", "pull"]).await?.expect(0).map(drop);
    PRESENT.get_or_try_init(pull).await.copied()
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if !self.hushed {
            self.show_log();
        }
    }
}

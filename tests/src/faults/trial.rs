//! One run: a daemon, its clients, its faults, and the reckoning at the end.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{fmt, io};

use anyhow::{Context, Result, bail, ensure};
use d2d_api::ApiKey;
use fastrand::Rng;
use serde_json::json;
use tokio::task::{JoinHandle, JoinSet};

use super::account;
use super::fault::{Fault, Faults};
use super::identity::Bystander;
use super::known::{Fate, Known};
use super::remote::Remote;
use super::story::{self, World};
use crate::harness::{Ask, Client, Daemon, within};

/// How often to look whether the daemon has ended.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// How long the clients work before the points that were passed are counted.
const SURVEY: Duration = Duration::from_secs(8);
/// How long the clients may take to end what they have begun, once nothing fails any more.
const ENDED_WITHIN: Duration = Duration::from_mins(10);
/// How many accounts there are: some have several clients.
const ACCOUNTS: usize = 3;

/// What a trial is made of.
#[derive(Debug, Clone)]
pub struct Trial {
    /// Everything that is drawn by lot comes from this.
    pub seed: u64,
    /// How many clients there are.
    pub clients: usize,
    /// What is done to the daemon.
    pub faults: Faults,
}

/// What happened in a trial, all of it as it must be.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// How often the daemon was killed.
    pub kills: usize,
    /// How many of the kills were at a point, not after a time.
    pub at_points: usize,
    /// In how many of its lives a step failed some times.
    pub failures: usize,
    /// The named points at which it was to be killed, or which were to fail, and that were never passed in time.
    pub missed: BTreeSet<String>,
    /// The named points at which it was killed, or which failed.
    pub points: BTreeSet<String>,
    /// Tasks that were acknowledged, by what became of them: success, failure, cancelled, removed, waiting.
    pub tasks: [usize; 5],
    /// How long it took at most until the daemon was ready again.
    pub longest_start: Duration,
    /// How long all took.
    pub took: Duration,
}

impl Trial {
    /// Runs it.
    ///
    /// # Errors
    /// What was lost, doubled or otherwise not as it must be. The directory of the daemon is left for a look then.
    pub async fn run(&self, progress: impl Fn(usize)) -> Result<Summary> {
        let began = Instant::now();
        let mut run = Run::begin(self).await?;
        let done = run.go(self, progress).await;
        match done {
            Ok(()) => Ok(Summary { took: began.elapsed(), ..run.summary }),
            Err(error) => {
                let folder = run.daemon.keep().display().to_string();
                Err(error.context(format!("seed {}, with everything left in {folder}", self.seed)))
            }
        }
    }
}

struct Run {
    daemon: Daemon,
    remotes: Vec<Remote>,
    world: Arc<World>,
    clients: JoinSet<Result<Vec<Known>>>,
    bystander: JoinHandle<Result<()>>,
    rng: Rng,
    summary: Summary,
}

impl Run {
    async fn begin(trial: &Trial) -> Result<Self> {
        // The same in each life, so that clients find it again.
        let listen = format!("'{}'", TcpListener::bind(("127.0.0.1", 0))?.local_addr()?);
        let settings = [
            ("http.listen", listen.as_str()),
            ("ocr.workers", "2"),
            ("log.level", "'warn'"),
            ("tasks.attempts", "100"),
            // Small, so that the database often changes its files.
            ("store.memtable", "'1MiB'"),
            ("tasks.janitor_interval", "'200ms'"),
            ("outbound.allow", "['127.0.0.0/8']"),
            ("uploads.min_free_disk", "'0B'"),
            // Never reached, and so counted only.
            ("uploads.max_bytes_per_user", "'1TiB'"),
            // So short that tasks with a slow page renew it.
            ("tasks.lease", "'3s'"),
            // So soon that clients do not spend the lives of the daemon on waiting.
            ("tasks.retry_first", "'1ms'"),
            ("tasks.retry_longest", "'1ms'"),
            // Longer than any story is away, so that only those expire whose files never come.
            ("uploads.await_files", "'30s'"),
        ];
        let daemon = Daemon::null(&settings).await?.hushed();
        let mut remotes = Vec::new();
        let remote = |client: Client| match trial.faults {
            Faults::Failures(_) => Remote::new(client).of_failing(),
            _ => Remote::new(client),
        };
        for _ in 0..ACCOUNTS {
            remotes.push(remote(with_key(&daemon.user("anna").await?).await?));
        }
        let world = World::new().await?;
        let mut rng = Rng::with_seed(trial.seed);
        let bystander = Bystander {
            anyone: remote(daemon.client()?),
            operator: remote(daemon.operator()?),
            cli: daemon.cli()?,
            has_backup: false,
            name: daemon.account("dora", &[]).await?,
            rng: rng.fork(),
        };
        Ok(Self {
            daemon,
            remotes,
            bystander: tokio::spawn(bystander.live(Arc::clone(&world))),
            world,
            clients: JoinSet::new(),
            rng,
            summary: Summary::default(),
        })
    }

    async fn go(&mut self, trial: &Trial, progress: impl Fn(usize)) -> Result<()> {
        for client in 0..trial.clients {
            let (world, remote) = (Arc::clone(&self.world), self.remotes[client % ACCOUNTS].clone());
            let seed = self.rng.u64(..);
            self.clients.spawn(async move {
                let known = story::live(world, remote, seed).await.with_context(|| format!("client {client}"))?;
                Ok(known)
            });
        }
        let faults: Vec<_> = match &trial.faults {
            Faults::RandomKills(count) => (0..*count).map(|_| Fault::random_kill(&mut self.rng)).collect(),
            Faults::Kills(points) => {
                let points = self.points(points.as_deref()).await?;
                points.iter().flat_map(|point| Fault::kills_at(point, &mut self.rng)).collect()
            }
            Faults::Failures(points) => {
                let points = self.points(points.as_deref()).await?;
                points.iter().flat_map(|point| Fault::failures_at(point)).collect()
            }
        };
        for (number, fault) in faults.into_iter().enumerate() {
            self.live_with(&fault).await.with_context(|| format!("fault {number}, {fault:?}"))?;
            progress(number + 1);
        }
        let left_out: Vec<_> = match &trial.faults {
            Faults::RandomKills(_) => Vec::new(),
            Faults::Kills(_) => self.left_out()?.iter().map(|point| Fault::kill_at_last(point)).collect(),
            Faults::Failures(_) => self.summary.missed.iter().map(|point| Fault::failure_at_last(point)).collect(),
        };
        for fault in left_out {
            self.live_with(&fault).await.with_context(|| format!("at last, {fault:?}"))?;
        }
        self.last_life().await
    }

    /// These points, or all that are passed.
    async fn points(&mut self, only: Option<&[String]>) -> Result<Vec<String>> {
        match only {
            Some(points) => Ok(points.to_vec()),
            None => self.survey().await,
        }
    }

    fn note_points(&mut self) {
        let file = self.points_file();
        self.daemon.set_variable("FAILPOINTS_SEEN", Some(file.display().to_string()));
    }

    /// The points that are passed in a run without kills and in the start after it. From here on all that are passed are
    /// noted.
    async fn survey(&mut self) -> Result<Vec<String>> {
        self.note_points();
        for _ in 0..2 {
            self.daemon.kill().await?;
            self.daemon.start_again().await?;
            self.wait(SURVEY).await?;
        }
        let points = self.seen()?.context("no points: is this a build of the whole workspace?")?;
        Ok(points.into_iter().collect())
    }

    fn points_file(&self) -> PathBuf {
        self.daemon.folder().join("points")
    }

    /// The points that were passed since they are noted.
    fn seen(&self) -> Result<Option<BTreeSet<String>>> {
        match std::fs::read_to_string(self.points_file()) {
            Ok(points) => Ok(Some(points.lines().map(str::to_owned).collect())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The points at which it was to be killed and was not, and those that were passed only after the survey.
    fn left_out(&self) -> Result<Vec<String>> {
        let seen = self.seen()?.unwrap_or_default();
        Ok(seen.union(&self.summary.missed).filter(|point| !self.summary.points.contains(*point)).cloned().collect())
    }

    /// One life of the daemon, with this fault.
    async fn live_with(&mut self, fault: &Fault) -> Result<()> {
        if !self.daemon.has_ended()? {
            self.daemon.kill().await?;
        }
        self.daemon.set_variable("FAILPOINTS", fault.failpoints());
        let fails = matches!(fault, Fault::Failing { .. });
        if fails {
            // What is passed in this life counts.
            std::fs::remove_file(self.points_file()).ok();
            self.note_points();
        }
        let began = Instant::now();
        let ended = self.daemon.try_start().await?;
        if let Some(status) = ended {
            // It may not get ready if a step of that fails: then it has to say so and end.
            let has_failed = fails && status.code() == Some(1);
            ensure!(has_failed || killed(&status), "the daemon ended by itself at its start: {status}");
        } else {
            self.summary.longest_start = self.summary.longest_start.max(began.elapsed());
            self.wait(fault.at_most()).await?;
            ensure!(!fails || !self.daemon.has_ended()?, "the daemon did not outlive it");
        }
        let by_itself = self.daemon.has_ended()?;
        self.note(fault, by_itself)?;
        if !by_itself {
            self.daemon.kill().await?;
        }
        Ok(())
    }

    /// Lets the clients work as long as the daemon lives, at most for so long.
    async fn wait(&mut self, at_most: Duration) -> Result<()> {
        let began = Instant::now();
        while began.elapsed() < at_most && !self.daemon.has_ended()? {
            if self.bystander.is_finished() {
                (&mut self.bystander).await??;
                bail!("the bystander ended by itself");
            }
            if let Some(ended) = self.clients.try_join_next() {
                ended??;
                bail!("a client ended by itself");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    fn note(&mut self, fault: &Fault, by_itself: bool) -> Result<()> {
        self.summary.kills += 1;
        self.summary.failures += usize::from(matches!(fault, Fault::Failing { .. }));
        let met = match fault {
            Fault::After(_) => false,
            Fault::At { .. } => by_itself,
            Fault::Failing { point, .. } => self.seen()?.is_some_and(|seen| seen.contains(point)),
        };
        if matches!(fault, Fault::At { .. }) {
            self.summary.at_points += usize::from(met);
        }
        let Some(point) = fault.point().map(str::to_owned) else { return Ok(()) };
        if met {
            self.summary.missed.remove(&point);
            self.summary.points.insert(point);
        } else if !self.summary.points.contains(&point) {
            self.summary.missed.insert(point);
        }
        Ok(())
    }

    /// Without another kill: the clients end their tasks, and all is reckoned up.
    async fn last_life(&mut self) -> Result<()> {
        self.daemon.set_variable("FAILPOINTS", None);
        self.daemon.start_again().await?;
        self.world.stop();
        let mut known = Vec::new();
        let all_end = async {
            while let Some(ended) = self.clients.join_next().await {
                known.extend(ended??);
            }
            (&mut self.bystander).await?
        };
        within("all clients have come to an end", ENDED_WITHIN, all_end).await??;
        for task in &known {
            self.summary.tasks[place(task.fate)] += 1;
        }
        account::reckon(&mut self.daemon, &self.world, &self.remotes, known).await
    }
}

/// The same client with a key that outlives every token.
pub(super) async fn with_key(client: &Client) -> Result<Client> {
    let new = json!({"name": "trial", "scopes": ["uploads:write", "tasks:read", "tasks:write", "downloads:read"]});
    let key: ApiKey = client.post("/auth/api-keys").json(&new).ask().await?.expect(201)?.json()?;
    Ok(client.with_token(&key.secret.context("a key without a secret")?))
}

fn place(fate: Fate) -> usize {
    match fate {
        Fate::Success => 0,
        Fate::Failure(_) => 1,
        Fate::Cancelled => 2,
        Fate::Removed => 3,
        Fate::Waiting => 4,
    }
}

fn killed(status: &std::process::ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt as _;
    status.signal() == Some(9)
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [success, failure, cancelled, removed, waiting] = self.tasks;
        write!(
            f,
            "{} kills ({} at points), {} tasks acknowledged: {success} success, {failure} failure, {cancelled} cancelled, \
             {removed} removed, {waiting} waiting; none lost, none doubled, nothing left behind; longest start {:.2} s; \
             {:.0} s in all",
            self.kills,
            self.at_points,
            self.tasks.iter().sum::<usize>(),
            self.longest_start.as_secs_f64(),
            self.took.as_secs_f64(),
        )?;
        if self.failures > 0 {
            write!(f, "; in {} lives steps failed, at {} named points", self.failures, self.points.len())?;
        } else if !self.points.is_empty() {
            write!(f, "; killed at {} named points", self.points.len())?;
        }
        if !self.missed.is_empty() {
            write!(f, "; not passed in time: {}", self.missed.iter().cloned().collect::<Vec<_>>().join(", "))?;
        }
        Ok(())
    }
}

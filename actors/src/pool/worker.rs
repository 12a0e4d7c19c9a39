//! A `PoolWorker`: owns one worker process and does one job at a time with it.
//!
//! Receives jobs and pings from its factory. Sends the outcome of each job to the task actor through the job's reply
//! port, and `Finished` to the factory, which gives it the next job then.
//!
//! The process is started with the first job and kept for the next ones. It is killed when a job takes too long or is
//! given up by its task actor, and ended when there was nothing to do for a while. If it ends by itself, the job in hand
//! is answered as crashed. After failures in a row the worker pauses, longer each time, before it takes another job; its
//! neighbours go on.
//!
//! It has no child actors. When it dies, its process is killed and the job in hand is dropped: the task actor sees its
//! reply port closed and resubmits. The factory puts a new worker in its place.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use d2d_api::{ProblemCode, Reading, WorkerState};
use d2d_worker::{Refusal, Reply, Request};
use ractor::concurrency::Instant;
use ractor::factory::{FactoryMessage, WorkerMessage, WorkerStartContext};
use ractor::{Actor, ActorProcessingErr, ActorRef, SupervisionEvent};

use super::board::{Board, Entry};
use super::job::{Job, JobKey, Outcome};
use super::outstanding::Outstanding;
use super::process::{Process, ProcessError};
use crate::WorkerCommand;
use crate::backoff::Backoff;

/// The pause after failures in a row: the first one costs none, because a page that crashes its process says little about
/// the next page.
const BACKOFF: Backoff = Backoff { first: Duration::from_millis(200), longest: Duration::from_secs(10) };

pub(super) struct PoolWorker;

/// What all workers of a pool share.
pub(super) struct WorkerArgs {
    pub(super) service: String,
    pub(super) command: WorkerCommand,
    /// The first request to a new process.
    pub(super) start: Request,
    pub(super) idle: Duration,
    pub(super) board: Board,
    /// What the pool has to do.
    pub(super) outstanding: Arc<Outstanding>,
    /// How many threads a page that begins now may use.
    pub(super) threads: Box<dyn Fn() -> u32 + Send + Sync>,
}

pub(super) struct PoolWorkerState {
    index: usize,
    shared: Arc<WorkerArgs>,
    factory: ActorRef<FactoryMessage<JobKey, Job>>,
    process: Option<Process>,
    idle_since: Instant,
    /// Failures of the process in a row.
    failures: u32,
    /// Whether the process before was lost, so that the next one replaces it.
    lost: bool,
}

impl Actor for PoolWorker {
    type Msg = WorkerMessage<JobKey, Job>;
    type State = PoolWorkerState;
    type Arguments = WorkerStartContext<JobKey, Job, Arc<WorkerArgs>>;

    async fn pre_start(
        &self,
        _: ActorRef<Self::Msg>,
        WorkerStartContext { wid, factory, custom_start }: Self::Arguments,
    ) -> Result<Self::State, ActorProcessingErr> {
        custom_start
            .board
            .update(wid, |entry| *entry = Entry { pages: entry.pages, restarts: entry.restarts, ..Entry::default() });
        Ok(PoolWorkerState {
            index: wid,
            shared: custom_start,
            factory,
            process: None,
            idle_since: Instant::now(),
            failures: 0,
            lost: false,
        })
    }

    async fn handle(
        &self,
        myself: ActorRef<Self::Msg>,
        message: Self::Msg,
        state: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            WorkerMessage::FactoryPing(sent) => {
                state.factory.cast(FactoryMessage::WorkerPong(state.index, sent.elapsed()))?;
                state.end_if_idle().await;
            }
            WorkerMessage::Dispatch(job) => {
                state.work(&job.key.owner, job.msg).await;
                state.factory.cast(FactoryMessage::Finished(state.index, job.key))?;
                // The factory pings rarely: have a look of our own when the time is over.
                drop(myself.send_after(state.shared.idle, || WorkerMessage::FactoryPing(Instant::now())));
            }
        }
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        _: ActorRef<Self::Msg>,
        _: SupervisionEvent,
        _: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        Ok(())
    }
}

impl PoolWorkerState {
    /// Does a job, answers it, and pauses if the process keeps failing.
    async fn work(&mut self, owner: &str, job: Job) {
        if !job.halt.is_cancelled() {
            let (file, page) = job.work.subject();
            let reading = Reading { task: job.task, file: file.to_owned(), page, since: Utc::now() };
            self.note(|entry| entry.reading = Some(reading));
            let outcome = self.attempt(&job).await;
            self.note(|entry| entry.reading = None);
            self.answer(owner, job, outcome).await;
        }
        self.pause().await;
        self.idle_since = Instant::now();
        let state = if self.process.is_some() { WorkerState::Idle } else { WorkerState::Stopped };
        self.note(|entry| entry.state = state);
    }

    /// Answers a job, and waits a moment for the next one of its task if that is worth it.
    async fn answer(&self, owner: &str, job: Job, outcome: Option<Outcome>) {
        // The job counts no longer before its outcome is known: whoever waits for it may submit the next one.
        drop(job.ticket);
        let Some(outcome) = outcome else { return };
        let goes_on = matches!(outcome, Outcome::Done(Reply::Inspected(_) | Reply::Converted { .. }));
        let pause = goes_on.then(|| self.shared.outstanding.worth_waiting(owner, job.task)).flatten();
        let _ = job.reply.send(outcome);
        if let Some(most) = pause {
            self.shared.outstanding.next_of(job.task, most).await;
        }
    }

    /// The outcome of a job, or `None` if nobody wants it any more.
    async fn attempt(&mut self, job: &Job) -> Option<Outcome> {
        let mut process = tokio::select! {
            biased;
            () = job.halt.cancelled() => return None,
            started = self.ready_process() => match started {
                Ok(process) => process,
                Err(error) => return Some(self.unavailable(error)),
            },
        };
        self.note(|entry| entry.state = WorkerState::Busy);
        let (began, (_, page)) = (Instant::now(), job.work.subject());
        let request = job.work.request((self.shared.threads)());
        let outcome = tokio::select! {
            biased;
            () = job.halt.cancelled() => {
                self.lose(process).await;
                None
            }
            answer = tokio::time::timeout(job.limit, process.ask(&request)) => Some(match answer {
                Ok(Ok(reply)) => self.answered(process, reply, job, began.elapsed()),
                Ok(Err(error)) => self.crashed(process, &error).await,
                Err(_) => self.timed_out(process, job.limit).await,
            }),
        };
        let duration_ms = began.elapsed().as_millis();
        tracing::debug!(task.id = %job.task, page, duration_ms, worker = self.index, "a job of the pool has ended");
        outcome
    }

    /// The process of before if it still lives, else a new one.
    async fn ready_process(&mut self) -> Result<Process, ProcessError> {
        if let Some(mut process) = self.process.take() {
            if !process.has_ended() {
                return Ok(process);
            }
            tracing::warn!(service = self.shared.service, worker.pid = process.pid(), "an idle worker process ended");
            self.lost = true;
        }
        let restarts = u64::from(std::mem::take(&mut self.lost));
        self.note(|entry| {
            entry.state = WorkerState::Starting;
            entry.pid = None;
            entry.restarts += restarts;
        });
        let process = Process::start(&self.shared.command, &self.shared.service, &self.shared.start).await?;
        self.note(|entry| entry.pid = Some(process.pid()));
        Ok(process)
    }

    fn answered(&mut self, process: Process, reply: Reply, job: &Job, took: Duration) -> Outcome {
        self.failures = 0;
        let outcome = match reply {
            Reply::Refused(refusal) => Outcome::Refused(refusal),
            Reply::Broken(refusal) if refusal.code == ProblemCode::Internal => Outcome::Crashed(refusal.detail),
            Reply::Broken(refusal) => Outcome::Unavailable(refusal),
            reply if job.work.is_answered_by(&reply) => Outcome::Done(reply),
            _ => {
                // Out of step: the next reply would be taken for another job's. Dropped, the process is killed.
                self.note(|entry| entry.pid = None);
                return Outcome::Crashed(ProcessError::Nonsense.to_string());
            }
        };
        if matches!(outcome, Outcome::Done(Reply::Converted { .. })) {
            self.note(|entry| entry.pages += 1);
            self.shared.outstanding.took(took);
        }
        self.process = Some(process);
        outcome
    }

    async fn crashed(&mut self, process: Process, error: &ProcessError) -> Outcome {
        tracing::warn!(service = self.shared.service, worker.pid = process.pid(), %error, "a worker process was lost");
        self.failures += 1;
        self.lose(process).await;
        Outcome::Crashed(error.to_string())
    }

    async fn timed_out(&mut self, process: Process, limit: Duration) -> Outcome {
        tracing::warn!(
            service = self.shared.service,
            worker.pid = process.pid(),
            limit_s = limit.as_secs(),
            "a worker process took too long and is killed"
        );
        self.lose(process).await;
        Outcome::TimedOut(limit)
    }

    fn unavailable(&mut self, error: ProcessError) -> Outcome {
        tracing::error!(service = self.shared.service, %error, "a worker process did not start");
        self.failures += 1;
        self.lost = true;
        Outcome::Unavailable(match error {
            ProcessError::Broken(refusal) => refusal,
            other => Refusal::new(ProblemCode::ServiceUnavailable, format!("no worker could be started: {other}")),
        })
    }

    async fn lose(&mut self, process: Process) {
        process.kill().await;
        self.lost = true;
        self.note(|entry| entry.pid = None);
    }

    /// Takes no job for a while if the process failed several times in a row.
    async fn pause(&mut self) {
        let delay = BACKOFF.after(self.failures.saturating_sub(1));
        if !delay.is_zero() {
            self.note(|entry| entry.state = WorkerState::BackingOff);
            tokio::time::sleep(delay).await;
        }
    }

    async fn end_if_idle(&mut self) {
        if self.idle_since.elapsed() >= self.shared.idle
            && let Some(process) = self.process.take()
        {
            tracing::debug!(
                service = self.shared.service,
                worker.pid = process.pid(),
                "an idle worker process is ended"
            );
            process.kill().await;
            self.note(|entry| *entry = Entry { pages: entry.pages, restarts: entry.restarts, ..Entry::default() });
        }
    }

    fn note(&self, change: impl FnOnce(&mut Entry)) {
        self.shared.board.update(self.index, change);
    }
}

//! One worker process: started, asked, killed.
//!
//! The frames are those of `d2d-worker`, read and written without blocking. Requests and replies take turns; whoever drops
//! the future of [`Process::ask`] before its end has to kill the process, because its reply would be taken for another's.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use bytes::Bytes;
use d2d_worker::{LARGEST_FRAME, Refusal, Reply, Request};
use futures_util::{SinkExt, StreamExt};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio_util::codec::{FramedRead, FramedWrite, LengthDelimitedCodec};

use super::stderr;
use crate::WorkerCommand;

/// How long a process may take until it is ready: its models are loaded then.
const START_LIMIT: Duration = Duration::from_mins(1);

/// How long the end of a process is awaited after its pipe broke, to say why.
const END_LIMIT: Duration = Duration::from_secs(2);

/// Replies larger than this are read off the async threads.
const LARGE_REPLY: usize = 256 << 10;

/// What a worker process gets of the daemon's environment: where programs are, the language of messages, what to log.
const ENVIRONMENT: [&str; 6] = ["PATH", "LANG", "LC_ALL", "TZ", "RUST_LOG", "RUST_BACKTRACE"];

/// A worker process that is ready for work. Dropped, it is killed, with the helper programs that it runs.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    requests: FramedWrite<ChildStdin, LengthDelimitedCodec>,
    replies: FramedRead<ChildStdout, LengthDelimitedCodec>,
    pid: u32,
    /// Whether it and its helpers were killed.
    killed: bool,
}

/// Why a process can't be worked with (any more).
#[derive(Debug, thiserror::Error)]
pub(super) enum ProcessError {
    #[error("the program can't be started: {0}")]
    Spawn(io::Error),
    #[error("it was not ready after {} s", START_LIMIT.as_secs())]
    SlowStart,
    #[error("{0}")]
    Broken(Refusal),
    #[error("it ended: {}", describe(.0.as_ref()))]
    Ended(Option<ExitStatus>),
    #[error("it answered what it was not asked")]
    Nonsense,
}

impl Process {
    /// Starts a process of the service and has it get ready as `start` says.
    pub(super) async fn start(command: &WorkerCommand, service: &str, start: &Request) -> Result<Self, ProcessError> {
        let mut process = Self::spawn(command, service).map_err(ProcessError::Spawn)?;
        let answer = tokio::time::timeout(START_LIMIT, process.ask(start)).await;
        match answer.map_err(|_| ProcessError::SlowStart)?? {
            Reply::Ready { sandbox_gaps } => {
                tracing::debug!(service, worker.pid = process.pid, ?sandbox_gaps, "worker ready");
                for gap in sandbox_gaps {
                    note_gap(service, &gap);
                }
                Ok(process)
            }
            Reply::Broken(refusal) | Reply::Refused(refusal) => Err(ProcessError::Broken(refusal)),
            _ => Err(ProcessError::Nonsense),
        }
    }

    fn spawn(command: &WorkerCommand, service: &str) -> io::Result<Self> {
        let kept = ENVIRONMENT.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
        let mut child = Command::new(&command.program)
            // What it is called in lists of processes, whatever its file is called.
            .arg0("d2d")
            .args(&command.args)
            .args(["--service", service])
            .env_clear()
            .envs(kept)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A signal typed at the daemon's terminal is the daemon's: it drains, and its workers finish their pages.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let closed = || io::Error::other("it has no pipe");
        let pid = child.id().ok_or_else(closed)?;
        let stdin = child.stdin.take().ok_or_else(closed)?;
        let stdout = child.stdout.take().ok_or_else(closed)?;
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(stderr::log_lines(stderr, service.to_owned(), pid));
        }
        let (requests, replies) = (FramedWrite::new(stdin, codec()), FramedRead::new(stdout, codec()));
        Ok(Self { child, requests, replies, pid, killed: false })
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether the process has ended by itself.
    pub(super) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends a request and awaits its reply.
    pub(super) async fn ask(&mut self, request: &Request) -> Result<Reply, ProcessError> {
        let frame = serde_json::to_vec(request).map_err(|_| ProcessError::Nonsense)?;
        if self.requests.send(Bytes::from(frame)).await.is_err() {
            return Err(self.end().await);
        }
        match self.replies.next().await {
            Some(Ok(frame)) => decode(frame.freeze()).await.ok_or(ProcessError::Nonsense),
            Some(Err(_)) | None => Err(self.end().await),
        }
    }

    /// Ends the process and its helpers, and reaps it.
    pub(super) async fn kill(mut self) {
        self.end_group();
        if let Err(error) = self.child.kill().await {
            tracing::warn!(worker.pid = self.pid, %error, "a worker process could not be killed");
        }
    }

    /// How a process ended whose pipe broke.
    async fn end(&mut self) -> ProcessError {
        ProcessError::Ended(tokio::time::timeout(END_LIMIT, self.child.wait()).await.ok().and_then(Result::ok))
    }

    /// Kills the process and its helpers, once: when none of them is left, its id may become another's.
    fn end_group(&mut self) {
        if std::mem::replace(&mut self.killed, true) {
            return;
        }
        if let Err(error) = d2d_worker::end_group(self.pid) {
            tracing::warn!(worker.pid = self.pid, %error, "the helpers of a worker process could not be killed");
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end_group();
    }
}

fn codec() -> LengthDelimitedCodec {
    LengthDelimitedCodec::builder().length_field_type::<u32>().big_endian().max_frame_length(LARGEST_FRAME).new_codec()
}

async fn decode(frame: Bytes) -> Option<Reply> {
    if frame.len() <= LARGE_REPLY {
        return serde_json::from_slice(&frame).ok();
    }
    tokio::task::spawn_blocking(move || serde_json::from_slice(&frame).ok()).await.ok().flatten()
}

/// Tells once for each kind of gap that this kernel can't close it: the same every time a process is started.
fn note_gap(service: &str, gap: &str) {
    use std::collections::BTreeSet;
    use std::sync::{Mutex, PoisonError};
    static NOTED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    if NOTED.lock().unwrap_or_else(PoisonError::into_inner).insert(gap.to_owned()) {
        tracing::warn!(service, gap, "the sandbox of the workers has a gap on this system");
    }
}

fn describe(status: Option<&ExitStatus>) -> String {
    status.map_or_else(|| "its pipe broke".to_owned(), ToString::to_string)
}

//! A `Download`: fetches one file, with a few tries, and tells the Fetcher what came of it.
//!
//! It has no child and no message but the one that it begins with. It is killed to be stopped: the connection is closed and
//! what was written is removed at once. If it panics the Fetcher learns it, and the file counts as one that can't be fetched.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use d2d_api::Task;
use ractor::{Actor, ActorProcessingErr, ActorRef, SupervisionEvent};
use reqwest::Response;
use reqwest::header::{CONTENT_DISPOSITION, CONTENT_ENCODING};
use tokio::time::timeout;

use super::FetcherMsg;
use super::fault::{Fault, timed_out};
use super::name;
use crate::Refused;
use crate::intake::{Bounds, FileSource, Received, Receiver, name_in_disposition};
use crate::outbound::Outbound;

pub(crate) struct Download;

/// What a download is told.
#[derive(Debug)]
pub(crate) enum DownloadMsg {
    /// Begin: sent by itself.
    Begin,
}

/// What downloads need of their neighbourhood.
pub(super) struct DownloadContext {
    pub(super) outbound: Outbound,
    pub(super) bounds: Bounds,
    /// How long one file may take, with all tries.
    pub(super) limit: Duration,
    /// How long nothing may come.
    pub(super) stall: Duration,
}

/// What is to be fetched.
pub(crate) struct DownloadArgs {
    pub(super) context: Arc<DownloadContext>,
    pub(super) fetcher: ActorRef<FetcherMsg>,
    pub(super) owner: String,
    pub(super) task: Task,
    /// Which of the URLs of the task.
    pub(super) index: usize,
    /// Counts the bytes that have come.
    pub(super) bytes: Arc<AtomicU64>,
}

/// What came of a download.
pub(crate) type Fetched = Result<Received, Refused>;

impl Actor for Download {
    type Msg = DownloadMsg;
    type State = DownloadArgs;
    type Arguments = DownloadArgs;

    async fn pre_start(
        &self,
        myself: ActorRef<Self::Msg>,
        args: Self::Arguments,
    ) -> Result<Self::State, ActorProcessingErr> {
        myself.cast(DownloadMsg::Begin)?;
        Ok(args)
    }

    async fn handle(
        &self,
        myself: ActorRef<Self::Msg>,
        DownloadMsg::Begin: Self::Msg,
        args: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        let fetched = args.fetch().await;
        args.fetcher.cast(FetcherMsg::Ended(args.task.id, args.index, Box::new(fetched)))?;
        myself.stop(None);
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

impl DownloadArgs {
    async fn fetch(&self) -> Fetched {
        let limit = self.context.limit;
        timeout(limit, self.tries()).await.unwrap_or_else(|_| Err(timed_out(limit)))
    }

    async fn tries(&self) -> Fetched {
        let mut failures = 0;
        loop {
            let fault = match self.once().await {
                Ok(received) => return Ok(received),
                Err(fault) => fault,
            };
            failures += 1;
            let wait = fault.next_try(failures)?;
            // Up to half as long again at random, so that those who met at a busy server do not meet again.
            tokio::time::sleep(wait.mul_f64(1.0 + fastrand::f64() / 2.0)).await;
        }
    }

    /// One try.
    async fn once(&self) -> Result<Received, Fault> {
        let DownloadContext { outbound, bounds, stall, .. } = &*self.context;
        self.bytes.store(0, Ordering::Relaxed);
        let slot = bounds.slot(&self.owner, &self.task.service, 1).await?;
        let url = self.task.urls.get(self.index).map(|url| url.url.as_str()).unwrap_or_default();
        let url = outbound.admit(url)?;
        let answer = timeout(*stall, outbound.get(url)).await.map_err(|_| Fault::stalled(*stall))??;
        if answer.status() != reqwest::StatusCode::OK {
            return Err(Fault::of_status(answer.status(), answer.headers()));
        }
        if answer
            .headers()
            .get(CONTENT_ENCODING)
            .is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"))
        {
            return Err(Fault::unusable("the server sent it compressed, although it was not asked to"));
        }
        if let Some(announced) = answer.content_length() {
            slot.check_announced(&bounds.store, announced, None).await?;
        }
        let disposition = answer.headers().get(CONTENT_DISPOSITION);
        let name = disposition.and_then(|value| name_in_disposition(value.as_bytes()));
        let name = name.unwrap_or_else(|| name::in_url(answer.url()));
        let body = Body { answer, stall: *stall, bytes: &self.bytes };
        let mut received = Receiver::new(&bounds.store, &slot).receive(Some(&name), body).await?;
        received.file.name = name::fitting(&received.file.name, &received.file.media_type);
        Ok(received)
    }
}

/// The body of an answer, with its bytes counted.
struct Body<'a> {
    answer: Response,
    stall: Duration,
    bytes: &'a AtomicU64,
}

impl FileSource for Body<'_> {
    type Error = Fault;

    async fn chunk(&mut self) -> Result<Option<Bytes>, Fault> {
        let chunk = timeout(self.stall, self.answer.chunk()).await.map_err(|_| Fault::stalled(self.stall))?;
        let chunk = chunk.map_err(|error| Fault::broken(crate::outbound::reason(&error)))?;
        self.bytes.fetch_add(chunk.as_ref().map_or(0, |chunk| chunk.len() as u64), Ordering::Relaxed);
        Ok(chunk)
    }
}

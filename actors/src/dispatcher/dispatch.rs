//! What may run is claimed and started.
//!
//! The dispatcher keeps the best waiting tasks of each account in memory. It reads the whole queue when it starts, and from
//! time to time for what other nodes queued; what is queued here it is told of. So in between it reads nothing, however long
//! the queue is, unless it comes to the end of what it knows of an account.

use std::sync::Arc;
use std::time::{Duration, Instant};

use d2d_api::{ProblemCode, TaskError, TaskId};
use d2d_store::{Lease, StoreError, TaskRow};
use futures_util::{StreamExt, stream};
use ractor::{Actor, ActorRef};

use super::DispatcherMsg;
use super::actor::{DispatcherState, RunningTask};
use crate::fair::Running;
use crate::retries::{Held, Trouble};
use crate::task::{TaskActor, TaskArgs, TaskContext};

/// How many tasks of each account are read at once.
const SHARE: usize = 64;
/// How many tasks are claimed at the same time.
const CLAIMS: usize = 16;
/// How long to wait, at least, before the whole queue is read again; and that it takes so much of the time, at most.
const SHORTEST_PAUSE: Duration = Duration::from_secs(2);
const PAUSE_FACTOR: u32 = 20;

impl DispatcherState {
    /// Starts what may run now.
    pub(super) async fn dispatch(&mut self, myself: &ActorRef<DispatcherMsg>) {
        let news = self.args.news.take();
        if self.draining {
            return;
        }
        for task in news {
            self.waiting.add(&task);
        }
        if let Err(error) = self.start_all(myself).await {
            tracing::warn!(%error, "the queue could not be read; will try again");
            // What was being claimed is in nobody's memory now.
            self.read_again = Instant::now();
        }
    }

    /// Reads the queue, if it is time to and anything could be started.
    pub(super) async fn look_around(&mut self) {
        let began = Instant::now();
        if self.draining || began < self.read_again || self.load().is_full() {
            return;
        }
        match self.args.store.candidates(SHARE).await {
            Ok(candidates) => self.waiting.renew(candidates, SHARE),
            Err(error) => tracing::warn!(%error, "the queue could not be read; will try again"),
        }
        self.read_again = Instant::now() + SHORTEST_PAUSE.max(began.elapsed() * PAUSE_FACTOR);
    }

    async fn start_all(&mut self, myself: &ActorRef<DispatcherMsg>) -> Result<(), StoreError> {
        loop {
            let mut load = self.load();
            for owner in self.waiting.unknown(&load) {
                let tasks = self.args.store.candidates_of(&owner, SHARE).await?;
                self.waiting.learn(&owner, &tasks, SHARE);
            }
            let picks = self.waiting.take(&mut load);
            if picks.is_empty() {
                return Ok(());
            }
            for (row, lease) in self.claim(picks).await? {
                self.start(myself, row, lease).await;
            }
        }
    }

    /// Claims the picks. Another node may have been faster, or their owners have changed their minds: they are left out.
    async fn claim(&mut self, picks: Vec<TaskId>) -> Result<Vec<(TaskRow, Lease)>, StoreError> {
        let (store, node) = (&self.args.store, self.args.node.as_str());
        let claims: Vec<_> = stream::iter(picks).map(|id| store.claim(id, node)).buffered(CLAIMS).collect().await;
        let (claimed, failed): (Vec<_>, Vec<_>) = claims.into_iter().partition(Result::is_ok);
        let claimed: Vec<_> = claimed.into_iter().flatten().flatten().collect();
        match failed.into_iter().find_map(Result::err) {
            Some(error) if claimed.is_empty() => Err(error),
            Some(error) => {
                tracing::warn!(%error, "a task could not be claimed; will try again");
                self.read_again = Instant::now();
                Ok(claimed)
            }
            None => Ok(claimed),
        }
    }

    pub(super) fn load(&self) -> Running {
        let mut load = Running::within(self.args.limit, self.args.limit_per_owner);
        for task in self.running.values() {
            load.add(&task.owner, 1);
        }
        load
    }

    /// Starts a claimed task, unless it was started too often already or nobody here can do it.
    async fn start(&mut self, myself: &ActorRef<DispatcherMsg>, row: TaskRow, lease: Lease) {
        let (id, seq, owner) = (row.task.id, row.task.seq, row.owner.clone());
        let held = Held { lease: lease.clone(), beat: None, tries: row.tries() };
        tracing::info!(task.id = %id, attempt = row.task.attempt, "task claimed");
        self.args.publisher.publish(row.clone());
        let context = match self.context(&row) {
            Ok(context) => context,
            Err(error) => return self.refuse(held, error).await,
        };
        match Actor::spawn_linked(None, TaskActor, TaskArgs { context, row, lease }, myself.get_cell()).await {
            Ok((actor, _)) => {
                self.running.insert(actor.get_id(), RunningTask { id, seq, owner, held, actor });
            }
            Err(error) => {
                tracing::error!(task.id = %id, %error, "a task actor did not start");
                self.give_up(held, Trouble::BrokeOff).await;
            }
        }
    }

    /// A claimed task fails before it is started.
    async fn refuse(&mut self, held: Held, error: TaskError) {
        match self.args.store.fail(&held.lease, error.clone()).await {
            Ok(row) => drop(self.args.publisher.publish(row)),
            Err(StoreError::Database { .. }) => self.give_up(held, Trouble::Lacking(error)).await,
            // It was cancelled or removed meanwhile.
            Err(_) => {}
        }
    }

    fn context(&self, row: &TaskRow) -> Result<TaskContext, TaskError> {
        let policy = self.args.retries.policy;
        if row.tries() > policy.attempts {
            return Err(policy.tried_too_often(None));
        }
        let name = &row.task.service;
        let (Some(service), Some(pool)) = (self.args.registry.get(name), self.args.pools.get(name)) else {
            let detail = format!("there is no conversion service `{name}` any more");
            return Err(TaskError { code: ProblemCode::ServiceNotFound, detail, file: None, page: None });
        };
        Ok(TaskContext {
            store: self.args.store.clone(),
            publisher: self.args.publisher.clone(),
            etas: self.args.etas.clone(),
            service: Arc::clone(service),
            pool: pool.clone(),
            lease: self.args.lease,
            retries: self.args.retries.clone(),
            scratch: self.args.scratch.clone(),
        })
    }
}

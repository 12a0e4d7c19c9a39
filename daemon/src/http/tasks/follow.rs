//! Following tasks: the frames that a websocket and an event stream send alike.
//!
//! First how each task stands, then every change of it and of its place in the queue. What a client says to have seen
//! already (`since`) is not told again.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use d2d_actors::{Access, QueuePlaces, Scope, Subscription, System};
use d2d_api::{Frame, ProblemCode, Task, TaskId, TaskStatus};
use futures_util::{Stream, stream};

use crate::http::socket::End;
use crate::http::tasks::live_tasks;

/// How often in a row a subscription may end at once before following ends.
const MOST_RESTARTS: u32 = 3;

/// Which tasks to follow.
pub(super) enum Follow {
    /// One, until it has ended.
    One(TaskId),
    /// All of an account, without end.
    AllOf(String),
}

/// The frames of the tasks from now on: what changes after this returns is among them. `seen` has the `seq` up to which the
/// client knows a task.
pub(super) async fn follow(
    system: System,
    what: Follow,
    seen: HashMap<TaskId, u64>,
    access: Access,
) -> Result<impl Stream<Item = Result<Frame, End>> + Send + 'static, End> {
    let scope = match &what {
        Follow::One(id) => Scope::Task(*id),
        Follow::AllOf(owner) => Scope::Owner(owner.clone()),
    };
    let (known, ready) = (HashMap::new(), VecDeque::new());
    let mut follower =
        Follower { system, access, what, scope, seen, known, ready, changes: None, places: None, over: 0 };
    follower.begin().await?;
    Ok(stream::unfold(Some(follower), |follower| async {
        let mut follower = follower?;
        match follower.next().await {
            Ok(Some(frame)) => Some((Ok(frame), Some(follower))),
            Ok(None) => None,
            Err(end) => Some((Err(end), None)),
        }
    }))
}

struct Follower {
    system: System,
    access: Access,
    what: Follow,
    scope: Scope,
    seen: HashMap<TaskId, u64>,
    /// The tasks that go on, as they were last told.
    known: HashMap<TaskId, Known>,
    /// What is to be told next.
    ready: VecDeque<Frame>,
    /// `None` when a subscription has ended.
    changes: Option<Subscription>,
    /// Held as long as a followed task is queued.
    places: Option<QueuePlaces>,
    /// How often in a row a subscription ended.
    over: u32,
}

struct Known {
    seq: u64,
    /// The task, as long as it is queued.
    queued: Option<Box<Task>>,
}

impl Follower {
    /// The next frame; `None` if there will be no more.
    async fn next(&mut self) -> Result<Option<Frame>, End> {
        loop {
            if let Some(frame) = self.ready.pop_front() {
                return Ok(Some(frame));
            }
            let Some(changes) = &mut self.changes else {
                self.begin().await?;
                continue;
            };
            if matches!(self.what, Follow::One(_)) && self.known.is_empty() {
                return Ok(None);
            }
            tokio::select! {
                change = changes.next() => match change {
                    Some(change) => self.changed(change.task.clone()).await,
                    None => self.interrupted()?,
                },
                places = next_places(&mut self.places) => self.moved(&places),
            }
        }
    }

    /// Subscribes, and tells how the tasks stand.
    async fn begin(&mut self) -> Result<(), End> {
        // Subscribed before the tasks are read, so that no change falls between.
        self.changes = Some(self.system.subscribe(self.scope.clone()));
        for (task, first) in self.standing().await? {
            let since = self.known.get(&task.id).map(|known| known.seq).or(self.seen.get(&task.id).copied());
            if first && since.is_none_or(|since| task.seq > since) {
                self.ready.push_back(Frame::snapshot(&task));
            }
            if task.status.is_terminal() {
                self.ready.push_back(Frame::change(&task));
            }
            self.note(task);
        }
        self.hold_places();
        Ok(())
    }

    /// The tasks to begin with, and whether each needs a snapshot: what ended since the client knew it needs none.
    async fn standing(&self) -> Result<Vec<(Task, bool)>, End> {
        let owner = match &self.what {
            Follow::One(id) => return Ok(vec![(self.system.task(&self.access, *id).await?, true)]),
            Follow::AllOf(owner) => owner,
        };
        let live = live_tasks(&self.system, &Access::Owner(owner.clone())).await?;
        let mut tasks: Vec<_> = live.into_iter().map(|row| (row.task, true)).collect();
        let told = self.known.iter().map(|(id, known)| (*id, known.seq));
        let mut gone: HashMap<_, _> = self.seen.iter().map(|(id, seq)| (*id, *seq)).chain(told).collect();
        gone.retain(|id, _| tasks.iter().all(|(task, _)| task.id != *id));
        for (id, seq) in gone {
            match self.system.task(&self.access, id).await {
                Ok(task) if task.seq > seq => tasks.push((task, false)),
                Ok(_) => {}
                Err(refused) if refused.code == ProblemCode::TaskNotFound => {}
                Err(refused) => return Err(refused.into()),
            }
        }
        Ok(tasks)
    }

    async fn changed(&mut self, task: Task) {
        self.over = 0;
        if self.known.get(&task.id).is_some_and(|known| task.seq <= known.seq) {
            return;
        }
        let task = match task.status {
            // It may be gone by now: then the change is the last that can be told of it. When the service goes down there is
            // no time to ask, and its place is of no interest.
            TaskStatus::Queued if !self.system.is_draining() => {
                self.system.task(&self.access, task.id).await.unwrap_or(task)
            }
            _ => task,
        };
        self.ready.push_back(Frame::change(&task));
        self.note(task);
        self.hold_places();
    }

    /// Others have left the queue, or come in before.
    fn moved(&mut self, places: &HashMap<TaskId, u64>) {
        for task in self.known.values_mut().filter_map(|known| known.queued.as_mut()) {
            let place = places.get(&task.id).copied();
            // Without a place it has just left the queue: that is told as its own change.
            if place.is_some() && place != task.queue_position {
                task.queue_position = place;
                self.ready.push_back(Frame::change(task));
            }
        }
    }

    /// The subscription has ended: it is begun anew, a few times.
    fn interrupted(&mut self) -> Result<(), End> {
        self.changes = None;
        self.over += 1;
        if self.over < MOST_RESTARTS { Ok(()) } else { Err(End::Restart) }
    }

    fn note(&mut self, task: Task) {
        self.seen.remove(&task.id);
        if task.status.is_terminal() {
            self.known.remove(&task.id);
        } else {
            let queued = task.status == TaskStatus::Queued;
            self.known.insert(task.id, Known { seq: task.seq, queued: queued.then(|| Box::new(task)) });
        }
    }

    fn hold_places(&mut self) {
        if self.known.values().all(|known| known.queued.is_none()) {
            self.places = None;
        } else if self.places.is_none() {
            self.places = Some(self.system.places());
        }
    }
}

/// The places at the next look at the queue; never, if none is wanted or nobody looks any more.
async fn next_places(places: &mut Option<QueuePlaces>) -> Arc<HashMap<TaskId, u64>> {
    match places {
        Some(waiting) => match waiting.next().await {
            Some(places) => places,
            None => std::future::pending().await,
        },
        None => std::future::pending().await,
    }
}

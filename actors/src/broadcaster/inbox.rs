//! What waits for one subscriber: the latest state of each task that changed, and nothing older.
//!
//! The broadcaster puts changes in and never waits; the subscriber takes them out at its own pace. A change of a task
//! whose earlier one was not taken yet replaces it in place, so a slow reader loses intermediate states, never the last
//! one, and what waits is bounded by the number of tasks. A reader that is more than [`MOST_WAITING`] tasks behind is
//! given up: its subscription ends, and it starts over with a snapshot.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use d2d_api::{Task, TaskId};
use tokio::sync::Notify;

/// The most tasks whose changes wait for one subscriber.
const MOST_WAITING: usize = 2000;

/// A task after a change.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The account that the task belongs to.
    pub owner: String,
    /// The task after the change.
    pub task: Task,
}

/// Which tasks a subscriber watches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// One task.
    Task(TaskId),
    /// All tasks of the account of this name.
    Owner(String),
    /// All tasks.
    All,
}

impl Scope {
    /// Whether the change is of a task that is watched.
    pub(crate) fn covers(&self, change: &Change) -> bool {
        match self {
            Self::Task(id) => change.task.id == *id,
            Self::Owner(name) => change.owner == *name,
            Self::All => true,
        }
    }
}

/// The changes of the watched tasks, from the moment of subscribing.
///
/// To miss nothing: subscribe, then read the task, send it as the snapshot, and skip changes whose `seq` is not above the
/// snapshot's.
#[derive(Debug)]
pub struct Subscription {
    inbox: Arc<Inbox>,
}

impl Subscription {
    pub(crate) fn of(inbox: Arc<Inbox>) -> Self {
        Self { inbox }
    }

    /// The next change: of each task the latest. `None` when the subscription has ended: the system is going down, the
    /// broadcaster was restarted, or the reader fell too far behind. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Arc<Change>> {
        loop {
            let arrived = self.inbox.arrived.notified();
            match self.inbox.take() {
                Taken::Change(change) => return Some(change),
                Taken::Ended => return None,
                Taken::Nothing => arrived.await,
            }
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.inbox.end();
    }
}

/// The mailbox of one subscriber.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    waiting: Mutex<Waiting>,
    arrived: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    /// The tasks with a change, the one that waits longest first.
    order: VecDeque<TaskId>,
    latest: HashMap<TaskId, Arc<Change>>,
    ended: bool,
}

enum Taken {
    Change(Arc<Change>),
    Nothing,
    Ended,
}

impl Inbox {
    /// Puts a change in; `false` if nobody will take it out.
    pub(crate) fn put(&self, change: &Arc<Change>) -> bool {
        let mut waiting = self.lock();
        if waiting.ended {
            return false;
        }
        let id = change.task.id;
        if waiting.latest.insert(id, Arc::clone(change)).is_none() {
            waiting.order.push_back(id);
        }
        if waiting.order.len() > MOST_WAITING {
            tracing::warn!(waiting = waiting.order.len(), "a subscriber fell too far behind and was given up");
            *waiting = Waiting { ended: true, ..Waiting::default() };
        }
        let open = !waiting.ended;
        drop(waiting);
        self.arrived.notify_one();
        open
    }

    /// Ends the subscription: what waits can still be taken out.
    pub(crate) fn end(&self) {
        self.lock().ended = true;
        self.arrived.notify_one();
    }

    fn take(&self) -> Taken {
        let mut waiting = self.lock();
        match waiting.order.pop_front().and_then(|id| waiting.latest.remove(&id)) {
            Some(change) => Taken::Change(change),
            None if waiting.ended => Taken::Ended,
            None => Taken::Nothing,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use chrono::Utc;
    use d2d_api::{PageCount, TaskStatus};
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    pub(crate) fn change(id: TaskId, seq: u64, status: TaskStatus) -> Arc<Change> {
        let task = Task {
            id,
            service: "test".to_owned(),
            params: Value::Null,
            label: None,
            priority: 0,
            status,
            message: String::new(),
            progress: 0.0,
            pages: PageCount::default(),
            queue_position: None,
            eta_seconds: None,
            attempt: 0,
            retry_at: None,
            error: None,
            partial: false,
            page_errors: Vec::new(),
            expected_files: None,
            files: Vec::new(),
            urls: Vec::new(),
            webhook: None,
            created_at: Utc::now(),
            queued_at: None,
            started_at: None,
            finished_at: None,
            expires_at: None,
            seq,
        };
        Arc::new(Change { owner: "alice".to_owned(), task })
    }

    fn taken(inbox: &Inbox) -> Vec<(TaskId, u64)> {
        std::iter::from_fn(|| match inbox.take() {
            Taken::Change(change) => Some((change.task.id, change.task.seq)),
            Taken::Nothing | Taken::Ended => None,
        })
        .collect()
    }

    #[test]
    fn a_reader_that_is_too_far_behind_is_given_up() {
        let inbox = Inbox::default();
        for _ in 0..MOST_WAITING {
            assert!(inbox.put(&change(TaskId::generate(), 1, TaskStatus::Queued)));
        }
        assert!(!inbox.put(&change(TaskId::generate(), 1, TaskStatus::Queued)));
        assert!(matches!(inbox.take(), Taken::Ended));
    }

    #[test]
    fn what_waits_can_be_taken_after_the_end() {
        let (inbox, id) = (Inbox::default(), TaskId::generate());
        inbox.put(&change(id, 1, TaskStatus::Success));
        inbox.end();
        assert!(!inbox.put(&change(id, 2, TaskStatus::Expired)));
        assert_eq!(taken(&inbox), [(id, 1)]);
        assert!(matches!(inbox.take(), Taken::Ended));
    }

    proptest! {
        /// However readers and writers take turns, each task's states come out in order and the last one comes out.
        #[test]
        fn the_last_state_of_each_task_comes_out(steps in prop::collection::vec((0usize..4, any::<bool>()), 0..100)) {
            let ids: Vec<_> = (0..4).map(|_| TaskId::generate()).collect();
            let (inbox, mut last, mut seen) = (Inbox::default(), HashMap::new(), HashMap::new());
            let mut see = |got: Vec<(TaskId, u64)>| -> Result<(), TestCaseError> {
                for (id, seq) in got {
                    let before = seen.insert(id, seq);
                    prop_assert!(before.is_none_or(|before| before < seq), "{seq} came after {before:?}");
                }
                Ok(())
            };
            for (seq, (task, read)) in (1u64..).zip(steps) {
                prop_assert!(inbox.put(&change(ids[task], seq, TaskStatus::Execution)));
                last.insert(ids[task], seq);
                if read {
                    see(taken(&inbox))?;
                }
            }
            see(taken(&inbox))?;
            prop_assert_eq!(seen, last);
        }
    }
}

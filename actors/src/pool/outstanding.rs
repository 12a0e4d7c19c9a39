//! The jobs that a pool has not done yet, and the workers that wait for a moment for the next job of a task.
//!
//! A task that gets its turn takes one step and then needs to commit it before it can ask for the next: after a file was
//! inspected its first page, after the last page its results. Would the worker go on with another account's page meanwhile,
//! a single page would wait for others three times. So the worker waits for the next step of the same task, but only for a
//! small part of the time that pages take, and only if it would be passed over else: inspecting, one page and assembling are
//! one turn.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use d2d_api::TaskId;
use tokio::sync::Notify;

/// A worker waits for this part of the time that a page takes, at most,
const PART_OF_PAGE: u32 = 20;
/// and never longer;
const LONGEST: Duration = Duration::from_millis(100);
/// so short a wait is none.
const SHORTEST: Duration = Duration::from_millis(1);

/// What is outstanding in a pool.
#[derive(Debug, Default)]
pub(crate) struct Outstanding {
    counts: Mutex<Counts>,
    submitted: Notify,
}

#[derive(Debug, Default)]
struct Counts {
    total: usize,
    by_owner: HashMap<Arc<str>, usize>,
    by_task: HashMap<TaskId, usize>,
    /// The tasks that workers wait for.
    awaited: HashSet<TaskId>,
    /// How long a page takes, on average of late.
    page: Duration,
}

/// Counts one job that is waiting or being worked on, until it is dropped.
#[derive(Debug)]
pub(crate) struct Ticket {
    outstanding: Arc<Outstanding>,
    owner: Arc<str>,
    task: TaskId,
}

impl Ticket {
    pub(crate) fn draw(outstanding: &Arc<Outstanding>, owner: &Arc<str>, task: TaskId) -> Self {
        outstanding.lock().add(owner, task);
        Self { outstanding: Arc::clone(outstanding), owner: Arc::clone(owner), task }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.outstanding.lock().remove(&self.owner, self.task);
    }
}

impl Outstanding {
    /// How many jobs are outstanding.
    pub(super) fn total(&self) -> usize {
        self.lock().total
    }

    /// A job was handed to the factory.
    pub(super) fn submitted(&self) {
        self.submitted.notify_waiters();
    }

    /// A page took so long.
    pub(super) fn took(&self, page: Duration) {
        let counts = &mut *self.lock();
        counts.page = if counts.page.is_zero() { page } else { (counts.page * 7 + page) / 8 };
    }

    /// Whether a worker that has just done a step of a task should wait for the next one, and for how long.
    pub(super) fn worth_waiting(&self, owner: &str, task: TaskId) -> Option<Duration> {
        let counts = &mut *self.lock();
        let most = (counts.page / PART_OF_PAGE).min(LONGEST);
        let others = counts.total > counts.by_owner.get(owner).copied().unwrap_or(0);
        let worth = most >= SHORTEST && others && !counts.by_task.contains_key(&task);
        worth.then(|| {
            counts.awaited.insert(task);
            most
        })
    }

    /// Waits until a task has another job, but not for longer than `most`.
    pub(super) async fn next_of(&self, task: TaskId, most: Duration) {
        let next = async {
            loop {
                let submitted = self.submitted.notified();
                if self.lock().by_task.contains_key(&task) {
                    return;
                }
                submitted.await;
            }
        };
        if tokio::time::timeout(most, next).await.is_err() {
            self.lock().awaited.remove(&task);
        }
    }

    /// Whether a worker waits for this job of a task: it is for the first one only.
    pub(super) fn is_awaited(&self, task: TaskId) -> bool {
        self.lock().awaited.remove(&task)
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    fn add(&mut self, owner: &Arc<str>, task: TaskId) {
        self.total += 1;
        *self.by_owner.entry(Arc::clone(owner)).or_default() += 1;
        *self.by_task.entry(task).or_default() += 1;
    }

    fn remove(&mut self, owner: &Arc<str>, task: TaskId) {
        self.total -= 1;
        count_down(&mut self.by_owner, owner);
        if count_down(&mut self.by_task, &task) {
            self.awaited.remove(&task);
        }
    }
}

/// Takes one away; answers whether none is left.
fn count_down<K: std::hash::Hash + Eq>(counts: &mut HashMap<K, usize>, key: &K) -> bool {
    match counts.get_mut(key) {
        Some(count) if *count > 1 => {
            *count -= 1;
            false
        }
        _ => {
            counts.remove(key);
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: Duration = Duration::from_secs(1);

    fn pool() -> Arc<Outstanding> {
        let pool = Arc::new(Outstanding::default());
        pool.took(PAGE);
        pool
    }

    #[test]
    fn a_worker_waits_only_if_another_account_would_go_first() {
        let (pool, ann, bob) = (pool(), Arc::from("ann"), Arc::from("bob"));
        let (anns, bobs) = (TaskId::generate(), TaskId::generate());
        assert_eq!(pool.worth_waiting("bob", bobs), None, "nobody else is there");
        let of_ann = Ticket::draw(&pool, &ann, anns);
        assert_eq!(pool.worth_waiting("bob", bobs), Some(PAGE / 20));
        assert_eq!(pool.worth_waiting("ann", TaskId::generate()), None, "these are one's own");
        let of_bob = Ticket::draw(&pool, &bob, bobs);
        assert_eq!(pool.worth_waiting("bob", bobs), None, "its next step is there already");
        assert_eq!(pool.total(), 2);
        drop((of_ann, of_bob));
        assert_eq!((pool.total(), pool.worth_waiting("bob", bobs)), (0, None));
    }

    #[test]
    fn short_pages_are_not_waited_for() {
        let pool = Arc::new(Outstanding::default());
        let _other = Ticket::draw(&pool, &Arc::from("ann"), TaskId::generate());
        pool.took(Duration::from_millis(2));
        assert_eq!(pool.worth_waiting("bob", TaskId::generate()), None);
        (0..50).for_each(|_| pool.took(Duration::from_hours(1)));
        assert_eq!(pool.worth_waiting("bob", TaskId::generate()), Some(LONGEST));
    }

    #[tokio::test]
    async fn what_is_awaited_goes_first_once() {
        let (pool, bob, task) = (pool(), Arc::from("bob"), TaskId::generate());
        let _other = Ticket::draw(&pool, &Arc::from("ann"), TaskId::generate());
        let most = pool.worth_waiting("bob", task).unwrap_or_default();
        let submit = async {
            let ticket = Ticket::draw(&pool, &bob, task);
            pool.submitted();
            ticket
        };
        let ((), ticket) = tokio::join!(pool.next_of(task, 1000 * most), submit);
        assert!(pool.is_awaited(task) && !pool.is_awaited(task));
        drop(ticket);

        assert!(pool.worth_waiting("bob", task).is_some());
        pool.next_of(task, Duration::from_millis(1)).await;
        assert!(!pool.is_awaited(task), "it came too late");
    }
}

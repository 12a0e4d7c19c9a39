//! A task whose files this node fetches: which of them are in hand, and which is next.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use d2d_api::{TaskUrl, UrlStatus};
use d2d_store::{Lease, TaskRow, UrlProgress};
use ractor::{ActorId, ActorRef};

use super::download::DownloadMsg;

/// How many files of one task are fetched at once, so that a task with many does not keep others waiting.
const MOST_OF_TASK: usize = 2;

/// A task whose files this node fetches.
pub(super) struct Claim {
    pub(super) row: TaskRow,
    pub(super) lease: Lease,
    /// When its lease was renewed last.
    pub(super) renewed: Instant,
    /// What is in hand, by the place of its URL.
    pub(super) hands: BTreeMap<usize, Hand>,
}

/// A download that is under way.
pub(super) struct Hand {
    pub(super) actor: ActorRef<DownloadMsg>,
    /// The bytes that have come,
    pub(super) bytes: Arc<AtomicU64>,
    /// and how many of them were told.
    told: Option<u64>,
}

impl Hand {
    pub(super) fn new(actor: ActorRef<DownloadMsg>, bytes: Arc<AtomicU64>) -> Self {
        Self { actor, bytes, told: None }
    }
}

impl Claim {
    pub(super) fn new(row: TaskRow, lease: Lease) -> Self {
        Self { row, lease, renewed: Instant::now(), hands: BTreeMap::new() }
    }

    /// The next URL to fetch, if the task may have one more in hand.
    pub(super) fn next(&self) -> Option<usize> {
        (self.hands.len() < MOST_OF_TASK).then(|| next(&self.row.task.urls, |index| self.hands.contains_key(&index)))?
    }

    /// The place of the URL that this actor fetches.
    pub(super) fn index_of(&self, actor: ActorId) -> Option<usize> {
        self.hands.iter().find(|(_, hand)| hand.actor.get_id() == actor).map(|(index, _)| *index)
    }

    /// Takes a download out of hand that has ended; answers what it was done under, and its URL.
    pub(super) fn take(&mut self, index: usize) -> Option<(Lease, String)> {
        self.hands.remove(&index)?;
        Some((self.lease.clone(), self.row.task.urls.get(index)?.url.clone()))
    }

    /// What is to be told of the downloads since the last time.
    pub(super) fn news(&mut self) -> Vec<UrlProgress> {
        let news = self.hands.iter_mut().filter_map(|(index, hand)| {
            let bytes = hand.bytes.load(Ordering::Relaxed);
            (hand.told.replace(bytes) != Some(bytes)).then_some(UrlProgress { index: *index, bytes })
        });
        news.collect()
    }

    /// What is done about the task, in words.
    pub(super) fn message(&self) -> String {
        let urls = &self.row.task.urls;
        let tried = urls.iter().filter(|url| matches!(url.status, UrlStatus::Done | UrlStatus::Failed)).count();
        format!("fetching its files: {tried} of {} are done", urls.len())
    }

    /// Whether the lease is to be renewed, which `ttl` after the last time it runs out.
    pub(super) fn is_due(&self, ttl: Duration) -> bool {
        self.renewed.elapsed() >= ttl / 3
    }

    /// Gives up what is in hand.
    pub(super) fn drop_hands(&mut self) {
        for hand in std::mem::take(&mut self.hands).into_values() {
            hand.actor.kill();
        }
    }
}

/// The first URL that is neither here nor given up nor in hand.
fn next(urls: &[TaskUrl], in_hand: impl Fn(usize) -> bool) -> Option<usize> {
    let open = |url: &TaskUrl| matches!(url.status, UrlStatus::Waiting | UrlStatus::Fetching);
    urls.iter().enumerate().find(|(index, url)| open(url) && !in_hand(*index)).map(|(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_in_their_order_and_none_twice() {
        let url = |status| TaskUrl { url: String::new(), status, bytes: 0, file: None, error: None };
        let urls = [UrlStatus::Done, UrlStatus::Waiting, UrlStatus::Failed, UrlStatus::Fetching].map(url);
        assert_eq!(next(&urls, |_| false), Some(1));
        assert_eq!(next(&urls, |index| index == 1), Some(3), "another life left it unfinished");
        assert_eq!(next(&urls, |_| true), None);
    }
}

//! What a dispatcher may claim next.

use chrono::{DateTime, Utc};
use d2d_api::TaskId;
use surrealdb::types::SurrealValue;

use super::Candidate;
use crate::database::bind;
use crate::{Store, StoreError};

/// How many queued tasks are read at once, at least.
const PAGE: usize = 256;

/// The task need not wait before it is tried again. Clocks can be set: to wait for longer than it was to from the beginning
/// makes no sense.
macro_rules! ready {
    () => {
        "(ready_at = NONE OR ready_at <= time::now() OR ready_at > time::now() + (ready_after ?? 0s))"
    };
}
pub(super) const READY: &str = ready!();

/// In the order of the index `task_queue`.
const QUEUE: &str = "SELECT key, owner, priority, rank, queued_at, created_at FROM task
    WHERE status = 'queued' AND owner > $owner ORDER BY owner ASC, rank ASC, queued_at ASC LIMIT $size";
/// As well, without those that wait before they are tried again.
const CLAIMABLE: &str = concat!(
    "SELECT key, owner, priority, rank, queued_at, created_at FROM task WHERE status = 'queued' AND owner > $owner AND ",
    ready!(),
    " ORDER BY owner ASC, rank ASC, queued_at ASC LIMIT $size"
);
/// Those of one owner.
const CLAIMABLE_OF_OWNER: &str = concat!(
    "SELECT key, owner, priority, rank, queued_at, created_at FROM task WHERE status = 'queued' AND owner = $owner AND ",
    ready!(),
    " ORDER BY rank ASC, queued_at ASC LIMIT $size"
);
/// As well: those that are not queued yet have no `queued_at`, and come in the order in which they were made.
const TO_FETCH: &str = "SELECT key, owner, priority, rank, queued_at, created_at FROM task
    WHERE status = 'fetching' AND owner > $owner AND lease = NONE
    ORDER BY owner ASC, rank ASC, queued_at ASC LIMIT $size";

#[derive(SurrealValue)]
struct CandidateRecord {
    key: uuid::Uuid,
    owner: String,
    priority: i32,
    queued_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl Store {
    /// Queued tasks that may be started, at most `limit_per_owner` of each owner, best first: by priority, then by the time
    /// they wait.
    ///
    /// They are read off an index, in pieces; what is left of an owner that has its share is skipped, so that a thousand
    /// tasks of one user cost no more than a piece.
    pub async fn candidates(&self, limit_per_owner: usize) -> Result<Vec<Candidate>, StoreError> {
        self.candidates_in_pages(limit_per_owner, PAGE.max(limit_per_owner + 1)).await
    }

    /// As [`Store::candidates`], those of one owner.
    pub async fn candidates_of(&self, owner: &str, limit: usize) -> Result<Vec<Candidate>, StoreError> {
        self.waiting_after(CLAIMABLE_OF_OWNER, owner, limit).await
    }

    /// As [`Store::candidates`], tasks whose files are to be fetched and that no node holds.
    pub async fn candidates_to_fetch(&self, limit_per_owner: usize) -> Result<Vec<Candidate>, StoreError> {
        self.in_pages(TO_FETCH, limit_per_owner, PAGE.max(limit_per_owner + 1)).await
    }

    /// As [`Store::candidates`], in pieces of `size`, which must be more than `share`.
    pub(crate) async fn candidates_in_pages(&self, share: usize, size: usize) -> Result<Vec<Candidate>, StoreError> {
        self.in_pages(CLAIMABLE, share, size).await
    }

    /// The best queued task of each owner, whether or not it may be started now.
    pub(super) async fn firsts(&self) -> Result<Vec<Candidate>, StoreError> {
        self.in_pages(QUEUE, 1, PAGE).await
    }

    async fn in_pages(&self, query: &str, share: usize, size: usize) -> Result<Vec<Candidate>, StoreError> {
        let mut candidates = Vec::new();
        let mut after = Some(String::new());
        while let Some(owner) = after {
            let page = self.waiting_after(query, &owner, size).await?;
            after = take_shares(&page, page.len() >= size, share, &mut candidates);
        }
        Ok(candidates)
    }

    /// The first `size` queued tasks of the owners after `owner`, owner by owner, best first.
    pub(super) async fn queued_after(&self, owner: &str, size: usize) -> Result<Vec<Candidate>, StoreError> {
        self.waiting_after(QUEUE, owner, size).await
    }

    /// The first `size` tasks of the owners after `owner`, owner by owner, best first.
    async fn waiting_after(&self, query: &str, owner: &str, size: usize) -> Result<Vec<Candidate>, StoreError> {
        let bindings = bind! { owner: owner, size: size };
        let records: Vec<CandidateRecord> = self.database().run("list the queue", query, bindings).await?;
        Ok(records.into_iter().map(Candidate::from).collect())
    }
}

/// Moves each owner's share of a page to `taken`. A `full` page is not the last: answers after which owner to go on.
fn take_shares(page: &[Candidate], full: bool, share: usize, taken: &mut Vec<Candidate>) -> Option<String> {
    let mut owners: Vec<_> = page.chunk_by(|one, other| one.owner == other.owner).collect();
    if full && owners.last().is_some_and(|last| last.len() < share) {
        // The page may end in the middle of the last owner's share: that is read again, from its beginning. It is not
        // the only one of the page, which is longer than a share.
        owners.pop();
    }
    for of_owner in &owners {
        taken.extend_from_slice(&of_owner[..share.min(of_owner.len())]);
    }
    let last = owners.last().and_then(|of_owner| of_owner.first())?;
    full.then(|| last.owner.clone())
}

impl From<CandidateRecord> for Candidate {
    fn from(record: CandidateRecord) -> Self {
        let queued_at = record.queued_at.unwrap_or(record.created_at);
        Self { id: TaskId(record.key), owner: record.owner, priority: record.priority, queued_at }
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Result;
    use proptest::prelude::*;

    use super::*;
    use crate::tests::on_each_store;

    #[test]
    fn the_queue_is_read_off_its_index() -> Result<()> {
        on_each_store(|store| async move {
            for (query, status) in [(QUEUE, "queued"), (CLAIMABLE, "queued"), (TO_FETCH, "fetching")] {
                let query = format!("EXPLAIN {query}");
                let plan: String = store.database().run("explain", &query, bind! { owner: "ann", size: 5 }).await?;
                let access = format!("index: task_queue, access: ['{status}'] MoreThan");
                assert!(plan.contains("IndexScan") && plan.contains(&access), "{plan}");
                assert!(plan.contains("limit: ") && !plan.contains("Sort") && !plan.contains("TableScan"), "{plan}");
            }
            Ok(())
        })
    }

    #[test]
    fn the_queue_of_an_owner_is_read_off_its_index() -> Result<()> {
        on_each_store(|store| async move {
            let query = format!("EXPLAIN {CLAIMABLE_OF_OWNER}");
            let plan: String = store.database().run("explain", &query, bind! { owner: "ann", size: 5 }).await?;
            assert!(plan.contains("IndexScan") && plan.contains("index: task_queue"), "{plan}");
            assert!(plan.contains("'queued', 'ann'"), "{plan}");
            assert!(plan.contains("limit: ") && !plan.contains("Sort") && !plan.contains("TableScan"), "{plan}");
            Ok(())
        })
    }

    fn candidate(owner: usize, place: usize) -> Candidate {
        Candidate {
            id: TaskId::generate(),
            owner: format!("{owner:03}"),
            priority: 0,
            queued_at: DateTime::from_timestamp_nanos(i64::try_from(place).unwrap_or_default()),
        }
    }

    proptest! {
        /// Whatever the owners have: each gets its share, the best first, however the pages are cut.
        #[test]
        fn shares_do_not_depend_on_the_pages(
            queues in prop::collection::vec(1_usize..9, 0..12), share in 1_usize..6, spare in 1_usize..5,
        ) {
            let queue: Vec<_> = queues
                .iter()
                .enumerate()
                .flat_map(|(owner, count)| (0..*count).map(move |place| candidate(owner, place)))
                .collect();
            let size = share + spare;
            let (mut taken, mut after, mut reads) = (Vec::new(), Some(String::new()), 0);
            while let Some(owner) = after {
                let page: Vec<_> = queue.iter().filter(|one| one.owner > owner).take(size).cloned().collect();
                after = take_shares(&page, page.len() >= size, share, &mut taken);
                reads += 1;
                prop_assert!(reads <= queues.len() + 1, "no progress");
            }
            let expected: Vec<_> = queue
                .chunk_by(|one, other| one.owner == other.owner)
                .flat_map(|of_owner| of_owner.iter().take(share).cloned())
                .collect();
            prop_assert_eq!(taken, expected);
        }
    }
}

//! How long the queue before a task is.

use chrono::{DateTime, Utc};
use d2d_api::TaskId;
use surrealdb::types::SurrealValue;

use super::Candidate;
use crate::database::bind;
use crate::records::task_record;
use crate::{Store, StoreError};

/// A queued task among those of its owner.
#[derive(SurrealValue)]
struct Place {
    owner: String,
    queued_at: DateTime<Utc>,
    /// How many of the same owner come before it.
    ahead: u64,
}

/// What another owner has in the queue.
struct Rival {
    queued: u64,
    first_queued_at: DateTime<Utc>,
}

impl Store {
    /// How many queued tasks come before this one if owners take turns, 0 for the next; `None` if it is not queued.
    pub async fn queue_position(&self, id: TaskId) -> Result<Option<u64>, StoreError> {
        let Some(place) = self.place(id).await? else { return Ok(None) };
        let mut rivals = self.candidates(1).await?;
        rivals.retain(|candidate| candidate.owner != place.owner);
        let rivals = self.count_queues(rivals).await?;
        Ok(Some(position(&place, &rivals)))
    }

    async fn place(&self, id: TaskId) -> Result<Option<Place>, StoreError> {
        let query = "{
            LET $found = SELECT status, owner, rank, queued_at FROM ONLY $task;
            IF $found.status != 'queued' { RETURN NONE };
            LET $better = (SELECT count() FROM task
                WHERE status = 'queued' AND owner = $found.owner AND rank < $found.rank GROUP ALL)[0].count ?? 0;
            LET $older = (SELECT count() FROM task
                WHERE status = 'queued' AND owner = $found.owner AND rank = $found.rank
                AND queued_at < $found.queued_at GROUP ALL)[0].count ?? 0;
            RETURN { owner: $found.owner, queued_at: $found.queued_at, ahead: $better + $older };
        }";
        self.database().run("find a task in the queue", query, bind! { task: task_record(id) }).await
    }

    /// How much the owners of these tasks, each its owner's first, have in the queue.
    async fn count_queues(&self, firsts: Vec<Candidate>) -> Result<Vec<Rival>, StoreError> {
        let owners: Vec<_> = firsts.iter().map(|first| first.owner.as_str()).collect();
        if owners.is_empty() {
            return Ok(Vec::new());
        }
        let query = "$owners.map(|$owner|
            (SELECT count() FROM task WHERE status = 'queued' AND owner = $owner GROUP ALL)[0].count ?? 0)";
        let counts: Vec<u64> = self.database().run("count the queue", query, bind! { owners: owners }).await?;
        let rivals = firsts.into_iter().zip(counts);
        Ok(rivals.map(|(first, queued)| Rival { queued, first_queued_at: first.queued_at }).collect())
    }
}

/// Owners take turns: before a task come as many of each other owner as of its own, and one more of those who were in
/// the queue earlier.
fn position(place: &Place, rivals: &[Rival]) -> u64 {
    let turns = |rival: &Rival| place.ahead + u64::from(rival.first_queued_at < place.queued_at);
    place.ahead + rivals.iter().map(|rival| rival.queued.min(turns(rival))).sum::<u64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_nanos(second * 1_000_000_000)
    }

    #[test]
    fn a_large_queue_of_another_owner_is_not_all_before_a_task() {
        let first = Place { owner: "a".to_owned(), queued_at: at(50), ahead: 0 };
        let third = Place { owner: "a".to_owned(), queued_at: at(52), ahead: 2 };
        let earlier = Rival { queued: 1000, first_queued_at: at(10) };
        let later = Rival { queued: 1000, first_queued_at: at(60) };
        let small = Rival { queued: 1, first_queued_at: at(10) };
        assert_eq!(position(&first, &[]), 0);
        assert_eq!(position(&third, &[]), 2);
        assert_eq!(position(&first, &[earlier]), 1);
        assert_eq!(position(&third, &[later]), 4);
        assert_eq!(position(&third, &[small]), 3);
    }
}

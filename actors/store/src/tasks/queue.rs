//! How long the queue before a task is.

use std::collections::HashMap;

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
    /// How many of the same owner come before it.
    ahead: u64,
}

/// What another owner has in the queue.
struct Rival {
    queued: u64,
    /// Whether its best task waits longer than the best one of the owner in question.
    first: bool,
}

impl Store {
    /// How many queued tasks come before this one if owners take turns, 0 for the next; `None` if it is not queued.
    pub async fn queue_position(&self, id: TaskId) -> Result<Option<u64>, StoreError> {
        let Some(place) = self.place(id).await? else { return Ok(None) };
        let firsts = self.firsts().await?;
        let own = firsts.iter().find(|first| first.owner == place.owner).map(|first| first.queued_at);
        let rivals = firsts.into_iter().filter(|first| first.owner != place.owner).collect();
        let rivals = self.rivals(rivals, own).await?;
        Ok(Some(position(place.ahead, &rivals)))
    }

    /// The places of all queued tasks, as [`Store::queue_position`] tells them one by one; `None` if there are more than
    /// `most`, which would take long to read.
    pub async fn queue_positions(&self, most: usize) -> Result<Option<HashMap<TaskId, u64>>, StoreError> {
        let queue = self.queued_after("", most.saturating_add(1)).await?;
        Ok((queue.len() <= most).then(|| (0..).zip(turns(&queue)).map(|(place, id)| (id, place)).collect()))
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
            RETURN { owner: $found.owner, ahead: $better + $older };
        }";
        self.database().run("find a task in the queue", query, bind! { task: task_record(id) }).await
    }

    /// The owners of these tasks, each its owner's best, against one whose best is queued since `own`.
    async fn rivals(&self, firsts: Vec<Candidate>, own: Option<DateTime<Utc>>) -> Result<Vec<Rival>, StoreError> {
        let owners: Vec<_> = firsts.iter().map(|first| first.owner.as_str()).collect();
        if owners.is_empty() {
            return Ok(Vec::new());
        }
        let query = "$owners.map(|$owner|
            (SELECT count() FROM task WHERE status = 'queued' AND owner = $owner GROUP ALL)[0].count ?? 0)";
        let counts: Vec<u64> = self.database().run("count the queue", query, bind! { owners: owners }).await?;
        let waits_longer = |first: &Candidate| own.is_some_and(|own| first.queued_at < own);
        let rivals = firsts.into_iter().zip(counts);
        Ok(rivals.map(|(first, queued)| Rival { queued, first: waits_longer(&first) }).collect())
    }
}

/// Owners take turns, those first whose best task waits longest: before a task come as many of each other owner as of its
/// own, and one more of those who have their turn before.
fn position(ahead: u64, rivals: &[Rival]) -> u64 {
    ahead + rivals.iter().map(|rival| rival.queued.min(ahead + u64::from(rival.first))).sum::<u64>()
}

/// The queue, owner by owner, each one's best first, in the order in which it is taken: owners take turns, in each round
/// those first whose best task waits longest.
fn turns(queue: &[Candidate]) -> Vec<TaskId> {
    let mut owners: Vec<_> = queue.chunk_by(|one, other| one.owner == other.owner).collect();
    owners.sort_by_key(|of_owner| of_owner.first().map(|first| first.queued_at));
    let mut turns = Vec::with_capacity(queue.len());
    let mut round = 0;
    while !owners.is_empty() {
        turns.extend(owners.iter().map(|of_owner| of_owner[round].id));
        round += 1;
        owners.retain(|of_owner| of_owner.len() > round);
    }
    turns
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Told for all at once, places are those that are told one by one.
        #[test]
        fn all_places_are_those_of_each(owners in prop::collection::vec(prop::collection::vec(0i64..500, 1..6), 0..6)) {
            let mut moment = 0;
            let queue: Vec<_> = (b'a'..).zip(&owners).flat_map(|(owner, waits)| {
                waits.iter().map(|wait| {
                    moment += 1;
                    // No two at the same moment.
                    let queued_at = DateTime::from_timestamp(*wait, moment).unwrap_or_default();
                    Candidate { id: TaskId::generate(), owner: char::from(owner).to_string(), priority: 0, queued_at }
                }).collect::<Vec<_>>()
            }).collect();
            let turns = turns(&queue);
            prop_assert_eq!(turns.len(), queue.len());
            let owners: Vec<_> = queue.chunk_by(|one, other| one.owner == other.owner).collect();
            for own in &owners {
                for (ahead, task) in (0..).zip(own.iter()) {
                    let rivals: Vec<_> = owners.iter().filter(|other| other[0].owner != own[0].owner).map(|other| {
                        Rival { queued: other.len() as u64, first: other[0].queued_at < own[0].queued_at }
                    }).collect();
                    let place = turns.iter().position(|id| *id == task.id);
                    prop_assert_eq!(place.map(|place| place as u64), Some(position(ahead, &rivals)));
                }
            }
        }
    }

    #[test]
    fn a_large_queue_of_another_owner_is_not_all_before_a_task() {
        let earlier = || Rival { queued: 1000, first: true };
        let later = || Rival { queued: 1000, first: false };
        let small = || Rival { queued: 1, first: true };
        assert_eq!(position(0, &[]), 0);
        assert_eq!(position(2, &[]), 2);
        assert_eq!(position(0, &[earlier()]), 1);
        assert_eq!(position(0, &[later()]), 0);
        assert_eq!(position(2, &[later()]), 4);
        assert_eq!(position(2, &[small(), later(), earlier()]), 8);
    }
}

//! Lists, counts, and the order of the queue.

use anyhow::Result;
use d2d_api::{TaskId, TaskStatus};

use super::{NODE, new_task, on_each_store, queued};
use crate::{NewTaskRow, Store, TaskFilter, TaskRow};

/// A dozen tasks of two owners in several states, oldest first.
async fn fill(store: &Store) -> Result<Vec<TaskRow>> {
    let mut rows = Vec::new();
    for number in 0..12 {
        let owner = if number % 3 == 0 { "bob" } else { "ann" };
        let new = NewTaskRow {
            service: if number % 4 == 0 { "shout" } else { "ocr" }.to_owned(),
            label: (number % 5 == 0).then(|| "fives".to_owned()),
            ..new_task(owner)
        };
        let row = match number % 4 {
            0 => store.create_task(new).await?,
            1 => {
                let id = queued(store, new).await?.task.id;
                store.cancel(id, "no").await?
            }
            _ => queued(store, new).await?,
        };
        rows.push(row);
    }
    Ok(rows)
}

/// All pages of a list, of `limit` each.
async fn pages(store: &Store, filter: &TaskFilter, limit: usize) -> Result<Vec<TaskRow>> {
    let (mut rows, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.tasks(filter, cursor, limit).await?;
        assert!(page.len() <= limit);
        let Some(last) = page.last() else { return Ok(rows) };
        cursor = Some(last.task.id);
        rows.extend(page);
    }
}

#[test]
fn times_bound_a_list_to_the_moment() -> Result<()> {
    on_each_store(|store| async move {
        let all = fill(&store).await?;
        let times: Vec<_> = all.iter().map(|row| row.task.created_at).collect();
        for (first, last) in [(0, 11), (3, 7), (5, 5), (7, 3)] {
            let filter = TaskFilter {
                created_after: Some(times[first]),
                created_before: Some(times[last]),
                ..TaskFilter::default()
            };
            let expected: Vec<_> = all.get(first..last).unwrap_or_default().iter().rev().cloned().collect();
            assert_eq!(pages(&store, &filter, 2).await?, expected, "from {first} to {last}");
        }
        Ok(())
    })
}

#[test]
fn lists_have_what_passes_the_filter_newest_first() -> Result<()> {
    on_each_store(|store| async move {
        let all = fill(&store).await?;
        let owners = [None, Some("ann"), Some("bob"), Some("nobody")];
        let states = [vec![], vec![TaskStatus::Queued], vec![TaskStatus::Cancelled, TaskStatus::AwaitingFiles]];
        let services = [None, Some("shout")];
        let labels = [None, Some("fives")];
        for owner in owners {
            for status in &states {
                for service in services {
                    for label in labels {
                        let filter = TaskFilter {
                            owner: owner.map(str::to_owned),
                            status: status.clone(),
                            service: service.map(str::to_owned),
                            label: label.map(str::to_owned),
                            ..TaskFilter::default()
                        };
                        let passes = |row: &&TaskRow| {
                            owner.is_none_or(|owner| row.owner == owner)
                                && (status.is_empty() || status.contains(&row.task.status))
                                && service.is_none_or(|service| row.task.service == service)
                                && label.is_none_or(|label| row.task.label.as_deref() == Some(label))
                        };
                        let expected: Vec<_> = all.iter().rev().filter(passes).cloned().collect();
                        assert_eq!(pages(&store, &filter, 2).await?, expected, "{filter:?}");
                    }
                }
            }
        }
        assert_eq!(pages(&store, &TaskFilter::default(), 100).await?.len(), 12);
        Ok(())
    })
}

#[test]
fn the_best_of_each_owner_come_first() -> Result<()> {
    on_each_store(|store| async move {
        let mut ids = Vec::new();
        for (owner, priority) in [("ann", 0), ("ann", 5), ("bob", -1), ("ann", 5), ("ann", -100), ("bob", 0)] {
            ids.push(queued(&store, NewTaskRow { priority, ..new_task(owner) }).await?.task.id);
        }
        let order = |limit: usize| {
            let store = store.clone();
            async move {
                let candidates = store.candidates(limit).await?;
                anyhow::Ok(candidates.into_iter().map(|one| (one.owner, one.id)).collect::<Vec<_>>())
            }
        };
        let expected = |owner: &str, places: &[usize]| -> Vec<(String, TaskId)> {
            places.iter().map(|place| (owner.to_owned(), ids[*place])).collect()
        };
        assert_eq!(order(10).await?, [expected("ann", &[1, 3, 0, 4]), expected("bob", &[5, 2])].concat());
        assert_eq!(order(1).await?, [expected("ann", &[1]), expected("bob", &[5])].concat());
        store.claim(ids[1], NODE).await?;
        assert_eq!(order(1).await?, [expected("ann", &[3]), expected("bob", &[5])].concat());

        let position = |place: usize| store.queue_position(ids[place]);
        assert_eq!(position(3).await?, Some(0));
        assert_eq!(position(5).await?, Some(1), "ann's waits longer");
        assert_eq!(position(0).await?, Some(2), "after the firsts of both");
        assert_eq!(position(2).await?, Some(3));
        assert_eq!(position(4).await?, Some(4));
        assert_eq!(position(1).await?, None, "it is running");
        Ok(())
    })
}

#[test]
fn nobody_is_left_out_of_a_long_queue() -> Result<()> {
    on_each_store(|store| async move {
        for (owner, count) in [("ann", 9), ("bob", 2), ("zoe", 4)] {
            for _ in 0..count {
                queued(&store, new_task(owner)).await?;
            }
        }
        let all = store.candidates(100).await?;
        assert_eq!((all.len(), store.counts().await?.queued), (15, 15));
        for size in 4..17 {
            let candidates = store.candidates_in_pages(3, size).await?;
            let of = |owner: &str| candidates.iter().filter(|one| one.owner == owner).count();
            assert_eq!((of("ann"), of("bob"), of("zoe")), (3, 2, 3), "{size} at once");
        }
        Ok(())
    })
}

//! One user's many pages and tasks against another's few.

use d2d_api::TaskStatus;

use crate::house::{House, alice, run};
use crate::script::Script;

#[test]
fn a_single_page_does_not_wait_for_the_long_tasks_of_another_user() {
    run(|| async {
        let house = House::with_workers(1).await;
        let pages_read = async || house.system.overview().await.unwrap().queue.pages;
        let mut long = Vec::new();
        for _ in 0..4 {
            // Long pages, so that what is counted is turns, and not how fast a busy machine claims and commits.
            long.push(house.submit("alice", &Script { page_ms: 400, ..house.script(200) }).await);
        }
        for id in &long {
            house.until(*id, |task| task.pages.done >= 1).await;
        }
        let before = pages_read().await;
        let short = house.submit("bob", &house.script(1)).await;
        assert_eq!(house.ended(short).await.status, TaskStatus::Success);
        let of_others = pages_read().await - before - 1;
        // Its turn comes three times: a look at the file, its page, the results. Each waits for one page of the other
        // user's, not for the eight that are queued; and one or two more are read while it is claimed and committed.
        assert!(of_others <= 6, "{of_others} pages of another user came first");
        for id in long {
            house.system.cancel(&alice(), id).await.unwrap();
        }
    });
}

#[test]
fn a_user_with_many_tasks_does_not_take_every_place() {
    run(|| async {
        let house = House::with_workers(1).await;
        let gate = house.gate();
        let mut greedy = Vec::new();
        for _ in 0..12 {
            greedy.push(house.submit("alice", &Script { gate: Some(gate.clone()), ..house.script(1) }).await);
        }
        // Four run for one worker, and all of them wait at the gate or for the worker behind it.
        house.until_workers(|workers| workers[0].reading.as_ref().is_some_and(|now| now.page == 1)).await;
        let short = house.submit("bob", &house.script(1)).await;
        house.until(short, |task| task.status == TaskStatus::Execution).await;
        assert_eq!(house.system.overview().await.unwrap().queue.execution, 5);
        std::fs::write(gate, "").unwrap();
        assert_eq!(house.ended(short).await.status, TaskStatus::Success);
        for id in greedy {
            assert_eq!(house.ended(id).await.status, TaskStatus::Success);
        }
    });
}

//! One user's many pages and tasks against another's few.

use d2d_api::TaskStatus;

use crate::house::{House, alice, run};
use crate::script::Script;

#[test]
fn a_single_page_does_not_wait_for_a_long_task_of_another_user() {
    run(|| async {
        let house = House::with_workers(1).await;
        let long = house.submit("alice", &Script { page_ms: 40, ..house.script(200) }).await;
        house.until(long, |task| task.pages.done >= 2).await;
        let before = house.system.task(&alice(), long).await.unwrap().pages.done;
        let short = house.submit("bob", &house.script(1)).await;
        assert_eq!(house.ended(short).await.status, TaskStatus::Success);
        let meanwhile = house.system.task(&alice(), long).await.unwrap().pages.done - before;
        // Three times in turn: a look at the file, its page, the results. And the page that was in hand.
        assert!(meanwhile <= 5, "{meanwhile} pages of another user came first");
        house.system.cancel(&alice(), long).await.unwrap();
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

//! Going down, coming back, losing leases, fetching what is missing.

use std::sync::atomic::Ordering;
use std::time::Duration;

use d2d_actors::Scope;
use d2d_api::{ProblemCode, TaskStatus};

use crate::house::{House, alice, next, run};
use crate::script::{Script, Settings};
use crate::service::{Needs, TestService};

/// Gives the only task that runs back to the queue, whatever its node does.
async fn take_away(house: &House) {
    let leases = house.store.leases(TaskStatus::Execution).await.unwrap();
    assert_eq!(leases.len(), 1, "{leases:?}");
    house.store.retry_later(&leases[0].lease, None, "taken away", Duration::ZERO).await.unwrap();
}

#[test]
fn a_drained_task_goes_on_at_its_checkpoint_and_burns_no_attempt() {
    run(|| async {
        let mut house = House::with_workers(1).await;
        let script = Script { page_ms: 50, ..house.script(12) };
        let id = house.submit("alice", &script).await;
        house.until(id, |task| task.pages.done >= 3).await;
        house.system.drain(Duration::from_secs(20)).await;

        let task = house.system.task(&alice(), id).await.unwrap();
        assert_eq!((task.status, task.attempt), (TaskStatus::Queued, 0), "{task:?}");
        assert!((3..12).contains(&task.pages.done), "{task:?}");
        let pages: u64 = (1..=12).map(|page| script.tries(&format!("scan.txt-{page}"))).sum();
        assert_eq!(pages, u64::from(task.pages.done), "pages in hand were finished and kept");
        assert!(house.system.ping().await.is_err(), "nobody is left to answer");

        house.restart(TestService::named("test", 2, &Settings::default())).await;
        let task = house.ended(id).await;
        assert_eq!((task.status, task.attempt), (TaskStatus::Success, 1), "{task:?}");
        for page in 1..=12 {
            assert_eq!(script.tries(&format!("scan.txt-{page}")), 1, "page {page} was read again");
        }
        assert_eq!(house.result("alice", id).await.lines().count(), 12);
    });
}

#[test]
fn a_drain_does_not_wait_longer_than_its_deadline() {
    run(|| async {
        let house = House::with_workers(1).await;
        let script = Script { hang_page: Some(1), ..house.script(1) };
        let id = house.submit("alice", &script).await;
        house.until_workers(|workers| workers[0].reading.as_ref().is_some_and(|now| now.page == 1)).await;
        let began = std::time::Instant::now();
        house.system.drain(Duration::from_millis(300)).await;
        assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
        let task = house.system.task(&alice(), id).await.unwrap();
        assert_eq!((task.status, task.attempt), (TaskStatus::Queued, 0), "{task:?}");
    });
}

#[test]
fn a_node_that_lost_its_lease_commits_nothing() {
    run(|| async {
        let house = House::with_workers(1).await;
        let script = Script { gate: Some(house.gate()), ..house.script(2) };
        let id = house.submit("alice", &script).await;
        house.until_workers(|workers| workers[0].reading.as_ref().is_some_and(|now| now.page == 1)).await;
        // As if this node had been dead for long: another one gives its tasks back to the queue.
        take_away(&house).await;
        std::fs::write(house.gate(), "").unwrap();
        let task = house.ended(id).await;
        assert_eq!((task.status, task.attempt), (TaskStatus::Success, 2), "{task:?}");
        let log = house.system.log(&alice(), id).await.unwrap();
        assert_eq!(log.iter().filter(|entry| entry.status == TaskStatus::Success).count(), 1, "{log:?}");
        assert_eq!(house.result("alice", id).await.lines().count(), 2);
    });
}

#[test]
fn a_task_that_was_started_too_often_fails() {
    run(|| async {
        let service = TestService::named("test", 1, &Settings::default());
        let house = House::with_config(service, |config| config.tasks.attempts = 2).await;
        let script = Script { gate: Some(house.gate()), ..house.script(1) };
        let id = house.submit("alice", &script).await;
        for attempt in 1..=2 {
            house.until(id, |task| task.status == TaskStatus::Execution && task.attempt == attempt).await;
            take_away(&house).await;
        }
        let task = house.ended(id).await;
        assert_eq!((task.status, task.attempt), (TaskStatus::Failure, 3));
        assert!(task.error.unwrap().detail.contains("started 2 times"));
    });
}

#[test]
fn a_task_without_a_worker_is_tried_again_later_and_fails_in_the_end() {
    run(|| async {
        let broken = Settings { broken: Some(ProblemCode::ServiceUnavailable) };
        let house = House::with_config(TestService::named("test", 2, &broken), |config| {
            (config.tasks.attempts, config.tasks.retry_longest) = (2, Duration::from_secs(1));
        })
        .await;
        let id = house.submit("alice", &house.script(1)).await;
        let again = house.until(id, |task| task.status == TaskStatus::Queued && task.attempt == 1).await;
        assert!(again.message.contains("; attempt 2 of 2 in 1 s"), "{again:?}");
        assert!(again.retry_at.is_some_and(|at| at > again.queued_at.unwrap()), "{again:?}");
        let task = house.ended(id).await;
        assert_eq!((task.status, task.attempt, task.retry_at), (TaskStatus::Failure, 2, None), "{task:?}");
        assert_eq!(task.error.unwrap().code, ProblemCode::ServiceUnavailable);
    });
}

#[test]
fn a_task_of_a_dead_node_is_taken_over_and_one_of_a_living_node_is_not() {
    run(|| async {
        let service = TestService::named("test", 1, &Settings::default());
        let mut house = House::with_config(service, |config| config.tasks.lease = Duration::from_secs(3)).await;
        let script = Script { gate: Some(house.gate()), ..house.script(1) };
        let mut tasks = Vec::new();
        for _ in 0..2 {
            tasks.push(house.submit("alice", &script).await);
        }
        house.system.drain(Duration::ZERO).await;
        std::fs::write(house.gate(), "").unwrap();
        let (_, _dead) = house.store.claim(tasks[0], "dead-node").await.unwrap().unwrap();
        let (_, alive) = house.store.claim(tasks[1], "living-node").await.unwrap().unwrap();
        let store = house.store.clone();
        let renewing = tokio::spawn(async move {
            loop {
                store.renew(&alive).await.unwrap();
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        });
        house.restart(TestService::named("test", 1, &Settings::default())).await;
        let task = house.ended(tasks[0]).await;
        assert_eq!((task.status, task.attempt), (TaskStatus::Success, 2), "{task:?}");
        let log = house.system.log(&alice(), tasks[0]).await.unwrap();
        assert!(log.iter().any(|entry| entry.message.contains("did not report any more; attempt 2 of 3")), "{log:?}");
        let other = house.system.task(&alice(), tasks[1]).await.unwrap();
        assert_eq!((other.status, other.attempt), (TaskStatus::Execution, 1), "{other:?}");
        renewing.abort();
    });
}

#[test]
fn what_is_missing_is_fetched_once_before_the_pages() {
    run(|| async {
        let needs = Needs::default();
        let service = TestService::named("test", 2, &Settings::default()).needing(needs.clone());
        let house = House::with_service(service).await;
        let mut changes = house.system.subscribe(Scope::All);
        let tasks = [house.submit("alice", &house.script(1)).await, house.submit("bob", &house.script(1)).await];
        let (mut said, mut ended) = (Vec::new(), 0);
        while ended < tasks.len() {
            let task = next(&mut changes).await;
            ended += usize::from(task.status == TaskStatus::Success);
            said.push(task.message);
        }
        assert!(said.iter().any(|message| message == "fetching what it takes"), "{said:?}");
        assert_eq!(needs.fetched.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn what_cannot_be_fetched_fails_the_task_with_the_reason() {
    run(|| async {
        let needs = Needs { never: true, ..Needs::default() };
        let service = TestService::named("test", 1, &Settings::default()).needing(needs);
        let house = House::with_service(service).await;
        let task = house.ended(house.submit("alice", &house.script(1)).await).await;
        let error = task.error.unwrap();
        assert_eq!((error.code, error.detail.as_str()), (ProblemCode::OcrModelMissing, "nobody has it"));
    });
}

#[test]
fn the_tree_answers_and_the_overview_counts() {
    run(|| async {
        let house = House::with_workers(2).await;
        assert_eq!(house.system.ping().await, Ok(()));
        let good = house.submit("alice", &house.script(3)).await;
        let bad = house.submit("alice", &Script { refuse_page: Some(1), ..house.script(1) }).await;
        house.ended(good).await;
        house.ended(bad).await;
        let waiting = house.register("alice", &house.script(1), None).await.id;
        let overview = house.system.overview().await.unwrap();
        assert_eq!((overview.queue.succeeded, overview.queue.failed, overview.queue.cancelled), (1, 1, 0));
        assert_eq!((overview.queue.awaiting_files, overview.queue.queued, overview.queue.pages), (1, 0, 3));
        assert!(overview.node.rss_bytes > 0 && !overview.node.draining);
        assert_eq!(overview.pools[0].waiting, 0);
        house.system.remove(&alice(), waiting).await.unwrap();
        assert_eq!(house.system.overview().await.unwrap().queue.cancelled, 1);
    });
}

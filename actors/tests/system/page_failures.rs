//! Pages that can't be converted: that the others go on, what is said of them, and that only they are tried again.

use std::time::Duration;

use d2d_actors::Access;
use d2d_api::{DeadLetterFilter, PageCount, ProblemCode, TaskStatus};

use crate::house::{House, alice, run};
use crate::script::{Script, Settings};
use crate::service::TestService;

#[test]
fn bad_pages_do_not_keep_the_others_from_being_done() {
    run(|| async {
        let house = House::with_workers(2).await;
        let script = Script { refuse_page: Some(5), crash_page: Some(2), crash_times: 1000, ..house.script(9) };
        let id = house.submit("alice", &script).await;
        let task = house.ended(id).await;
        assert_eq!(task.status, TaskStatus::Failure);
        assert_eq!(task.pages, PageCount { done: 7, total: 9, failed: 2 });
        let told: Vec<_> = task.page_errors.iter().map(|error| (error.page, error.code, error.tries)).collect();
        assert_eq!(told, [(2, ProblemCode::PageCrashed, 2), (5, ProblemCode::InputDamaged, 1)], "in reading order");
        assert!(task.page_errors.iter().all(|error| error.file == "scan.txt"));
        let error = task.error.unwrap();
        assert_eq!((error.code, error.page), (ProblemCode::PageCrashed, Some(2)), "the first of them");
        assert!(error.detail.ends_with("(2 of 9 pages failed)"), "{}", error.detail);
        assert_eq!(house.store.finished_pages(id).await.unwrap().len(), 7, "what is done is kept");

        let log = house.system.log(&alice(), id).await.unwrap();
        let notes: Vec<_> = log.iter().map(|entry| entry.message.as_str()).collect();
        let said = |begin: &str, end: &str| notes.iter().any(|note| note.starts_with(begin) && note.ends_with(end));
        assert!(said("page 2 of `scan.txt` lost its worker (", "), trying again"), "{notes:?}");
        assert!(said("page 2 of `scan.txt` lost its worker (", "), given up after 2 tries"), "{notes:?}");
        assert!(said("page 5 of `scan.txt` was refused by the converter, given up after 1 try", ""), "{notes:?}");
    });
}

#[test]
fn a_retry_does_only_the_failed_pages_again() {
    run(|| async {
        let house = House::with_workers(2).await;
        let script = Script { crash_page: Some(2), crash_times: 2, ..house.script(5) };
        let id = house.submit("alice", &script).await;
        assert_eq!(house.ended(id).await.status, TaskStatus::Failure);
        let again = house.system.retry(&alice(), id).await.unwrap();
        assert_eq!((again.status, again.pages.failed, again.page_errors), (TaskStatus::Queued, 0, vec![]));
        let task = house.ended(id).await;
        assert_eq!((task.status, task.attempt, task.pages.failed), (TaskStatus::Success, 2, 0), "{task:?}");
        assert_eq!(script.tries("scan.txt-2"), 3);
        for page in [1, 3, 4, 5] {
            assert_eq!(script.tries(&format!("scan.txt-{page}")), 1, "page {page} was read again");
        }
        assert_eq!(house.result("alice", id).await.lines().count(), 5);
    });
}

#[test]
fn a_task_that_may_be_partial_ends_with_the_pages_that_there_are() {
    run(|| async {
        let house = House::with_workers(2).await;
        let script = Script { refuse_page: Some(2), ..house.script(4) };
        let task = house.ended(house.submit_partial("alice", &script).await).await;
        assert_eq!((task.status, task.partial), (TaskStatus::Success, true), "{task:?}");
        assert_eq!(task.message, "3 of 4 pages read, 1 failed");
        assert_eq!(task.error, None);
        assert_eq!(task.page_errors.iter().map(|error| error.page).collect::<Vec<_>>(), [2]);
        let text = house.result("alice", task.id).await;
        assert_eq!(text.lines().filter_map(|line| line.split([' ', ':']).nth(1)).collect::<Vec<_>>(), ["1", "3", "4"]);

        let nothing = Script { refuse_page: Some(1), ..house.script(1) };
        let task = house.ended(house.submit_partial("alice", &nothing).await).await;
        assert_eq!(task.status, TaskStatus::Failure, "there is nothing to end well with");
        assert_eq!(task.error.unwrap().code, ProblemCode::InputDamaged);
    });
}

#[test]
fn a_page_that_failed_is_not_tried_again_by_the_next_life() {
    run(|| async {
        let mut house = House::with_workers(1).await;
        let script = Script { refuse_page: Some(1), page_ms: 50, ..house.script(12) };
        let id = house.submit("alice", &script).await;
        house.until(id, |task| task.pages.failed == 1 && task.pages.done >= 2).await;
        house.system.drain(Duration::from_secs(20)).await;
        house.restart(TestService::named("test", 1, &Settings::default())).await;
        let task = house.ended(id).await;
        assert_eq!((task.status, task.pages.done, task.pages.failed), (TaskStatus::Failure, 11, 1), "{task:?}");
        assert_eq!((task.page_errors.len(), script.tries("scan.txt-1")), (1, 1));
    });
}

#[test]
fn a_task_whose_pages_all_hang_is_given_up_before_the_last() {
    run(|| async {
        let service = TestService::named("test", 4, &Settings::default());
        let service = service.with_pool(|pool| pool.page_timeout = Duration::from_millis(300));
        let house = House::with_service(service).await;
        let id = house.submit_partial("alice", &Script { hang_all: true, ..house.script(40) }).await;
        let task = house.ended(id).await;
        let error = task.error.unwrap();
        assert_eq!((task.status, error.code), (TaskStatus::Failure, ProblemCode::PageTimeout));
        assert!(error.detail.contains("20 pages in a row"), "{}", error.detail);
        assert_eq!(task.pages.failed, 20);
    });
}

#[test]
fn dead_letters_are_queued_again_as_far_as_the_queue_goes() {
    run(|| async {
        let service = TestService::named("test", 1, &Settings::default());
        let house = House::with_config(service, |config| config.uploads.max_queued = 2).await;
        // What is tried again stays in the queue: nothing that is read there ends.
        let gate = house.gate();
        let script = Script { crash_page: Some(1), crash_times: 2, gate: Some(gate.clone()), ..house.script(1) };
        let mut dead = Vec::new();
        for name in ["a", "b", "c"] {
            let script = Script { marks: script.marks.as_ref().map(|marks| marks.join(name)), ..script.clone() };
            std::fs::create_dir_all(script.marks.as_ref().unwrap()).unwrap();
            let id = house.submit("alice", &script).await;
            assert_eq!(house.ended(id).await.status, TaskStatus::Failure);
            dead.insert(0, id);
        }
        let all = DeadLetterFilter::default();
        let page = house.system.dead_letters(all.clone(), None, 10).await.unwrap();
        assert_eq!(page.rows.iter().map(|row| row.task.id).collect::<Vec<_>>(), dead, "newest first");
        let others = DeadLetterFilter { code: Some(ProblemCode::InputDamaged), ..all.clone() };
        assert!(house.system.replay_all(others, None, 10).await.unwrap().queued.is_empty());

        let first = house.system.replay_all(all.clone(), None, 10).await.unwrap();
        assert_eq!((first.queued.as_slice(), first.refused.len()), (&dead[..2], 0));
        let stopped = first.stopped.unwrap();
        assert_eq!((stopped.id, stopped.code), (dead[2], ProblemCode::QueueFull));
        assert_eq!(first.next_cursor, Some(dead[1].to_string()));
        let full = house.system.replay_all(all.clone(), Some(dead[1]), 10).await.unwrap_err();
        assert_eq!(full.code, ProblemCode::QueueFull);

        std::fs::write(gate, "").unwrap();
        for id in &dead[..2] {
            assert_eq!(house.ended(*id).await.status, TaskStatus::Success);
        }
        let unknown = d2d_api::TaskId::generate();
        let last = house.system.replay(&[dead[0], unknown, dead[2]]).await.unwrap();
        assert_eq!((last.queued.as_slice(), last.stopped), (&dead[2..], None));
        let codes: Vec<_> = last.refused.iter().map(|refused| (refused.id, refused.code)).collect();
        assert_eq!(codes, [(dead[0], ProblemCode::TaskWrongState), (unknown, ProblemCode::TaskNotFound)]);
        assert_eq!(house.ended(dead[2]).await.status, TaskStatus::Success);
        assert!(
            house
                .system
                .tasks(
                    &Access::Operator,
                    d2d_store::TaskFilter { status: vec![TaskStatus::Failure], ..d2d_store::TaskFilter::default() },
                    None,
                    10
                )
                .await
                .unwrap()
                .rows
                .is_empty()
        );
    });
}

#[test]
fn an_account_at_its_bound_does_not_stop_the_others() {
    run(|| async {
        let service = TestService::named("test", 1, &Settings::default());
        let house = House::with_config(service, |config| config.uploads.max_queued_per_user = 1).await;
        let bad = Script { refuse_page: Some(1), ..house.script(1) };
        let bobs = house.submit("bob", &bad).await;
        house.ended(bobs).await;
        let alices = house.submit("alice", &bad).await;
        house.ended(alices).await;
        house.register("alice", &house.script(1), None).await;
        let replayed = house.system.replay(&[alices, bobs]).await.unwrap();
        assert_eq!((replayed.queued.as_slice(), replayed.stopped), (&[bobs][..], None));
        assert_eq!((replayed.refused[0].id, replayed.refused[0].code), (alices, ProblemCode::QuotaExceeded));
    });
}

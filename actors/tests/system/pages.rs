//! Pages over worker processes: that all goes well, that one crashes, hangs, is refused, or is cancelled.

use std::path::Path;
use std::time::{Duration, Instant};

use d2d_api::{ProblemCode, TaskStatus, WorkerState};

use crate::house::{House, alice, next, run};
use crate::script::{Script, Settings};
use crate::service::TestService;

#[test]
fn pages_of_several_files_run_over_several_workers() {
    run(|| async {
        let house = House::with_workers(3).await;
        let script = Script { page_ms: 30, ..house.script(4) };
        let id = house.register("alice", &script, Some(2)).await.id;
        let mut changes = house.system.subscribe(d2d_actors::Scope::Task(id));
        assert_eq!(house.upload("alice", id, "a.txt").await.status, TaskStatus::AwaitingFiles);
        assert_eq!(house.upload("alice", id, "b.txt").await.status, TaskStatus::Queued);

        let (mut progress, mut seq, mut messages) = (0.0, 0, Vec::new());
        let task = loop {
            let task = next(&mut changes).await;
            assert!(task.progress >= progress && task.seq > seq, "{task:?} after {progress} and {seq}");
            (progress, seq) = (task.progress, task.seq);
            messages.push(task.message.clone());
            if task.status.is_terminal() {
                break task;
            }
        };
        assert_eq!((task.status, task.progress, task.attempt), (TaskStatus::Success, 100.0, 1), "{task:?}");
        assert_eq!((task.pages.done, task.pages.total), (8, 8));
        assert_eq!(task.message, "8 pages of 2 files read");
        assert!(messages.iter().any(|said| said.ends_with("of 4 of b.txt (file 2 of 2)")), "{messages:?}");

        let text: String = ["a.txt", "b.txt"]
            .iter()
            .flat_map(|name| (1..=4).map(move |page| format!("\"{name}\" {page}: \"content of {name}\"\n")))
            .collect();
        assert_eq!(house.result("alice", id).await, text);
        let workers = house.workers().await;
        assert_eq!(workers.iter().map(|worker| worker.pages).sum::<u64>(), 8);
        assert!(workers.iter().filter(|worker| worker.pages > 0).count() > 1, "one did everything: {workers:?}");
        assert!(workers.iter().all(|worker| worker.reading.is_none() && worker.rss_bytes > 0), "{workers:?}");
    });
}

#[test]
fn a_page_that_crashes_once_is_read_again() {
    run(|| async {
        let house = House::with_workers(2).await;
        let script = Script { crash_page: Some(2), crash_times: 1, ..house.script(3) };
        let id = house.submit("alice", &script).await;
        let task = house.ended(id).await;
        assert_eq!((task.status, task.attempt), (TaskStatus::Success, 1), "{task:?}");
        assert_eq!(script.tries("scan.txt-2"), 2);
        assert_eq!(script.tries("scan.txt-3"), 1, "other pages are not read again");
        assert!(house.result("alice", id).await.contains("\"scan.txt\" 2:"));
    });
}

#[test]
fn a_page_that_crashes_twice_fails_the_task_and_is_named() {
    run(|| async {
        let house = House::with_workers(2).await;
        let script = Script { crash_page: Some(2), crash_times: 1000, ..house.script(3) };
        let id = house.submit("alice", &script).await;
        let task = house.ended(id).await;
        let error = task.error.unwrap();
        assert_eq!((task.status, error.code), (TaskStatus::Failure, ProblemCode::PageCrashed));
        assert_eq!((error.file.as_deref(), error.page), (Some("scan.txt"), Some(2)));
        assert!(error.detail.contains("page 2 of `scan.txt`"), "{}", error.detail);
        assert!(error.detail.ends_with("(1 of 3 pages failed)"), "{}", error.detail);
        assert_eq!(script.tries("scan.txt-2"), 2);

        let other = house.submit("bob", &house.script(3)).await;
        assert_eq!(house.ended(other).await.status, TaskStatus::Success, "others go on");
        let workers = house.workers().await;
        assert!(workers.iter().map(|worker| worker.restarts).sum::<u64>() >= 1, "{workers:?}");
    });
}

#[test]
fn a_page_that_hangs_runs_into_its_time_limit() {
    run(|| async {
        let service = TestService::named("test", 1, &Settings::default());
        let service = service.with_pool(|pool| pool.page_timeout = Duration::from_millis(300));
        let house = House::with_service(service).await;
        let script = Script { hang_page: Some(1), ..house.script(1) };
        let id = house.submit("alice", &script).await;
        let task = house.ended(id).await;
        let error = task.error.unwrap();
        assert_eq!((task.status, error.code), (TaskStatus::Failure, ProblemCode::PageTimeout));
        assert_eq!((error.file.as_deref(), error.page), (Some("scan.txt"), Some(1)));
        assert_eq!(script.tries("scan.txt-1"), 2);
    });
}

#[test]
fn what_the_converter_refuses_is_told_as_it_says() {
    run(|| async {
        let house = House::with_workers(1).await;
        let page = house.submit("alice", &Script { refuse_page: Some(2), ..house.script(2) }).await;
        let error = house.ended(page).await.error.unwrap();
        assert_eq!(
            (error.code, error.file.as_deref(), error.page),
            (ProblemCode::InputDamaged, Some("scan.txt"), Some(2))
        );
        assert_eq!(error.detail, "told to refuse the page (1 of 2 pages failed)");

        let encrypted = Script { refuse_file: Some(ProblemCode::InputEncrypted), ..house.script(1) };
        let error = house.ended(house.submit("alice", &encrypted).await).await.error.unwrap();
        assert_eq!(
            (error.code, error.file.as_deref(), error.page),
            (ProblemCode::InputEncrypted, Some("scan.txt"), None)
        );

        let many = house.ended(house.submit("alice", &house.script(1001)).await).await.error.unwrap();
        assert_eq!(many.code, ProblemCode::InputTooManyPages);
    });
}

#[test]
fn a_worker_cannot_name_a_file_outside_of_its_folder_as_a_result() {
    run(|| async {
        let house = House::with_workers(1).await;
        let script = Script { artifact_path: Some("/proc/self/environ".into()), ..house.script(1) };
        let task = house.ended(house.submit("alice", &script).await).await;
        assert_eq!(task.status, TaskStatus::Failure);
        assert_eq!(task.error.unwrap().code, ProblemCode::Internal);
    });
}

#[test]
fn workers_that_cannot_start_fail_the_task_with_their_reason() {
    run(|| async {
        let broken = Settings { broken: Some(ProblemCode::OcrModelMissing) };
        let house = House::with_service(TestService::named("test", 2, &broken)).await;
        let task = house.ended(house.submit("alice", &house.script(2)).await).await;
        let error = task.error.unwrap();
        assert_eq!((task.status, error.code, error.page), (TaskStatus::Failure, ProblemCode::OcrModelMissing, None));
    });
}

#[test]
fn cancelling_in_the_middle_of_a_page_ends_its_process_within_a_second() {
    run(|| async {
        let house = House::with_workers(1).await;
        let script = Script { hang_page: Some(1), ..house.script(3) };
        let id = house.submit("alice", &script).await;
        let workers = house.until_workers(|workers| workers[0].reading.as_ref().is_some_and(|now| now.page == 1)).await;
        let process = format!("/proc/{}", workers[0].pid.unwrap());
        assert!(Path::new(&process).exists());

        let cancelled = Instant::now();
        let task = house.system.cancel(&alice(), id).await.unwrap();
        assert_eq!(task.status, TaskStatus::Cancelled);
        house.until_workers(|workers| workers[0].reading.is_none() && workers[0].pid.is_none()).await;
        assert!(cancelled.elapsed() < Duration::from_secs(1), "{:?}", cancelled.elapsed());
        assert!(!Path::new(&process).exists(), "the process was not reaped");

        let other = house.submit("alice", &house.script(1)).await;
        assert_eq!(house.ended(other).await.status, TaskStatus::Success, "the worker takes the next job");
        assert_eq!(house.system.task(&alice(), id).await.unwrap().status, TaskStatus::Cancelled);
    });
}

#[test]
fn a_worker_without_work_ends_its_process() {
    run(|| async {
        let service = TestService::named("test", 1, &Settings::default());
        let house = House::with_service(service.with_pool(|pool| pool.idle = Duration::from_millis(200))).await;
        let before = house.workers().await;
        assert_eq!((before[0].state, before[0].pid), (WorkerState::Stopped, None), "it starts with the first job");
        house.ended(house.submit("alice", &house.script(1)).await).await;
        let after = house.until_workers(|workers| workers[0].pid.is_none()).await;
        assert_eq!((after[0].state, after[0].pages, after[0].restarts), (WorkerState::Stopped, 1, 0));
        house.ended(house.submit("alice", &house.script(1)).await).await;
        assert_eq!(house.workers().await[0].restarts, 0, "a rest is no failure");
    });
}

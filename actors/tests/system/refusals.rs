//! What the system does not take.

use d2d_actors::{Access, Refused};
use d2d_api::{FileId, NewTask, NewTaskFiles, ProblemCode, Task, TaskId, TaskStatus};
use d2d_store::TaskFilter;
use serde_json::json;

use crate::house::{House, alice, run, text_file};
use crate::script::{Script, Settings};
use crate::service::TestService;

fn code<T: std::fmt::Debug>(result: Result<T, Refused>) -> ProblemCode {
    result.unwrap_err().code
}

fn new(change: impl FnOnce(&mut NewTask)) -> NewTask {
    let mut new = NewTask { service: "test".to_owned(), ..NewTask::default() };
    change(&mut new);
    new
}

#[test]
fn registrations_are_checked_field_by_field() {
    run(|| async {
        let house = House::with_workers(1).await;
        let unknown = new(|task| task.service = "fax".to_owned());
        assert_eq!(code(house.system.register("alice", unknown).await), ProblemCode::ServiceNotFound);

        let wrong = new(|task| {
            task.label = Some("x".repeat(201));
            task.priority = Some(101);
            task.files = Some(NewTaskFiles { expected: Some(11) });
        });
        let refused = house.system.register("alice", wrong).await.unwrap_err();
        let pointers: Vec<_> = refused.errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(refused.code, ProblemCode::RequestInvalid);
        assert_eq!(pointers, ["/label", "/priority", "/files/expected"]);

        let params = new(|task| task.params = Some(json!({ "bad": 1 })));
        let refused = house.system.register("alice", params).await.unwrap_err();
        assert_eq!(refused.code, ProblemCode::ServiceBadParams);
        assert_eq!(refused.errors[0].pointer, "/params/bad");
        assert_eq!(house.system.overview().await.unwrap().queue.awaiting_files, 0, "nothing was half-made");
    });
}

#[test]
fn a_full_queue_refuses_more() {
    run(|| async {
        let service = TestService::named("test", 1, &Settings::default());
        let house = House::with_config(service, |config| config.uploads.max_queued = 2).await;
        let first = house.register("alice", &house.script(1), None).await.id;
        house.register("alice", &house.script(1), None).await;
        let refused = house.system.register("bob", new(|_| {})).await.unwrap_err();
        assert_eq!((refused.code, refused.retry_after), (ProblemCode::QueueFull, None), "nothing has ended yet");

        house.system.cancel(&alice(), first).await.unwrap();
        house.system.register("bob", new(|_| {})).await.unwrap();
        let refused = house.system.register("bob", new(|_| {})).await.unwrap_err();
        assert!(refused.retry_after.is_some_and(|wait| (1..=120).contains(&wait.as_secs())), "{refused:?}");
    });
}

#[test]
fn files_are_taken_only_while_they_are_awaited() {
    run(|| async {
        let house = House::with_workers(1).await;
        let id = house.register("alice", &house.script(1), Some(2)).await.id;
        let slot = house.system.check_upload("alice", id).await.unwrap();
        assert_eq!((slot.files_left, slot.max_file_bytes, slot.takes("text/plain")), (2, 1000, true));
        assert!(!slot.takes("image/png"));

        let add = async |file| code(house.system.add_file("alice", id, file).await);
        assert_eq!(add(text_file("empty.txt", 0, "")).await, ProblemCode::UploadEmpty);
        assert_eq!(add(text_file("large.txt", 1001, "")).await, ProblemCode::UploadTooLarge);
        let image = d2d_api::InputFile { media_type: "image/png".to_owned(), ..text_file("a.png", 1, "") };
        assert_eq!(add(image).await, ProblemCode::UploadUnsupportedType);
        assert_eq!(code(house.system.submit("alice", id).await), ProblemCode::UploadNoFiles);
        let nothing = house.system.remove_file("alice", id, FileId::generate()).await;
        assert_eq!(code(nothing), ProblemCode::UploadFileNotFound);

        let task = house.upload("alice", id, "one.txt").await;
        let task = house.system.remove_file("alice", id, task.files[0].id).await.unwrap();
        assert!(task.files.is_empty());
        house.upload("alice", id, "one.txt").await;
        assert_eq!(house.system.check_upload("alice", id).await.unwrap().files_left, 1);
        house.upload("alice", id, "two.txt").await;
        assert_eq!(code(house.system.check_upload("alice", id).await), ProblemCode::TaskWrongState);
        assert_eq!(add(text_file("three.txt", 1, "")).await, ProblemCode::TaskWrongState);
        assert_eq!(code(house.system.submit("alice", id).await), ProblemCode::TaskWrongState);
    });
}

#[test]
fn to_others_a_task_does_not_exist() {
    run(|| async {
        let house = House::with_workers(1).await;
        let id = house.register("alice", &house.script(1), None).await.id;
        let bob = Access::Owner("bob".to_owned());
        for id in [id, TaskId::generate()] {
            assert_eq!(code(house.system.task(&bob, id).await), ProblemCode::TaskNotFound);
            assert_eq!(code(house.system.log(&bob, id).await), ProblemCode::TaskNotFound);
            assert_eq!(code(house.system.cancel(&bob, id).await), ProblemCode::TaskNotFound);
            assert_eq!(code(house.system.remove(&bob, id).await), ProblemCode::TaskNotFound);
            assert_eq!(code(house.system.artifacts(&bob, id).await), ProblemCode::TaskNotFound);
            assert_eq!(code(house.system.check_upload("bob", id).await), ProblemCode::TaskNotFound);
            assert_eq!(code(house.system.submit("bob", id).await), ProblemCode::TaskNotFound);
            assert_eq!(code(house.system.add_file("bob", id, text_file("a", 1, "")).await), ProblemCode::TaskNotFound);
        }
        let hers = TaskFilter { owner: Some("alice".to_owned()), ..TaskFilter::default() };
        let page = house.system.tasks(&bob, hers, None, 10).await.unwrap();
        assert!(page.rows.is_empty(), "a filter is no way around");
        assert_eq!(house.system.task(&Access::Operator, id).await.unwrap().id, id);
    });
}

#[test]
fn lists_come_in_pages_newest_first() {
    run(|| async {
        let house = House::with_workers(1).await;
        let mut tasks: Vec<Task> = Vec::new();
        for _ in 0..5 {
            tasks.insert(0, house.register("alice", &house.script(1), None).await);
        }
        let (mut cursor, mut seen) = (None, Vec::new());
        loop {
            let page = house.system.tasks(&alice(), TaskFilter::default(), cursor, 2).await.unwrap();
            assert!(!page.rows.is_empty() && page.rows.len() <= 2);
            seen.extend(page.rows.into_iter().map(|row| row.task));
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, tasks);
    });
}

#[test]
fn an_ended_task_stays_as_it_ended() {
    run(|| async {
        let house = House::with_workers(1).await;
        let gate = house.gate();
        let id = house.submit("alice", &Script { gate: Some(gate.clone()), ..house.script(1) }).await;
        assert_eq!(code(house.system.artifacts(&alice(), id).await), ProblemCode::DownloadNotReady);
        let behind = house.register("alice", &house.script(1), None).await.id;
        assert_eq!(house.system.task(&alice(), behind).await.unwrap().queue_position, None);
        std::fs::write(gate, "").unwrap();
        assert_eq!(house.ended(id).await.status, TaskStatus::Success);
        assert_eq!(code(house.system.cancel(&alice(), id).await), ProblemCode::TaskWrongState);

        let manifest = house.system.artifacts(&alice(), id).await.unwrap();
        let artifact = house.system.artifact(&alice(), id, manifest.items[0].id).await.unwrap();
        assert_eq!(artifact.name, "result.txt");
        let other = house.system.artifact(&alice(), id, d2d_api::ArtifactId::generate()).await;
        assert_eq!(code(other), ProblemCode::DownloadNotFound);

        house.system.remove(&alice(), id).await.unwrap();
        assert_eq!(code(house.system.task(&alice(), id).await), ProblemCode::TaskNotFound);
    });
}

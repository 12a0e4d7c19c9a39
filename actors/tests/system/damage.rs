//! Blobs that are not what was stored any more: said, and made again where that is possible.

use d2d_api::{ProblemCode, TaskStatus};

use crate::house::{House, run};
use crate::script::Script;

/// Each file of a task but the first is damaged or gone.
#[test]
fn a_damaged_or_missing_file_fails_its_task_and_is_named() {
    run(|| async {
        let house = House::with_workers(1).await;
        for gone in [false, true] {
            let script = house.script(1);
            let id = house.register("alice", &script, Some(2)).await.id;
            let name = format!("{gone}.txt");
            let sha256 = house.upload("alice", id, &name).await.files[0].sha256.clone();
            let blob = house.store.blobs().path(&sha256);
            if gone {
                std::fs::remove_file(blob).unwrap();
            } else {
                std::fs::write(blob, "Content of it").unwrap();
            }
            house.upload("alice", id, "whole.txt").await;
            let task = house.ended(id).await;
            assert_eq!((task.status, task.attempt), (TaskStatus::Failure, 1), "{task:?}");
            let error = task.error.unwrap();
            assert_eq!((error.code, error.file.as_deref()), (ProblemCode::StorageDamaged, Some(&*name)));
            assert_eq!(script.tries(&format!("{name}-1")) + script.tries("whole.txt-1"), 0, "no worker got it");
        }
    });
}

#[test]
fn a_page_whose_result_is_damaged_is_read_again() {
    run(|| async {
        let house = House::with_workers(1).await;
        let script = Script { page_ms: 500, ..house.script(4) };
        let id = house.submit("alice", &script).await;
        house.until(id, |task| task.pages.done >= 2).await;
        let mut done = house.store.finished_pages(id).await.unwrap();
        done.sort_by_key(|page| page.page);
        std::fs::write(house.store.blobs().path(&done[0].blob), "{}").unwrap();
        std::fs::remove_file(house.store.blobs().path(&done[1].blob)).unwrap();
        let task = house.ended(id).await;
        assert_eq!((task.status, task.attempt, task.pages.done), (TaskStatus::Success, 1, 4), "{task:?}");
        let tries: Vec<_> = (1..=4).map(|page| script.tries(&format!("scan.txt-{page}"))).collect();
        assert_eq!(tries, [2, 2, 1, 1]);
        let text: Vec<_> = (1..=4).map(|page| format!("\"scan.txt\" {page}: \"content of scan.txt\"\n")).collect();
        assert_eq!(house.result("alice", id).await, text.concat());
    });
}

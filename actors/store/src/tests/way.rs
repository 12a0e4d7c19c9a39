//! The way of a task from its registration to its results.

use anyhow::{Context, Result};
use d2d_api::{PageCount, ProblemCode, TaskError, TaskStatus};
use serde_json::json;

use super::{NODE, artifact, claimed, file, new_task, on_each_store, progress};
use crate::{FilePlan, NewTaskRow, PageResult, StatusCounts, StoreError};

#[test]
fn a_task_goes_from_registration_to_results() -> Result<()> {
    on_each_store(|store| async move {
        let new =
            NewTaskRow { label: Some("my scans".to_owned()), priority: -3, expected_files: Some(2), ..new_task("ann") };
        let id = new.id;
        let row = store.create_task(new).await?;
        assert_eq!((row.owner.as_str(), row.task.status, row.task.seq), ("ann", TaskStatus::AwaitingFiles, 1));
        assert_eq!((row.task.label.as_deref(), row.task.priority, row.task.attempt), (Some("my scans"), -3, 0));

        let (first, second) = (file("one"), file("two"));
        let row = store.add_file(id, first.clone(), 10).await?;
        assert_eq!((row.task.status, row.task.queued_at, row.task.seq), (TaskStatus::AwaitingFiles, None, 2));
        let row = store.add_file(id, second.clone(), 10).await?;
        assert_eq!((row.task.status, row.task.seq), (TaskStatus::Queued, 3));
        assert_eq!(row.task.files, [first.clone(), second]);
        assert!(row.task.queued_at.is_some_and(|at| at >= row.task.created_at));
        assert_eq!(store.counts().await?, StatusCounts { queued: 1, ..StatusCounts::default() });

        let (row, lease) = store.claim(id, NODE).await?.context("free")?;
        assert_eq!((row.task.status, row.task.attempt, row.node.as_deref()), (TaskStatus::Execution, 1, Some(NODE)));
        assert!(row.task.started_at >= row.task.queued_at);
        assert_eq!(store.plan(id).await?, []);
        let plan = [FilePlan { file: first.id, pages: vec![1, 3], warnings: vec!["page 2 is empty".to_owned()] }];
        let row = store.set_plan(&lease, &plan, &progress(0.0, 0, 2)).await?;
        assert_eq!(row.task.pages, PageCount { done: 0, total: 2, failed: 0 });
        assert_eq!(store.plan(id).await?, plan);

        let pages = [3, 1].map(|page| PageResult { file: first.id, page, blob: format!("blob of page {page}") });
        store.checkpoint(&lease, &pages[0], &progress(40.0, 1, 2)).await?;
        let row = store.checkpoint(&lease, &pages[1], &progress(80.0, 2, 2)).await?;
        assert_eq!((row.task.message.as_str(), row.task.pages.done), ("page 2 of 2", 2));
        assert_eq!(store.finished_pages(id).await?, [pages[1].clone(), pages[0].clone()]);
        assert_eq!(store.artifacts(id).await?, []);

        let results = [artifact("txt", "text"), artifact("json", "layout")];
        let row = store.succeed(&lease, &results, "2 pages read").await?;
        assert_eq!((row.task.status, row.task.message.as_str()), (TaskStatus::Success, "2 pages read"));
        assert_eq!(row.node, None);
        assert!((row.task.progress - 100.0).abs() < f64::EPSILON);
        assert!(row.task.finished_at >= row.task.started_at);
        assert_eq!(store.artifacts(id).await?, results);
        assert_eq!(store.counts().await?, StatusCounts::default());
        assert_eq!(store.task(id).await?.as_ref(), Some(&row));

        let log = store.log(id).await?;
        let states: Vec<_> = log.iter().map(|entry| (entry.seq, entry.status, entry.attempt)).collect();
        assert_eq!(
            states,
            [
                (1, TaskStatus::AwaitingFiles, 0),
                (3, TaskStatus::Queued, 0),
                (4, TaskStatus::Execution, 1),
                (8, TaskStatus::Success, 1),
            ]
        );
        assert!(log.is_sorted_by_key(|entry| entry.time));
        Ok(())
    })
}

#[test]
fn a_failure_says_what_went_wrong() -> Result<()> {
    on_each_store(|store| async move {
        let (row, lease) = claimed(&store).await?;
        let error = TaskError {
            code: ProblemCode::PageCrashed,
            detail: "page 2 of a.pdf can't be processed".to_owned(),
            file: Some("a.pdf".to_owned()),
            page: Some(2),
        };
        let row_after = store.fail(&lease, error.clone()).await?;
        assert_eq!(row_after.task.status, TaskStatus::Failure);
        assert_eq!(row_after.task.error, Some(error.clone()));
        assert_eq!(row_after.task.message, error.detail);
        assert_eq!(store.task(row.task.id).await?, Some(row_after));
        Ok(())
    })
}

#[test]
fn parameters_come_back_as_they_were() -> Result<()> {
    on_each_store(|store| async move {
        let params = json!({
            "none": null, "yes": true, "float": 1.0, "ratio": 0.1, "int": -7, "large": i64::MAX,
            "text": "naïve $x {{ \"quoted\" }} ünïcødé\n", "empty": {}, "list": [1, 2.5, null, [], { "a": [{}] }],
        });
        let new = NewTaskRow { params: params.clone(), ..new_task("ann") };
        let id = new.id;
        assert_eq!(store.create_task(new).await?.task.params, params);
        assert_eq!(store.task(id).await?.context("there")?.task.params, params);
        Ok(())
    })
}

#[test]
fn what_is_not_there_is_not_found_and_what_is_there_is_not_made_again() -> Result<()> {
    on_each_store(|store| async move {
        let new = new_task("ann");
        let id = new.id;
        assert_eq!(store.task(id).await?, None);
        assert!(matches!(store.queue(id).await, Err(StoreError::NotFound)));
        assert!(matches!(store.cancel(id, "no").await, Err(StoreError::NotFound)));
        assert!(matches!(store.remove_task(id).await, Err(StoreError::NotFound)));
        assert!(matches!(store.add_file(id, file("x"), 1).await, Err(StoreError::NotFound)));
        assert!(matches!(store.remove_file(id, file("x").id).await, Err(StoreError::NotFound)));
        assert_eq!(store.claim(id, NODE).await?, None);
        assert_eq!(store.queue_position(id).await?, None);
        assert_eq!(store.log(id).await?, []);
        store.create_task(new.clone()).await?;
        assert!(matches!(store.create_task(new).await, Err(StoreError::Exists)));
        Ok(())
    })
}

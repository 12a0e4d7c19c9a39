//! Removing tasks, and the blobs that only they had.

use anyhow::Result;
use d2d_api::FileId;

use super::{NODE, artifact, file, new_task, on_each_store, progress};
use crate::{BlobRef, FilePlan, NewTaskRow, PageResult, Store, StoreError, TaskRow};

/// A task that ended well, with these blobs as its file, page and result.
async fn ended(store: &Store, [input, page, result]: [&BlobRef; 3]) -> Result<TaskRow> {
    let id = store.create_task(NewTaskRow { expected_files: Some(1), ..new_task("ann") }).await?.task.id;
    store.add_file(id, file(&input.sha256), 1).await?;
    let Some((_, lease)) = store.claim(id, NODE).await? else { anyhow::bail!("nobody else claims it") };
    let of_file = FileId::generate();
    let plan = FilePlan { file: of_file, pages: vec![1], warnings: vec![] };
    store.set_plan(&lease, &[plan], &progress(0.0, 0, 1)).await?;
    let finished = PageResult { file: of_file, page: 1, blob: page.sha256.clone() };
    store.checkpoint(&lease, &finished, &progress(50.0, 1, 1)).await?;
    Ok(store.succeed(&lease, &[artifact("txt", &result.sha256)], "done").await?)
}

#[test]
fn a_removed_task_leaves_nothing_but_what_others_have() -> Result<()> {
    on_each_store(|store| async move {
        let blobs = store.blobs();
        let shared = blobs.put(b"the same scan").await?;
        let mine = [blobs.put(b"my page").await?, blobs.put(b"my text").await?];
        let theirs = [blobs.put(b"their page").await?, blobs.put(b"their text").await?];
        let first = ended(&store, [&shared, &mine[0], &mine[1]]).await?.task.id;
        let second = ended(&store, [&shared, &theirs[0], &theirs[1]]).await?.task.id;
        let hashes = |blobs: [&BlobRef; 2]| {
            let mut hashes = blobs.map(|blob| blob.sha256.clone());
            hashes.sort_unstable();
            hashes
        };
        let (shared_hash, my_hashes) = (shared.sha256.clone(), hashes([&mine[0], &mine[1]]));
        drop((shared, mine));

        let mut removed = store.remove_task(first).await?;
        removed.sort_unstable();
        assert_eq!(removed, my_hashes);
        assert!(matches!(blobs.read(&removed[0]).await, Err(StoreError::NotFound)));
        assert_eq!(blobs.read(&shared_hash).await?, b"the same scan");
        assert_eq!(store.task(first).await?, None);
        assert_eq!(store.log(first).await?, []);
        assert_eq!(store.plan(first).await?, []);
        assert_eq!(store.finished_pages(first).await?, []);
        assert_eq!(store.artifacts(first).await?, []);
        assert_eq!(store.artifacts(second).await?.len(), 1, "the other task has all it had");
        assert_eq!(store.finished_pages(second).await?.len(), 1);
        assert_eq!(store.log(second).await?.len(), 4);

        let removed = store.remove_task(second).await?;
        assert_eq!(removed, std::slice::from_ref(&shared_hash), "the others are still held");
        assert!(matches!(blobs.read(&shared_hash).await, Err(StoreError::NotFound)));
        assert_eq!(blobs.read(&theirs[0].sha256).await?, b"their page");
        Ok(())
    })
}

#[test]
fn what_is_being_uploaded_again_is_not_removed_under_it() -> Result<()> {
    on_each_store(|store| async move {
        for round in 0..10 {
            let content = format!("scan {round}");
            let old = store.create_task(new_task("ann")).await?.task.id;
            let new = store.create_task(new_task("bob")).await?.task.id;
            let blob = store.blobs().put(content.as_bytes()).await?;
            store.add_file(old, file(&blob.sha256), 1).await?;
            drop(blob);
            let upload = {
                let (store, content) = (store.clone(), content.clone());
                tokio::spawn(async move {
                    let blob = store.blobs().put(content.as_bytes()).await?;
                    store.add_file(new, file(&blob.sha256), 1).await
                })
            };
            let removal = {
                let store = store.clone();
                tokio::spawn(async move { store.remove_task(old).await })
            };
            let row = upload.await??;
            removal.await??;
            let kept = store.blobs().read(&row.task.files[0].sha256).await?;
            assert_eq!(kept, content.as_bytes(), "round {round}");
        }
        Ok(())
    })
}

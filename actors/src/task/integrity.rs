//! Whether what a task works with is still what was stored. The disk is read for it, so it runs beside the actor.
//!
//! A damaged file of the user fails the task, which names it: nobody else has it. A damaged result of a page is made again.

use d2d_api::{InputFile, ProblemCode, TaskError};
use d2d_store::{Store, StoreError};

use super::failure::Stop;
use super::ledger::Unit;
use super::run::PageResults;

/// Looks at the files of a task before a worker gets them.
pub(super) async fn inputs(files: &[InputFile], store: &Store) -> Result<(), Stop> {
    for file in files {
        if let Some(how) = fault(&file.sha256, store).await? {
            tracing::error!(file.id = %file.id, blob = file.sha256, how, "a file of a task is damaged on the disk");
            let detail = format!(
                "`{}` is missing or damaged in the storage of the service: register another task and upload it again",
                file.name
            );
            let (code, file) = (ProblemCode::StorageDamaged, Some(file.name.clone()));
            return Err(Stop::Failed(TaskError { code, detail, file, page: None }));
        }
    }
    Ok(())
}

/// The pages whose results are not there any more as they were stored.
pub(super) async fn damaged(results: PageResults, store: &Store) -> Result<Vec<Unit>, Stop> {
    let mut damaged = Vec::new();
    for (unit, blob) in results {
        if let Some(how) = fault(&blob, store).await? {
            tracing::error!(
                page = unit.page,
                blob,
                how,
                "the result of a page is damaged on the disk; it is made again"
            );
            damaged.push(unit);
        }
    }
    Ok(damaged)
}

/// What is wrong with a blob, if anything is.
async fn fault(sha256: &str, store: &Store) -> Result<Option<String>, Stop> {
    match store.blobs().verify(sha256).await {
        Ok(()) => Ok(None),
        Err(StoreError::NotFound) => Ok(Some("it is not there".to_owned())),
        Err(StoreError::BlobDamaged { how, .. }) => Ok(Some(how)),
        Err(other) => Err(Stop::Store(other)),
    }
}

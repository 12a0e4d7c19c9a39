//! The results of a task: what the converter is given to write them, and how they become blobs.

use std::path::{Path, PathBuf};

use d2d_api::{Artifact, ArtifactId, InputFile, ProblemCode, clean_file_name};
use d2d_store::{BlobRef, Store, StoreError};
use d2d_worker::{ArtifactFile, AssembleJob, FilePages};
use serde_json::Value;
use tempfile::TempDir;

use super::failure::{Stop, whole_task};
use super::ledger::Unit;
use super::run::Reading;

/// Results as they are committed.
#[derive(Debug)]
pub(crate) struct Imported {
    pub(super) artifacts: Vec<Artifact>,
    /// Held until the artifacts are committed, so that their blobs are not removed in between.
    pub(super) blobs: Vec<BlobRef>,
}

/// A file of the task as a converter gets it.
pub(super) fn input(file: &InputFile, store: &Store) -> d2d_worker::InputFile {
    d2d_worker::InputFile {
        path: store.blobs().path(&file.sha256),
        name: file.name.clone(),
        media_type: file.media_type.clone(),
    }
}

/// The job to write the results of all pages that were read into `out_dir`. A file of which no page was has none.
pub(super) fn job(files: &[InputFile], read: &Reading, params: &Value, store: &Store, out_dir: &Path) -> AssembleJob {
    let of_file = |file: usize| Unit { file, page: 0 }..Unit { file: file + 1, page: 0 };
    let files = files.iter().zip(&read.plan).enumerate().map(|(index, (file, plan))| {
        let pages = read.results.range(of_file(index)).map(|(unit, blob)| (unit.page, store.blobs().path(blob)));
        let failed = read.failed.range(of_file(index)).map(|(unit, error)| (unit.page, error.detail.clone()));
        FilePages {
            input: input(file, store),
            pages: pages.collect(),
            failed: failed.collect(),
            warnings: plan.warnings.clone(),
        }
    });
    let files = files.filter(|file| !file.pages.is_empty()).collect();
    AssembleJob { files, params: params.clone(), out_dir: out_dir.to_owned() }
}

/// A new folder in `scratch`, named after the task.
pub(super) async fn scratch_dir(scratch: PathBuf, prefix: String) -> Result<TempDir, Stop> {
    let path = scratch.clone();
    let made = tokio::task::spawn_blocking(move || tempfile::Builder::new().prefix(&prefix).tempdir_in(scratch)).await;
    let source = match made {
        Ok(Ok(dir)) => return Ok(dir),
        Ok(Err(error)) => error,
        Err(error) => std::io::Error::other(error),
    };
    Err(Stop::Store(StoreError::Blob { action: "make", path, source }))
}

/// Stores the result files that a worker has written, and removes its folder.
pub(super) async fn import(files: Vec<ArtifactFile>, out_dir: TempDir, store: Store) -> Result<Imported, Stop> {
    let mut imported = Imported { artifacts: Vec::new(), blobs: Vec::new() };
    for file in files {
        let path = inside(out_dir.path(), &file.path).await?;
        let blob = store.blobs().import(&path).await?;
        imported.artifacts.push(Artifact {
            id: ArtifactId::generate(),
            name: clean_file_name(&file.name, "result"),
            media_type: file.media_type,
            bytes: blob.bytes,
            sha256: blob.sha256.clone(),
            format: file.format,
            expires_at: None,
        });
        imported.blobs.push(blob);
    }
    // A folder is removed when it is dropped, which blocks.
    drop(tokio::task::spawn_blocking(move || drop(out_dir)));
    Ok(imported)
}

/// The path of a result file, which has to be a plain file in the folder that it was to be written to: a worker that a
/// crafted input took over must not make the daemon hand out other files.
async fn inside(out_dir: &Path, path: &Path) -> Result<PathBuf, Stop> {
    let resolved = tokio::fs::canonicalize(path).await;
    let folder = tokio::fs::canonicalize(out_dir).await;
    if let (Ok(resolved), Ok(folder)) = (resolved, folder)
        && resolved.starts_with(folder)
        && tokio::fs::symlink_metadata(&resolved).await.is_ok_and(|about| about.is_file())
    {
        return Ok(resolved);
    }
    tracing::error!(path = %path.display(), "a worker named a result file that is not in its folder");
    Err(whole_task(ProblemCode::Internal, "the results could not be stored: a fault of the service; its log says more")
        .into())
}

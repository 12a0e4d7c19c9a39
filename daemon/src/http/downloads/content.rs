//! The bytes of a result on the disk.

use d2d_api::{Artifact, ProblemCode};
use d2d_store::{Blobs, StoreError};
use tokio::fs::File;

use crate::http::problem::Failure;

/// The file of a result, if it has the size that it should have: nobody gets a part of it as the whole.
pub(super) async fn open(blobs: &Blobs, artifact: &Artifact) -> Result<File, Failure> {
    let file = match blobs.open(&artifact.sha256).await {
        Err(StoreError::NotFound) => return Err(damaged(artifact, "its blob is not there")),
        other => other?,
    };
    let about = file.metadata().await.map_err(|error| Failure::internal(&error))?;
    if about.len() == artifact.bytes { Ok(file) } else { Err(damaged(artifact, "its blob has another size")) }
}

/// The blob of a result is not as it was stored.
pub(super) fn damaged(artifact: &Artifact, how: &'static str) -> Failure {
    tracing::error!(artifact.id = %artifact.id, blob = artifact.sha256, how, "a result is damaged on the disk");
    let detail = "the file is missing or damaged in the storage of the service, whose operator can see more in its log: \
        convert the original again";
    Failure::new(ProblemCode::Internal, detail)
}

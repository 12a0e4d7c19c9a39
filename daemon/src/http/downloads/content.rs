//! The bytes of a result on the disk.

use d2d_api::{Artifact, ProblemCode};
use d2d_store::{Blobs, StoreError};
use tokio::fs::File;
use tokio::io::AsyncReadExt;

use crate::http::problem::Failure;

/// The file of a result, if it is what was stored: its content is hashed before its first byte is sent.
pub(super) async fn open(blobs: &Blobs, artifact: &Artifact) -> Result<File, Failure> {
    match blobs.open(&artifact.sha256).await {
        Err(StoreError::NotFound) => Err(damaged(artifact, "it is not there")),
        Err(StoreError::BlobDamaged { how, .. }) => Err(damaged(artifact, &how)),
        other => Ok(other?),
    }
}

/// The whole of a result, if it is what was stored.
pub(in crate::http) async fn read(blobs: &Blobs, artifact: &Artifact) -> Result<Vec<u8>, Failure> {
    let (mut file, mut content) = (open(blobs, artifact).await?, Vec::new());
    file.read_to_end(&mut content).await.map_err(|error| damaged(artifact, &error.to_string()))?;
    Ok(content)
}

/// The blob of a result is not as it was stored.
fn damaged(artifact: &Artifact, how: &str) -> Failure {
    tracing::error!(artifact.id = %artifact.id, blob = artifact.sha256, how, "a result is damaged on the disk");
    let detail = "the file is missing or damaged in the storage of the service, whose operator can see more in its log: \
        upload the original again and convert it anew";
    Failure::new(ProblemCode::StorageDamaged, detail)
}

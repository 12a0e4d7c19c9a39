//! What runs beside a task actor: awaits one job of the pool, and makes the result of a page durable.

use std::time::Duration;

use d2d_store::{BlobRef, Store, StoreError};
use d2d_worker::{ArtifactFile, Inspection, Refusal, Reply};
use serde_json::Value;
use tokio::sync::oneshot;

use crate::pool::Outcome;

/// How long to wait after a job was lost with its worker: the pool may be about to be restarted.
const AFTER_LOSS: Duration = Duration::from_millis(250);

/// What became of something in hand.
#[derive(Debug)]
pub(crate) enum Fate {
    /// A file was looked at.
    Inspected(Inspection),
    /// A page was converted, and its result is stored.
    Converted(BlobRef),
    /// The results are written.
    Assembled(Vec<ArtifactFile>),
    /// The input can't be converted.
    Refused(Refusal),
    /// Its process was lost.
    Crashed(String),
    /// It took too long.
    TimedOut(Duration),
    /// No process can work.
    Unavailable(Refusal),
    /// The job was lost with its worker or the whole pool.
    Lost,
    /// It is done, but could not be stored.
    Unstored(StoreError),
}

/// Awaits the outcome of a job.
pub(super) async fn fate_of(outcome: oneshot::Receiver<Outcome>, store: Store) -> Fate {
    match outcome.await {
        Ok(Outcome::Done(Reply::Inspected(inspection))) => Fate::Inspected(inspection),
        Ok(Outcome::Done(Reply::Converted { result })) => keep(result, &store).await,
        Ok(Outcome::Done(Reply::Assembled { artifacts })) => Fate::Assembled(artifacts),
        Ok(Outcome::Refused(refusal)) => Fate::Refused(refusal),
        Ok(Outcome::Crashed(how)) => Fate::Crashed(how),
        Ok(Outcome::TimedOut(limit)) => Fate::TimedOut(limit),
        Ok(Outcome::Unavailable(refusal)) => Fate::Unavailable(refusal),
        Ok(Outcome::Done(_)) | Err(_) => {
            tokio::time::sleep(AFTER_LOSS).await;
            Fate::Lost
        }
    }
}

/// Stores the result of a page.
async fn keep(result: Value, store: &Store) -> Fate {
    let bytes = tokio::task::spawn_blocking(move || serde_json::to_vec(&result)).await;
    let Ok(Ok(bytes)) = bytes else { return Fate::Lost };
    match store.blobs().put(&bytes).await {
        Ok(blob) => Fate::Converted(blob),
        Err(error) => Fate::Unstored(error),
    }
}

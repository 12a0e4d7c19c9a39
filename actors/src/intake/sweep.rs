//! What of uploads has passed its time: tasks whose files never came, and the names of requests.

use d2d_store::StoreError;

use super::Bounds;
use crate::publisher::Publisher;

/// How many tasks are given up between two looks at what else there is to do.
const AT_ONCE: usize = 100;
/// How often in a row, so that others get their turn.
const MOST_TURNS: usize = 50;

/// Gives up tasks that await their files for too long, and forgets the names of old requests.
pub(crate) async fn sweep(bounds: &Bounds, publisher: &Publisher) {
    if let Err(error) = try_sweep(bounds, publisher).await {
        tracing::warn!(%error, "what was left of uploads can't be cleared away; will try again");
    }
}

async fn try_sweep(bounds: &Bounds, publisher: &Publisher) -> Result<(), StoreError> {
    for _ in 0..MOST_TURNS {
        let expired = bounds.store.expire_awaiting(AT_ONCE).await?;
        let done = expired.len() < AT_ONCE;
        for row in expired {
            tracing::info!(task.id = %row.task.id, "the files of a task did not come: it was given up");
            publisher.publish(row);
        }
        if done {
            break;
        }
    }
    for _ in 0..MOST_TURNS {
        if bounds.store.sweep_idempotency_keys(bounds.config.uploads.idempotency_ttl).await? == 0 {
            break;
        }
    }
    Ok(())
}

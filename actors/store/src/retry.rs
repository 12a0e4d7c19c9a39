//! The one place where a transaction that conflicts with another is run again.
//!
//! The database answers `Transaction conflict ... can be retried` when two transactions wrote the same record: one is
//! committed, the other has left no trace. Each retry waits twice as long as the one before, and up to as long again at
//! random, so that those who met once do not meet again.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use surrealdb::types::QueryError;

/// The first wait.
const SHORTEST: Duration = Duration::from_millis(1);
/// The longest wait.
const LONGEST: Duration = Duration::from_millis(200);
/// How often a transaction is run again; with the waits above about ten seconds.
const RETRIES: usize = 40;

/// Runs `attempt` again as long as it conflicts with another transaction, within bounds.
pub(crate) async fn on_conflict<T, F, Attempt>(attempt: F) -> Result<T, surrealdb::Error>
where
    F: FnMut() -> Attempt,
    Attempt: Future<Output = Result<T, surrealdb::Error>>,
{
    after_waits(waits(), attempt).await
}

fn waits() -> ExponentialBuilder {
    ExponentialBuilder::new().with_min_delay(SHORTEST).with_max_delay(LONGEST).with_max_times(RETRIES).with_jitter()
}

async fn after_waits<T, F, Attempt>(waits: ExponentialBuilder, attempt: F) -> Result<T, surrealdb::Error>
where
    F: FnMut() -> Attempt,
    Attempt: Future<Output = Result<T, surrealdb::Error>>,
{
    attempt
        .retry(waits)
        .when(is_conflict)
        .notify(|_, wait| tracing::trace!(wait_ms = wait.as_millis(), "transaction conflict, trying again"))
        .await
}

fn is_conflict(error: &surrealdb::Error) -> bool {
    matches!(error.query_details(), Some(QueryError::TransactionConflict))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use backon::BackoffBuilder;

    use super::*;

    fn failing(error: QueryError, calls: &Cell<usize>) -> Result<&'static str, surrealdb::Error> {
        calls.set(calls.get() + 1);
        Err(surrealdb::Error::query("it failed".to_owned(), error))
    }

    #[tokio::test]
    async fn a_conflict_is_tried_again_until_it_is_none() {
        let calls = Cell::new(0);
        let answer = on_conflict(|| async {
            if calls.get() == 4 { Ok("done") } else { failing(QueryError::TransactionConflict, &calls) }
        });
        assert_eq!(answer.await.ok(), Some("done"));
    }

    #[tokio::test]
    async fn it_is_given_up_in_the_end() {
        let calls = Cell::new(0);
        let waits = waits().with_min_delay(Duration::ZERO).with_max_times(3);
        let answer = after_waits(waits, || async { failing(QueryError::TransactionConflict, &calls) }).await;
        assert!(answer.is_err_and(|error| is_conflict(&error)));
        assert_eq!(calls.get(), 4);
    }

    #[tokio::test]
    async fn nothing_else_is_tried_again() {
        let calls = Cell::new(0);
        assert!(on_conflict(|| async { failing(QueryError::Cancelled, &calls) }).await.is_err());
        assert_eq!(calls.get(), 1);
    }

    #[test]
    fn waits_grow_and_are_bounded() {
        let waits: Vec<_> = waits().build().collect();
        assert_eq!(waits.len(), RETRIES);
        assert!(waits[0] < 3 * SHORTEST && waits.iter().all(|wait| *wait <= 2 * LONGEST), "{waits:?}");
        assert!(waits.iter().sum::<Duration>() > Duration::from_secs(5), "patient enough");
    }
}

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

pub(crate) async fn on_conflict<T, F, Attempt>(attempt: F) -> Result<T, surrealdb::Error>
where
    F: FnMut() -> Attempt,
    Attempt: Future<Output = Result<T, surrealdb::Error>>,
{
    let waits = ExponentialBuilder::new()
        .with_min_delay(SHORTEST)
        .with_max_delay(LONGEST)
        .with_max_times(RETRIES)
        .with_jitter();
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
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn conflict() -> surrealdb::Error {
        surrealdb::Error::query("conflict".to_owned(), QueryError::TransactionConflict)
    }

    #[tokio::test(start_paused = true)]
    async fn a_conflict_is_tried_again_until_it_is_none() {
        let calls = AtomicUsize::new(0);
        let answer = on_conflict(|| async {
            if calls.fetch_add(1, Ordering::SeqCst) < 5 { Err(conflict()) } else { Ok("done") }
        });
        assert_eq!(answer.await.ok(), Some("done"));
        assert_eq!(calls.load(Ordering::SeqCst), 6);
    }

    #[tokio::test(start_paused = true)]
    async fn it_gives_up_in_the_end() {
        let calls = AtomicUsize::new(0);
        let answer: Result<(), _> = on_conflict(|| async {
            calls.fetch_add(1, Ordering::SeqCst);
            Err(conflict())
        })
        .await;
        assert!(answer.is_err_and(|error| is_conflict(&error)));
        assert_eq!(calls.load(Ordering::SeqCst), RETRIES + 1);
    }

    #[tokio::test]
    async fn nothing_else_is_tried_again() {
        let calls = AtomicUsize::new(0);
        let answer: Result<(), _> = on_conflict(|| async {
            calls.fetch_add(1, Ordering::SeqCst);
            Err(surrealdb::Error::query("slow".to_owned(), QueryError::Cancelled))
        })
        .await;
        assert!(answer.is_err());
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    }
}

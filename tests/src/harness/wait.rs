//! Waiting for things to happen: always for a condition, always with a deadline.

use std::future::Future;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How long anything may take that does not recognise pages: generous, for tests run side by side on small machines.
pub const SOON: Duration = Duration::from_mins(1);

/// How often a condition is looked at.
const PAUSE: Duration = Duration::from_millis(20);

/// Looks again and again until `probe` finds something.
///
/// # Errors
/// When it has not within `deadline`, or `probe` fails.
pub async fn eventually<T>(
    what: &str,
    deadline: Duration,
    mut probe: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let start = Instant::now();
    loop {
        if let Some(found) = probe().await.with_context(|| format!("while waiting until {what}"))? {
            return Ok(found);
        }
        if start.elapsed() > deadline {
            bail!("{what}: not within {deadline:?}");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The result of `work`, if it comes in time.
///
/// # Errors
/// When it does not within `deadline`.
pub async fn within<T>(what: &str, deadline: Duration, work: impl Future<Output = T>) -> Result<T> {
    tokio::time::timeout(deadline, work).await.with_context(|| format!("{what}: not within {deadline:?}"))
}

//! Whether a daemon is well.

use std::time::Duration;

use d2d_api::Problem;
use reqwest::Method;

use super::{Client, ClientError};

/// A daemon that takes longer than that to say that it is well is not.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How a daemon is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Health {
    /// Its actors and its store answer.
    Well,
    /// It answers that it can't work, and why.
    Ill(String),
}

impl Client {
    /// Asks `healthz`, which answers after a round trip through the supervisor.
    pub(crate) async fn health(&self) -> Result<Health, ClientError> {
        let request = self.root_request(Method::GET, "healthz").timeout(TIMEOUT);
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        let body = response.bytes().await.map_err(|error| self.unreachable(&error))?;
        match (status.as_u16(), serde_json::from_slice::<Problem>(&body)) {
            (200..=299, _) => Ok(Health::Well),
            (_, Ok(problem)) => Ok(Health::Ill(problem.detail)),
            _ => Err(self.foreign(format!("HTTP {status}"))),
        }
    }
}

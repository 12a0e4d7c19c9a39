//! Failed tasks, for operators.

use d2d_api::{DeadLetterFilter, OpsTasks, Replay, Replayed};
use reqwest::Method;

use super::{Client, ClientError};

impl Client {
    /// At most `limit` failed tasks that pass the filter, newest first, after those of the page before.
    pub(crate) async fn dead_letters(
        &self,
        filter: &DeadLetterFilter,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<OpsTasks, ClientError> {
        let request = self.request(Method::GET, "ops/dead-letters").await?.query(filter);
        let request = request.query(&[("limit", limit)]);
        self.answer(if let Some(cursor) = cursor { request.query(&[("cursor", cursor)]) } else { request }).await
    }

    /// Queues failed tasks again.
    pub(crate) async fn replay(&self, replay: &Replay) -> Result<Replayed, ClientError> {
        self.answer(self.request(Method::POST, "ops/dead-letters/replay").await?.json(replay)).await
    }
}

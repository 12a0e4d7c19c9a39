//! A client that does not give up while the daemon is away.

use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use d2d_api::{ProblemCode, Task, TaskId};
use reqwest::RequestBuilder;

use crate::harness::{Answer, Client};

/// How long a daemon may be away, with all that the machine does besides.
const AWAY: Duration = Duration::from_mins(2);
/// How long one answer may take: longer than any long poll of a story.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// How long to wait before a daemon that is away is asked again.
const PAUSE: Duration = Duration::from_millis(20);

/// A client of one account.
#[derive(Debug, Clone)]
pub(super) struct Remote {
    client: Client,
    /// Whether requests may fail because a step of the daemon does.
    may_fail: bool,
}

impl Remote {
    pub(super) fn new(client: Client) -> Self {
        Self { client, may_fail: false }
    }

    /// The same of a daemon whose steps fail: what it answers then is no fault.
    pub(super) fn of_failing(self) -> Self {
        Self { may_fail: true, ..self }
    }

    /// Whether an answer says that the request was not done, and may be sent again.
    pub(super) fn is_for_later(&self, answer: &Answer) -> bool {
        // Going down, or the queue is full just now.
        matches!(answer.status, 429 | 503) || self.has_failed(answer)
    }

    /// Whether an answer says that a step failed.
    fn has_failed(&self, answer: &Answer) -> bool {
        self.may_fail && matches!(answer.status, 500 | 507)
    }

    /// Whether a task that ended so did because a step failed: its owner may have it tried again.
    pub(super) fn is_failed_by_chance(&self, task: &Task) -> bool {
        let code = task.error.as_ref().map(|error| error.code);
        self.may_fail && matches!(code, Some(ProblemCode::Internal | ProblemCode::StorageFull))
    }

    /// The same with another token.
    pub(super) fn with_token(&self, token: &str) -> Self {
        Self { client: self.client.with_token(token), ..*self }
    }

    /// Sends a request once, as soon as the daemon takes connections. `None` if no answer came: then nobody knows whether it
    /// was done.
    pub(super) async fn once(&self, request: impl Fn(&Client) -> RequestBuilder) -> Result<Option<Answer>> {
        let began = Instant::now();
        loop {
            match request(&self.client).timeout(ANSWER_WITHIN).send().await {
                Ok(answer) => {
                    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
                    let body = answer.bytes().await;
                    return Ok(body.ok().map(|body| Answer { status, headers, body: body.into() }));
                }
                Err(error) if error.is_connect() => {
                    ensure!(began.elapsed() < AWAY, "nobody listens for {AWAY:?}: {error}");
                    tokio::time::sleep(PAUSE).await;
                }
                Err(error) if error.is_timeout() => bail!("no answer within {ANSWER_WITHIN:?}: {error}"),
                Err(_) => return Ok(None),
            }
        }
    }

    /// Sends a request that may be sent any number of times, until it is answered.
    pub(super) async fn surely(&self, request: impl Fn(&Client) -> RequestBuilder) -> Result<Answer> {
        let began = Instant::now();
        loop {
            match self.once(&request).await? {
                Some(answer) if !self.is_for_later(&answer) => return Ok(answer),
                _ => {}
            }
            ensure!(began.elapsed() < AWAY, "no answer within {AWAY:?}");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Has something removed, however often it takes.
    pub(super) async fn removed(&self, request: impl Fn(&Client) -> RequestBuilder) -> Result<()> {
        let mut asked = 0;
        loop {
            let answer = self.once(&request).await?;
            asked += 1;
            let Some(answer) = answer.filter(|answer| !self.is_for_later(answer)) else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            match answer.status {
                200 | 204 => return Ok(()),
                // It was done when it was asked for before.
                404 | 410 if asked > 1 => return Ok(()),
                status => bail!("a removal was answered {status}"),
            }
        }
    }

    /// The task as it stands; `None` if there is none.
    pub(super) async fn task(&self, id: TaskId) -> Result<Option<Task>> {
        let answer = self.surely(|client| client.get(&format!("/tasks/{id}"))).await?;
        if answer.status == 404 { Ok(None) } else { answer.expect(200)?.json().map(Some) }
    }

    /// The same client, for what answers nothing that can be read whole.
    pub(super) fn client(&self) -> &Client {
        &self.client
    }
}

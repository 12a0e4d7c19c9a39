//! Sending a request and reading its answer whole.

use anyhow::{Context, Result};
use reqwest::RequestBuilder;

use super::{Answer, SOON, within};

/// What can be asked.
#[allow(async_fn_in_trait, reason = "used in tests only, whose futures need not be sent to other threads")]
pub trait Ask {
    /// Sends the request and reads the answer.
    ///
    /// # Errors
    /// When the connection fails, or nothing comes for a minute.
    async fn ask(self) -> Result<Answer>;
}

impl Ask for RequestBuilder {
    async fn ask(self) -> Result<Answer> {
        let answer = async {
            let answer = self.send().await?;
            let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
            Ok::<_, reqwest::Error>(Answer { status, headers, body: answer.bytes().await?.into() })
        };
        within("the daemon answers", SOON, answer).await?.context("the request failed")
    }
}

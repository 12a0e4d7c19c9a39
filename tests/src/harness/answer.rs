//! An HTTP answer, read whole.

use anyhow::{Context, Result, ensure};
use d2d_api::{Problem, ProblemCode};
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;

/// An HTTP answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The answer, if it has this status.
    ///
    /// # Errors
    /// When it has another; with the body.
    pub fn expect(self, status: u16) -> Result<Self> {
        ensure!(self.status == status, "expected status {status}, got {}: {}", self.status, self.text());
        Ok(self)
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// When it is not that.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body).with_context(|| format!("not the expected JSON: {}", self.text()))
    }

    /// A header, empty if there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The RFC 9457 problem that the answer is, with everything that clients rely on checked.
    ///
    /// # Errors
    /// When it is another problem, or none.
    pub fn problem(&self, code: ProblemCode) -> Result<Problem> {
        let text = self.text();
        let kind = self.header("content-type");
        ensure!(kind.starts_with("application/problem+json"), "expected {code}, got {} {kind}: {text}", self.status);
        let problem: Problem = self.json()?;
        ensure!(problem.code == code, "expected {code}, got {text}");
        ensure!(self.status == code.status() && problem.status == self.status, "{code} as {}: {text}", self.status);
        ensure!(problem.kind == format!("urn:data2data:problem:{code}"), "a type that does not name the code: {text}");
        ensure!(problem.title == code.title() && !problem.detail.is_empty(), "no title or detail: {text}");
        let id = self.header("x-request-id");
        ensure!(!id.is_empty() && problem.request_id == id, "X-Request-Id is `{id}`: {text}");
        Ok(problem)
    }
}

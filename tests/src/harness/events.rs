//! A stream of server-sent events, read as `EventSource` does (HTML standard, section 9.2.6).

use anyhow::{Context, Result, bail, ensure};
use d2d_api::Frame;
use reqwest::{RequestBuilder, Response};

use super::{SOON, within};

/// An open stream.
#[derive(Debug)]
pub struct Events {
    response: Response,
    read: String,
}

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its type.
    pub kind: String,
    /// Its `id`, empty if it has none.
    pub id: String,
    /// Its data.
    pub frame: Frame,
}

impl Events {
    /// Opens a stream.
    ///
    /// # Errors
    /// When the answer is no stream of events.
    pub async fn open(request: RequestBuilder) -> Result<Self> {
        let response = within("the events begin", SOON, request.send()).await??;
        let header =
            |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        ensure!(response.status() == 200, "answered {}", response.status());
        ensure!(header("content-type").starts_with("text/event-stream"), "{:?}", response.headers());
        ensure!(header("cache-control").contains("no-cache"), "{:?}", response.headers());
        Ok(Self { response, read: String::new() })
    }

    /// The next event; `None` once the stream has ended.
    ///
    /// # Errors
    /// When nothing comes for a minute, or what comes is no event with a frame.
    pub async fn next(&mut self) -> Result<Option<Event>> {
        loop {
            if let Some((event, rest)) = self.read.split_once("\n\n") {
                let (event, rest) = (parse(event)?, rest.to_owned());
                self.read = rest;
                return Ok(Some(event));
            }
            match within("an event comes", SOON, self.response.chunk()).await?? {
                Some(chunk) => self.read.push_str(std::str::from_utf8(&chunk)?),
                None if self.read.is_empty() => return Ok(None),
                None => bail!("the stream ended in the middle of an event: {}", self.read),
            }
        }
    }

    /// All events until the stream ends, but for signs of life.
    ///
    /// # Errors
    /// As [`Events::next`].
    pub async fn all(&mut self) -> Result<Vec<Event>> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await? {
            if event.kind != "ping" {
                events.push(event);
            }
        }
        Ok(events)
    }
}

fn parse(text: &str) -> Result<Event> {
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    let data = field("data").with_context(|| format!("no data: {text}"))?;
    let frame = serde_json::from_str(data).with_context(|| format!("no frame: {text}"))?;
    let kind = field("event").unwrap_or("message").to_owned();
    Ok(Event { kind, id: field("id").unwrap_or_default().to_owned(), frame })
}

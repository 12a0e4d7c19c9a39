//! Sending one message, once.

use std::time::Duration;

use chrono::{DateTime, Utc};
use d2d_api::{WebhookEvent, WebhookMessage};
use d2d_store::Message;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook};
use tokio::time::timeout;

use crate::outbound::Outbound;

/// So much of an answer is read, for so long, that the connection may be used again. Nobody looks at it.
const MOST_OF_ANSWER: usize = 4096;
const ANSWER_LIMIT: Duration = Duration::from_secs(1);

/// What a receiver made of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It took it.
    Taken,
    /// It wants no more: 410.
    Gone,
    /// It did not take it, or was not reached.
    NotTaken {
        /// Why not.
        error: String,
        /// How long it wants to be left alone.
        asked: Option<Duration>,
    },
}

impl Verdict {
    fn failed(error: impl Into<String>) -> Self {
        Self::NotTaken { error: error.into(), asked: None }
    }
}

/// Sends a message; the receiver may take as long as `limit` to answer.
pub(super) async fn deliver(outbound: &Outbound, message: &Message, limit: Duration) -> Verdict {
    let (url, headers, body) = match (outbound.admit(&message.url), signed(message, Utc::now())) {
        (Ok(url), Ok((headers, body))) => (url, headers, body),
        (Err(error), _) => return Verdict::failed(error.to_string()),
        (_, Err(fault)) => return Verdict::failed(fault),
    };
    match timeout(limit, outbound.post(url, headers, body)).await {
        Ok(Ok(response)) => {
            let verdict = judge(response.status(), response.headers(), Utc::now());
            drain(response).await;
            verdict
        }
        Ok(Err(error)) => Verdict::failed(error.to_string()),
        Err(_) => Verdict::failed(format!("it did not answer within {} s", limit.as_secs_f64())),
    }
}

/// The headers and the body: signed anew each time, as receivers refuse what was signed long ago.
fn signed(message: &Message, now: DateTime<Utc>) -> Result<(HeaderMap, Vec<u8>), String> {
    let kind = WebhookEvent::of(message.task.status).ok_or("the task has not ended")?;
    let body = WebhookMessage { kind, timestamp: message.ended_at, data: message.task.clone() };
    let body = serde_json::to_vec(&body).map_err(|error| error.to_string())?;
    let (id, seconds) = (message.key.to_string(), now.timestamp());
    let signature = Webhook::new(&message.secret).and_then(|webhook| webhook.sign(&id, seconds, &body));
    let signature = signature.map_err(|error| format!("it can't be signed: {error}"))?;
    let value = |text: &str| HeaderValue::from_str(text).map_err(|error| error.to_string());
    let headers = [
        (CONTENT_TYPE.as_str(), HeaderValue::from_static("application/json")),
        (HEADER_WEBHOOK_ID, value(&id)?),
        (HEADER_WEBHOOK_TIMESTAMP, seconds.into()),
        (HEADER_WEBHOOK_SIGNATURE, value(&signature)?),
    ];
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(name, value);
    }
    Ok((map, body))
}

fn judge(status: StatusCode, headers: &HeaderMap, now: DateTime<Utc>) -> Verdict {
    if status.is_success() {
        return Verdict::Taken;
    }
    if status == StatusCode::GONE {
        return Verdict::Gone;
    }
    let hint = if status.is_redirection() { ": redirects are not followed" } else { "" };
    let asked = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()).and_then(|text| retry_after(text, now));
    Verdict::NotTaken { error: format!("it answered {status}{hint}"), asked }
}

/// `Retry-After` (RFC 9110 section 10.2.3): seconds, or a date.
fn retry_after(text: &str, now: DateTime<Utc>) -> Option<Duration> {
    let seconds = text.trim().parse().ok().map(Duration::from_secs);
    seconds.or_else(|| (DateTime::parse_from_rfc2822(text.trim()).ok()?.to_utc() - now).to_std().ok())
}

async fn drain(mut response: Response) {
    let drained = timeout(ANSWER_LIMIT, async {
        let mut read = 0;
        while read < MOST_OF_ANSWER
            && let Ok(Some(chunk)) = response.chunk().await
        {
            read += chunk.len();
        }
    });
    // Whatever is left goes with the connection.
    let _ = drained.await;
}

#[cfg(test)]
mod tests {
    use d2d_api::{PageCount, Task, TaskId, TaskStatus};
    use d2d_store::MessageKey;
    use serde_json::Value;

    use super::*;

    const NOON: &str = "2026-05-04T12:00:00Z";

    fn noon() -> DateTime<Utc> {
        NOON.parse().unwrap()
    }

    fn message() -> Message {
        let task = Task {
            id: TaskId::generate(),
            service: "ocr".to_owned(),
            params: Value::Null,
            label: Some("naïve".to_owned()),
            priority: 0,
            status: TaskStatus::Success,
            message: String::new(),
            progress: 100.0,
            pages: PageCount::default(),
            queue_position: None,
            eta_seconds: None,
            attempt: 1,
            retry_at: None,
            error: None,
            partial: false,
            page_errors: Vec::new(),
            expected_files: None,
            files: Vec::new(),
            urls: Vec::new(),
            webhook: None,
            created_at: noon(),
            queued_at: None,
            started_at: None,
            finished_at: Some(noon()),
            expires_at: None,
            seq: 9,
        };
        Message {
            key: MessageKey { task: task.id, seq: 9 },
            token: 1,
            attempts: 0,
            url: "https://example.org".to_owned(),
            secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned(),
            ended_at: noon(),
            task,
            keep: None,
        }
    }

    #[test]
    fn the_signature_can_be_verified() {
        let message = message();
        let (headers, body) = signed(&message, Utc::now()).unwrap();
        let webhook = Webhook::new(&message.secret).unwrap();
        webhook.verify(&body, &headers).unwrap();
        assert!(webhook.verify(&[&body[..], b" "].concat(), &headers).is_err());
        assert!(Webhook::new("whsec_AAAA").unwrap().verify(&body, &headers).is_err());
        let sent: WebhookMessage = serde_json::from_slice(&body).unwrap();
        assert_eq!((sent.kind, sent.timestamp, sent.data), (WebhookEvent::Success, noon(), message.task));
        assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["type"], "task.success");
    }

    #[test]
    fn each_time_the_id_is_the_same_and_the_signature_is_new() {
        let message = message();
        let ((first, _), (later, _)) =
            (signed(&message, noon()).unwrap(), signed(&message, noon() + Duration::from_secs(5)).unwrap());
        assert_eq!(first[HEADER_WEBHOOK_ID], later[HEADER_WEBHOOK_ID]);
        assert_ne!(first[HEADER_WEBHOOK_SIGNATURE], later[HEADER_WEBHOOK_SIGNATURE]);
    }

    #[test]
    fn only_2xx_is_taking_it() {
        let judge = |status: u16| judge(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), noon());
        assert_eq!((judge(200), judge(204), judge(410)), (Verdict::Taken, Verdict::Taken, Verdict::Gone));
        for status in [301, 307, 400, 404, 429, 500, 503] {
            let verdict = judge(status);
            let told = matches!(&verdict, Verdict::NotTaken { error, .. } if error.contains(&status.to_string()));
            assert!(told, "{verdict:?}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let wait = |text| retry_after(text, noon()).map(|wait| wait.as_secs());
        assert_eq!(wait("120"), Some(120));
        assert_eq!(wait("Mon, 04 May 2026 12:01:00 GMT"), Some(60));
        assert_eq!(wait("Mon, 04 May 2026 11:59:00 GMT"), None, "it is over");
        assert_eq!((wait("soon"), wait("-5"), wait("")), (None, None, None));
    }
}

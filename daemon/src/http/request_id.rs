//! The name of a request: in `X-Request-Id`, in problems and in the log.

use std::fmt;
use std::sync::Arc;

use poem::Request;
use poem::http::{HeaderName, HeaderValue};
use uuid::Uuid;

/// The header that carries it.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// The longest one that is taken from a client or a proxy.
const LONGEST: usize = 64;

/// The name of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RequestId(Arc<str>);

impl RequestId {
    /// The one that the client or a proxy before us gave, if it is plain enough for a log; else a new one.
    pub(super) fn of(request: &Request) -> Self {
        match request.headers().get(HEADER).and_then(|value| value.to_str().ok()) {
            Some(given) if is_plain(given) => Self(given.into()),
            _ => Self(Uuid::now_v7().to_string().into()),
        }
    }

    /// As the value of the header.
    pub(super) fn header_value(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.0).ok()
    }

    /// As text.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_plain(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_for(given: &str) -> String {
        RequestId::of(&Request::builder().header(HEADER, given).finish()).to_string()
    }

    #[test]
    fn a_plain_id_is_kept_and_others_are_replaced() {
        assert_eq!(id_for("trace-1.a:2_B"), "trace-1.a:2_B");
        for bad in ["", "a b", "a\"b", "{}", &"x".repeat(65)] {
            assert!(Uuid::try_parse(&id_for(bad)).is_ok(), "{bad}");
        }
    }
}

//! Whether a client takes what an operation answers (RFC 9110 section 12.5.1).

use poem::http::HeaderMap;
use poem::http::header::ACCEPT;

/// Whether one of the `produced` media types is accepted. Without the header everything is; what can't be read of it
/// refuses nothing. A problem is sent whatever is accepted: section 15.5.7 leaves that to the server.
pub(super) fn accepts(headers: &HeaderMap, produced: &[&str]) -> bool {
    let mut ranges = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).peekable();
    if ranges.peek().is_none() || produced.is_empty() {
        return true;
    }
    let ranges: Vec<Range<'_>> = ranges.flat_map(|value| value.split(',')).filter_map(Range::read).collect();
    ranges.is_empty() || produced.iter().any(|media_type| is_accepted(media_type, &ranges))
}

/// The most exact range that fits decides.
fn is_accepted(media_type: &str, ranges: &[Range<'_>]) -> bool {
    let (kind, subtype) = split(media_type);
    if kind == "*" {
        return true;
    }
    let fitting = ranges.iter().filter(|range| range.fits(kind, subtype));
    fitting.max_by_key(|range| range.exactness()).is_some_and(|range| !range.refused)
}

/// One media range.
struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    /// Its weight is 0: not acceptable.
    refused: bool,
}

impl<'a> Range<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let weight = parts.find_map(|parameter| parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q=")));
        let refused = weight.is_some_and(|weight| weight.parse::<f32>().is_ok_and(|weight| weight <= 0.0));
        Some(Self { kind: kind.trim(), subtype: subtype.trim(), refused })
    }

    fn fits(&self, kind: &str, subtype: &str) -> bool {
        let is = |range: &str, part: &str| range == "*" || range.eq_ignore_ascii_case(part);
        is(self.kind, kind) && is(self.subtype, subtype)
    }

    fn exactness(&self) -> u8 {
        u8::from(self.kind != "*") + u8::from(self.subtype != "*")
    }
}

/// Type and subtype, without parameters.
fn split(media_type: &str) -> (&str, &str) {
    let plain = media_type.split(';').next().unwrap_or_default().trim();
    plain.split_once('/').unwrap_or((plain, ""))
}

#[cfg(test)]
mod tests {
    use poem::http::HeaderValue;

    use super::*;

    fn takes(accept: &'static str, produced: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        accepts(&headers, produced)
    }

    #[test]
    fn what_is_accepted_is_answered_and_nothing_else() {
        const JSON: &[&str] = &["application/json; charset=utf-8"];
        for accept in [
            "*/*",
            "application/json",
            "Application/*",
            "text/html, application/json;q=0.1",
            "text/html,*/*;q=0.8",
            "application/json; charset=utf-8",
            "",
            "nonsense",
        ] {
            assert!(takes(accept, JSON), "{accept}");
        }
        for accept in ["text/html", "image/*", "application/json;q=0", "application/json;q=0.0, */*", "application/xml"]
        {
            assert!(!takes(accept, JSON), "{accept}");
        }
    }

    #[test]
    fn files_of_any_type_and_empty_answers_are_always_fine() {
        assert!(takes("text/plain", &["*/*"]));
        assert!(takes("text/plain", &[]));
        assert!(accepts(&HeaderMap::new(), &["application/json"]));
    }
}

//! Whether what a client has, or wants, is still what there is (RFC 9110 section 13).

use d2d_api::ProblemCode;
use poem::Response;
use poem::http::header::{CACHE_CONTROL, ETAG};
use poem::http::{HeaderMap, StatusCode};
use poem::web::headers::{ETag, HeaderMapExt, IfMatch, IfNoneMatch};

use crate::http::problem::Failure;

/// What caches may do with results: keep them for who fetched them, and ask each time.
pub(super) const CACHING: &str = "private, no-cache";

/// The entity tag, to compare with.
pub(super) fn parse(tag: &str) -> Result<ETag, Failure> {
    tag.parse().map_err(|_| Failure::internal(&"a stored hash is no entity tag"))
}

/// Judges the conditions of a request for what has that tag, in the order of section 13.2.2. Answers the response if they
/// decide it: the client has it already.
///
/// Results have no date of modification, so conditions on dates don't apply (sections 13.1.3 and 13.1.4).
pub(super) fn judge(headers: &HeaderMap, tag: &str) -> Result<Option<Response>, Failure> {
    let parsed = parse(tag)?;
    if headers.typed_get::<IfMatch>().is_some_and(|wanted| !wanted.precondition_passes(&parsed)) {
        let detail = format!("what is there has the entity tag {tag}, which `If-Match` does not name");
        return Err(Failure::new(ProblemCode::RequestPreconditionFailed, detail));
    }
    let known = headers.typed_get::<IfNoneMatch>().is_some_and(|known| !known.precondition_passes(&parsed));
    let unchanged = || Response::builder().status(StatusCode::NOT_MODIFIED).header(ETAG, tag);
    Ok(known.then(|| unchanged().header(CACHE_CONTROL, CACHING).finish()))
}

#[cfg(test)]
mod tests {
    use poem::http::header::{HeaderName, HeaderValue, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH};

    use super::*;

    fn judged(conditions: &[(HeaderName, &'static str)]) -> Result<u16, ProblemCode> {
        let headers = conditions.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
        let response = judge(&headers, "\"now\"").map_err(|failure| failure.code)?;
        Ok(response.map_or(200, |response| response.status().as_u16()))
    }

    #[test]
    fn conditions_are_judged_as_rfc_9110_has_them() {
        let failed = Err(ProblemCode::RequestPreconditionFailed);
        assert_eq!(judged(&[]), Ok(200));
        for (value, answer) in [
            ("\"now\"", Ok(200)),
            ("*", Ok(200)),
            ("\"a\", \"now\"", Ok(200)),
            ("\"a\"", failed),
            ("W/\"now\"", failed),
        ] {
            assert_eq!(judged(&[(IF_MATCH, value)]), answer, "If-Match: {value}");
        }
        for (value, status) in
            [("\"now\"", 304), ("W/\"now\"", 304), ("*", 304), ("\"a\", \"now\"", 304), ("\"a\"", 200)]
        {
            assert_eq!(judged(&[(IF_NONE_MATCH, value)]), Ok(status), "If-None-Match: {value}");
        }
        assert_eq!(judged(&[(IF_MATCH, "\"a\""), (IF_NONE_MATCH, "*")]), failed, "If-Match goes first");
        assert_eq!(judged(&[(IF_MODIFIED_SINCE, "Sat, 29 Oct 2094 19:43:31 GMT")]), Ok(200), "there is no date");
    }
}

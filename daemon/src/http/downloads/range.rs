//! Which part of a file a request asks for (RFC 9110 section 14).

use std::ops::Range;

use poem::http::HeaderMap;
use poem::http::header::RANGE;
use poem::web::headers::{ETag, HeaderMapExt, IfRange};

/// Which part of a file to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// These bytes of it.
    Bytes(Range<u64>),
    /// The range lies outside.
    Unsatisfiable,
}

/// The part that the headers ask for, of a file of `length` bytes with that entity tag.
///
/// Several ranges at once are answered with the whole file, as are ranges of another version of it (`If-Range`) and what
/// can't be read: RFC 9110 section 14.2 allows to ignore the header.
pub(super) fn asked_for(headers: &HeaderMap, length: u64, tag: &ETag) -> Part {
    let range = headers.get(RANGE).and_then(|value| value.to_str().ok()).and_then(|text| text.split_once('='));
    // The names of units are not case-sensitive (section 14.1).
    let range = range.filter(|(unit, _)| unit.eq_ignore_ascii_case("bytes")).map(|(_, range)| range);
    let Some((first, last)) = range.and_then(|range| range.trim().split_once('-')) else { return Part::Whole };
    if headers.typed_get::<IfRange>().is_some_and(|condition| condition.is_modified(Some(tag), None)) {
        return Part::Whole;
    }
    let range = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(length),
        (Some(first), None) if last.is_empty() => first..length,
        // The end of an empty file is all of it, which no `Content-Range` can say.
        (None, Some(1..)) if first.is_empty() && length == 0 => return Part::Whole,
        (None, Some(count)) if first.is_empty() => length.saturating_sub(count)..length,
        _ => return Part::Whole,
    };
    if range.is_empty() { Part::Unsatisfiable } else { Part::Bytes(range) }
}

/// A number of digits only: `parse` takes a sign too. One that is larger than any file is as good as the largest.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use poem::http::HeaderValue;

    use super::*;

    fn part(range: &'static str, condition: Option<&'static str>) -> Part {
        let mut headers = HeaderMap::new();
        headers.insert("range", HeaderValue::from_static(range));
        if let Some(condition) = condition {
            headers.insert("if-range", HeaderValue::from_static(condition));
        }
        asked_for(&headers, 100, &"\"now\"".parse().unwrap())
    }

    #[test]
    fn single_ranges_are_cut_to_the_file() {
        assert_eq!(part("bytes=0-9", None), Part::Bytes(0..10));
        assert_eq!(part("bytes=90-", None), Part::Bytes(90..100));
        assert_eq!(part("bytes=-5", None), Part::Bytes(95..100));
        assert_eq!(part("bytes=-500", None), Part::Bytes(0..100));
        assert_eq!(part("bytes=50-500", None), Part::Bytes(50..100));
        assert_eq!(part("bytes=0-0", None), Part::Bytes(0..1));
        assert_eq!(part("Bytes=0-9", None), Part::Bytes(0..10));
        assert_eq!(part("bytes=90-99999999999999999999", None), Part::Bytes(90..100));
        assert_eq!(part("bytes=-99999999999999999999", None), Part::Bytes(0..100));
    }

    #[test]
    fn an_empty_file_has_an_end_but_no_beginning() {
        let part = |range: &'static str| {
            let headers = HeaderMap::from_iter([(RANGE, HeaderValue::from_static(range))]);
            asked_for(&headers, 0, &"\"now\"".parse().unwrap())
        };
        assert_eq!(part("bytes=-5"), Part::Whole);
        assert_eq!(part("bytes=0-"), Part::Unsatisfiable);
        assert_eq!(part("bytes=-0"), Part::Unsatisfiable);
    }

    #[test]
    fn what_lies_outside_is_unsatisfiable() {
        assert_eq!(part("bytes=100-", None), Part::Unsatisfiable);
        assert_eq!(part("bytes=100-200", None), Part::Unsatisfiable);
        assert_eq!(part("bytes=-0", None), Part::Unsatisfiable);
        assert_eq!(part("bytes=99999999999999999999-", None), Part::Unsatisfiable);
    }

    #[test]
    fn all_else_is_the_whole_file() {
        assert_eq!(part("bytes=0-1,5-6", None), Part::Whole);
        for odd in ["lines=0-1", "bytes=", "bytes=-", "bytes=9-0", "bytes=a-b", "bytes=+1-2", "bytes=1--2"] {
            assert_eq!(part(odd, None), Part::Whole, "{odd}");
        }
        assert_eq!(part("bytes=0-9", Some("\"earlier\"")), Part::Whole);
        assert_eq!(part("bytes=0-9", Some("\"now\"")), Part::Bytes(0..10));
        // Only strong tags say that parts fit together, and there is no date to compare with (RFC 9110 section 13.1.5).
        assert_eq!(part("bytes=0-9", Some("W/\"now\"")), Part::Whole);
        assert_eq!(part("bytes=0-9", Some("Sat, 29 Oct 1994 19:43:31 GMT")), Part::Whole);
        assert_eq!(asked_for(&HeaderMap::new(), 100, &"\"now\"".parse().unwrap()), Part::Whole);
    }
}

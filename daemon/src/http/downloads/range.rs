//! Which part of a file a request asks for (RFC 9110 section 14).

use std::ops::{Bound, Range};

use poem::http::HeaderMap;
use poem::web::headers::{self, ETag, HeaderMapExt, IfRange};

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
/// can't be read.
pub(super) fn asked_for(headers: &HeaderMap, length: u64, tag: &ETag) -> Part {
    let Some(range) = headers.typed_get::<headers::Range>() else { return Part::Whole };
    if headers.typed_get::<IfRange>().is_some_and(|condition| condition.is_modified(Some(tag), None)) {
        return Part::Whole;
    }
    let several = headers.get_all("range").iter().any(|value| value.as_bytes().contains(&b','));
    if several {
        return Part::Whole;
    }
    let Some((start, end)) = range.satisfiable_ranges(length).next() else { return Part::Unsatisfiable };
    let start = match start {
        Bound::Included(first) => first,
        Bound::Excluded(before) => before.saturating_add(1),
        Bound::Unbounded => 0,
    };
    let end = match end {
        Bound::Included(last) => last.saturating_add(1).min(length),
        Bound::Excluded(end) => end.min(length),
        Bound::Unbounded => length,
    };
    if start < end { Part::Bytes(start..end) } else { Part::Unsatisfiable }
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
    }

    #[test]
    fn what_lies_outside_is_unsatisfiable() {
        assert_eq!(part("bytes=100-", None), Part::Unsatisfiable);
        assert_eq!(part("bytes=100-200", None), Part::Unsatisfiable);
        assert_eq!(part("bytes=-0", None), Part::Unsatisfiable);
    }

    #[test]
    fn all_else_is_the_whole_file() {
        assert_eq!(part("bytes=0-1,5-6", None), Part::Whole);
        assert_eq!(part("lines=0-1", None), Part::Whole);
        assert_eq!(part("bytes=0-9", Some("\"earlier\"")), Part::Whole);
        assert_eq!(part("bytes=0-9", Some("\"now\"")), Part::Bytes(0..10));
        assert_eq!(asked_for(&HeaderMap::new(), 100, &"\"now\"".parse().unwrap()), Part::Whole);
    }
}

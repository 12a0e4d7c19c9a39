//! Page ranges as people write them: `1-3,7,10-`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// The longest text that is taken for ranges, in bytes.
const LONGEST: usize = 1000;

/// Which pages of a document: `1-3,7,10-`, from 1; without an end a range goes on to the last page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PageRanges(Vec<PageRange>);

/// First and last page, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PageRange {
    first: u32,
    last: Option<u32>,
}

/// A text that is not page ranges.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}; write page ranges like `1-3,7,10-`, counting from 1")]
pub struct BadPageRanges(String);

impl PageRanges {
    /// The pages of a document of `total` pages that lie in the ranges: ascending, each once.
    #[must_use]
    pub fn select(&self, total: u32) -> Vec<u32> {
        let mut ranges: Vec<(u32, u32)> =
            self.0.iter().map(|range| (range.first, range.last.unwrap_or(total).min(total))).collect();
        ranges.sort_unstable();
        let mut pages = Vec::new();
        let mut next = 1;
        for (first, last) in ranges {
            pages.extend(first.max(next)..=last);
            next = next.max(last.saturating_add(1));
        }
        pages
    }
}

impl FromStr for PageRanges {
    type Err = BadPageRanges;

    fn from_str(text: &str) -> Result<Self, BadPageRanges> {
        if text.len() > LONGEST {
            return Err(BadPageRanges(format!("the page ranges are longer than {LONGEST} characters")));
        }
        text.split(',').map(|range| range.trim().parse()).collect::<Result<_, _>>().map(Self)
    }
}

impl FromStr for PageRange {
    type Err = BadPageRanges;

    fn from_str(text: &str) -> Result<Self, BadPageRanges> {
        let page = |number: &str| -> Result<u32, BadPageRanges> {
            let digits = number.trim();
            let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            let number = plain.then(|| digits.parse().ok()).flatten().filter(|page| *page > 0);
            number.ok_or_else(|| BadPageRanges(format!("`{digits}` is not a page number")))
        };
        let (first, last) = match text.split_once('-') {
            None => (page(text)?, Some(page(text)?)),
            Some((first, last)) if last.trim().is_empty() => (page(first)?, None),
            Some((first, last)) => (page(first)?, Some(page(last)?)),
        };
        match last {
            Some(last) if last < first => Err(BadPageRanges(format!("`{text}` ends before it begins"))),
            _ => Ok(Self { first, last }),
        }
    }
}

impl fmt::Display for PageRanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, PageRange { first, last }) in self.0.iter().enumerate() {
            let comma = if i > 0 { "," } else { "" };
            match last {
                Some(last) if last == first => write!(f, "{comma}{first}")?,
                Some(last) => write!(f, "{comma}{first}-{last}")?,
                None => write!(f, "{comma}{first}-")?,
            }
        }
        Ok(())
    }
}

impl TryFrom<String> for PageRanges {
    type Error = BadPageRanges;

    fn try_from(text: String) -> Result<Self, BadPageRanges> {
        text.parse()
    }
}

impl From<PageRanges> for String {
    fn from(ranges: PageRanges) -> Self {
        ranges.to_string()
    }
}

impl JsonSchema for PageRanges {
    fn schema_name() -> Cow<'static, str> {
        "PageRanges".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "maxLength": LONGEST,
            "pattern": r"^\s*[0-9]+\s*(-\s*[0-9]*\s*)?(,\s*[0-9]+\s*(-\s*[0-9]*\s*)?)*$",
            "examples": ["1-3,7", "10-"],
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn select(text: &str, total: u32) -> Option<Vec<u32>> {
        text.parse::<PageRanges>().ok().map(|ranges| ranges.select(total))
    }

    #[test]
    fn ranges_select_pages_in_order_each_once() {
        assert_eq!(select("1-3,7", 10), Some(vec![1, 2, 3, 7]));
        assert_eq!(select(" 7 , 1 - 3,2-4", 10), Some(vec![1, 2, 3, 4, 7]));
        assert_eq!(select("9-", 10), Some(vec![9, 10]));
        assert_eq!(select("5-4000000000", 6), Some(vec![5, 6]));
        assert_eq!(select("11", 10), Some(vec![]));
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in ["", ",", "0", "1,,2", "-3", "a", "3-1", "1-2-3", "+1", "99999999999", "1;2"] {
            assert_eq!(select(text, 10), None, "{text}");
        }
        assert_eq!(select(&"1,".repeat(600), 10), None, "too long");
    }

    fn any_ranges() -> impl Strategy<Value = PageRanges> {
        let range = (1_u32..60, prop::option::of(0_u32..20));
        prop::collection::vec(range, 1..8).prop_map(|ranges| {
            let range = |(first, more): (u32, Option<u32>)| PageRange { first, last: more.map(|more| first + more) };
            PageRanges(ranges.into_iter().map(range).collect())
        })
    }

    proptest! {
        /// A page is selected exactly if it exists and lies in one of the ranges.
        #[test]
        fn selects_what_it_says(ranges in any_ranges(), total in 0_u32..100) {
            let wanted = (1..=total).filter(|page| {
                ranges.0.iter().any(|r| r.first <= *page && r.last.is_none_or(|last| *page <= last))
            });
            prop_assert_eq!(ranges.select(total), wanted.collect::<Vec<_>>());
        }

        #[test]
        fn reads_back(ranges in any_ranges()) {
            prop_assert_eq!(ranges.to_string().parse::<PageRanges>(), Ok(ranges));
        }

        #[test]
        fn foreign_text_never_panics(text in ".{0,40}") {
            let _ = text.parse::<PageRanges>().map(|ranges| ranges.select(50));
        }
    }
}

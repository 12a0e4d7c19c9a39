//! Whatever a page and its file's name hold: the result can be parsed, and the words read back.

use std::error::Error;

use proptest::prelude::*;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::{reading, written_bytes};
use crate::format::xml::legal;
use crate::params::Format;

proptest! {
    #[test]
    fn any_text_reads_back(name in any::<String>(), words in prop::collection::vec("[^\\s]{1,6}", 1..6)) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        reads_back(&name, &words).map_err(|error| TestCaseError::fail(error.to_string()))?;
    }
}

fn reads_back(name: &str, words: &[&str]) -> Result<(), Box<dyn Error>> {
    let pages = [(1, reading(&[words])?)];
    let expected: Vec<_> = words.iter().map(|word| legal(word)).collect();
    for format in [Format::Hocr, Format::Alto, Format::Page] {
        let xml = String::from_utf8(written_bytes(format, name, &pages)?)?;
        assert_eq!(xml_words(&xml)?, expected, "{}", format.name());
    }
    let tsv = String::from_utf8(written_bytes(Format::Tsv, name, &pages)?)?;
    let rows: Vec<Vec<&str>> = tsv.trim_end_matches('\n').split('\n').map(|row| row.split('\t').collect()).collect();
    assert!(rows.iter().all(|row| row.len() == 12), "{tsv}");
    let read: Vec<_> = rows.iter().filter(|row| row[0] == "5").map(|row| row[11]).collect();
    let expected: Vec<_> = expected.iter().map(|word| word.replace(char::is_control, " ")).collect();
    assert_eq!(read, expected);
    Ok(())
}

/// The words of an hOCR, ALTO or PAGE document, all of which is parsed.
fn xml_words(xml: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let mut reader = Reader::from_str(xml);
    let (mut words, mut in_word) = (Vec::new(), false);
    loop {
        match reader.read_event()? {
            Event::Start(start) if start.name().as_ref() == "Word" => in_word = true,
            Event::End(end) if end.name().as_ref() == "Word" => in_word = false,
            Event::Start(start) if is_text_of_word(&start, in_word)? => {
                words.push(quick_xml::escape::unescape(&reader.read_text(start.name())?)?.into_owned());
            }
            Event::Start(element) | Event::Empty(element) => {
                for attribute in element.attributes() {
                    let attribute = attribute?;
                    let value = attribute.normalized_value(XmlVersion::Explicit1_0)?;
                    if attribute.key.as_ref() == "CONTENT" {
                        words.push(value.into_owned());
                    }
                }
            }
            Event::Eof => return Ok(words),
            _ => {}
        }
    }
}

fn is_text_of_word(start: &BytesStart<'_>, in_word: bool) -> Result<bool, Box<dyn Error>> {
    let is_hocr = start.try_get_attribute("class")?.is_some_and(|class| &*class.value == "ocrx_word");
    Ok(is_hocr || (in_word && start.name().as_ref() == "Unicode"))
}

//! PAGE, against whole documents.

use std::error::Error;
use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::{expected, sample, written, written_bytes};
use crate::format::file_type;
use crate::params::Format;

#[test]
fn one_page_is_a_document() -> Result<(), Box<dyn Error>> {
    assert_eq!(file_type(Format::Page, 1), ("page.xml", "application/xml"));
    assert_eq!(written(Format::Page, &[(3, sample::upright()?)])?, expected(include_str!("expected/upright.page.xml")));
    Ok(())
}

#[test]
fn pages_are_documents_in_an_archive_that_is_always_the_same() -> Result<(), Box<dyn Error>> {
    assert_eq!(file_type(Format::Page, 2), ("page.zip", "application/zip"));
    let pages = [(5, sample::slanted()?), (12_345, sample::blank()?)];
    let bytes = written_bytes(Format::Page, "scan.pdf", &pages)?;
    assert_eq!(bytes, written_bytes(Format::Page, "scan.pdf", &pages)?);
    let mut archive = ZipArchive::new(Cursor::new(bytes))?;
    assert_eq!(archive.file_names().collect::<Result<Vec<_>, _>>()?, ["00005.page.xml", "12345.page.xml"]);
    let mut slanted = String::new();
    archive.by_index(0)?.read_to_string(&mut slanted)?;
    assert_eq!(slanted, expected(include_str!("expected/slanted.page.xml")));
    let mut blank = String::new();
    archive.by_index(1)?.read_to_string(&mut blank)?;
    assert!(blank.contains("imageFilename=\"scan.pdf#page=12345\" imageWidth=\"100\""), "{blank}");
    assert!(!blank.contains("ReadingOrder"), "an order of nothing is not valid: {blank}");
    Ok(())
}

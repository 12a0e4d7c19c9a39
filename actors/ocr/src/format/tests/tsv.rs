//! TSV, against whole tables.

use std::error::Error;

use super::{expected, sample, written};
use crate::params::Format;

#[test]
fn rows_are_those_of_tesseract() -> Result<(), Box<dyn Error>> {
    let tsv = written(Format::Tsv, &[(3, sample::upright()?), (5, sample::slanted()?), (6, sample::blank()?)])?;
    assert_eq!(tsv, expected(include_str!("expected/pages.tsv")));
    Ok(())
}

//! ALTO, against whole documents.

use std::error::Error;

use super::{expected, sample, written};
use crate::params::Format;

#[test]
fn places_tags_and_processing_are_told() -> Result<(), Box<dyn Error>> {
    let alto = written(Format::Alto, &[(3, sample::upright()?), (5, sample::slanted()?), (6, sample::blank()?)])?;
    assert_eq!(alto, expected(include_str!("expected/pages.alto.xml")));
    Ok(())
}

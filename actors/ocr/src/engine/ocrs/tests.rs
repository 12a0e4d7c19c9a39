//! The engine with models, where there are some.

use std::path::Path;

use super::{Ocrs, OcrsFiles};
use crate::engine::{Engine, EngineError, ReadOptions};

#[test]
fn without_models_it_says_what_to_do() {
    let mut engine = Ocrs::new(OcrsFiles::in_dir(Path::new("/nowhere")));
    let error = engine.recognise(&image::RgbImage::new(50, 50), &ReadOptions::default()).err();
    assert!(matches!(error, Some(EngineError::MissingModel { .. })), "{error:?}");
}

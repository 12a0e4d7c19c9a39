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

/// The models of the project's corpus: the published detection with another recognition model in its form.
#[test]
fn a_page_is_read_with_places_and_confidences() -> Result<(), Box<dyn std::error::Error>> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let files = OcrsFiles::in_dir(&project.join("../shared/models"));
    if !files.are_there() {
        eprintln!("NOT SHOWN that ocrs reads: no models beside the project ({})", files.detection.display());
        return Ok(());
    }
    let image = image::open(project.join("examples/page.png"))?.to_rgb8();
    let mut engine = Ocrs::new(files);
    let page = engine.recognise(&image, &ReadOptions { threads: 2, ..ReadOptions::default() })?;
    assert_eq!(page, engine.recognise(&image, &ReadOptions::default())?, "whatever the number of threads");
    assert!(page.words().count() > 10, "{}", page.text());
    for word in page.words() {
        let bounds = word.quad.bounds();
        assert!(bounds.width() > 0 && bounds.height() > 0 && bounds.height() < 200, "{word:?}");
        assert_eq!(word.chars.len(), word.text.chars().count());
        assert!((0.1..1.01).contains(&word.confidence.value()), "{word:?}");
    }
    assert!(page.lines().any(|line| line.confidence.value() < 1.0), "confidences are the model's own");
    let info = engine.info(&ReadOptions::default())?;
    assert!(info.models[0].name == "ocrs/text-detection.rten" && info.models[0].sha256.starts_with("f15cfb56"));
    Ok(())
}

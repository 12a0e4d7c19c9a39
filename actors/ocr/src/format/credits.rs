//! Who read and wrote a result: this software, the engines, their models. In the results, so that they can be judged
//! and repeated.

use crate::reading::EngineInfo;

/// What this software is called in results.
pub(super) const SOFTWARE: &str = "data2data";

/// Its version.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// An engine with its version if it has one of its own: `ppocr`, `tesseract 5.3.0`.
pub(super) fn engine(engine: &EngineInfo) -> String {
    let version = engine.version.iter().flat_map(|version| [" ", version]);
    std::iter::once(engine.name.as_str()).chain(version).collect()
}

/// The models of an engine with their hashes, parted by semicolons.
pub(super) fn models(engine: &EngineInfo) -> String {
    let models = engine.models.iter().map(|model| format!("{} sha256:{}", model.name, model.sha256));
    models.collect::<Vec<_>>().join("; ")
}

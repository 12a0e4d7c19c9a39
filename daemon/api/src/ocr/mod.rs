//! The ocr service: what text recognition can do, what a client may ask of it at once, and what it answers.

mod capabilities;
mod document;
#[cfg(feature = "openapi")]
mod examples;
mod request;

pub use capabilities::{
    OcrEngine, OcrEngines, OcrFormat, OcrFormats, OcrLanguage, OcrLanguages, OcrModelPack, OcrParamsSchema,
};
pub use document::{
    OcrBlock, OcrBlockKind, OcrDocument, OcrEngineInfo, OcrLine, OcrModel, OcrPage, OcrPreparation, OcrRequest,
    OcrTextSource, OcrWord,
};
pub use request::{OcrEngineChoice, OcrQuality};

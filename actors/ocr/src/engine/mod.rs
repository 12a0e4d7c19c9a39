//! Engines: what reads the text of a page image. Each answers in the page model, in the image's own coordinates.

mod error;
mod interface;
mod options;
pub mod ppocr;

pub use error::EngineError;
pub use interface::Engine;
pub use options::ReadOptions;

pub use crate::params::Quality;

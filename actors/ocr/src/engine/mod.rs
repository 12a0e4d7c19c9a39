//! Engines: what reads the text of a page image. Each answers in the page model, in the image's own coordinates.
//!
//! `choice` tells which one reads which languages, `engines` holds them all in a worker, and `survey` tells what there is
//! on this machine.

mod choice;
mod engines;
mod error;
mod interface;
pub mod ocrs;
mod options;
pub mod ppocr;
mod survey;
pub mod tesseract;

pub use choice::{EngineName, NoEngine, choose};
pub use engines::Engines;
pub use error::EngineError;
pub use interface::Engine;
pub use options::ReadOptions;
pub use survey::{EngineState, LanguageState, PackState, Survey};

pub use crate::params::Quality;

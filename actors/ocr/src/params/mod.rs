//! The parameters of an OCR task: what a client may ask for. Their JSON Schema, checks and documentation all come from
//! the one type here.

mod choices;
mod error;
mod formats;
mod task;

pub use choices::{EngineChoice, Mode, Password, Quality};
pub use error::ParamsError;
pub use formats::Format;
pub use task::OcrParams;

//! PP-OCR: a DB model finds the lines of text, a CTC model reads each. Its ONNX files are run by rten.
//!
//! A page goes through `detector` (image to probability map), `boxes` (map to rotated rectangles, with the help of
//! `components` and `rectangle`), `rectify` (rectangle to an upright strip of pixels), `recogniser` (strips to
//! characters, with `alphabet` and `ctc`) and `text` (characters to words on the page).

mod alphabet;
mod boxes;
mod components;
pub(super) mod ctc;
mod detector;
mod files;
mod reader;
pub(super) mod recogniser;
mod recognisers;
pub(super) mod rectangle;
mod rectify;
pub(super) mod text;

pub(super) use alphabet::is_wide;
pub use files::PpOcrFiles;
pub use reader::{PpOcr, Timing};

//! PP-OCR: a DB model finds the lines of text, a CTC model reads each. Its ONNX files are run by rten.
//!
//! A page goes through `detector` (image to probability map), `boxes` (map to rotated rectangles, with the help of
//! `components` and `rectangle`), `rectify` (rectangle to an upright strip of pixels), `recogniser` (strips to
//! characters, with `alphabet` and `ctc`) and `text` (characters to words on the page).

mod alphabet;
mod boxes;
mod components;
mod ctc;
mod detector;
mod files;
mod reader;
mod recogniser;
mod recognisers;
mod rectangle;
mod rectify;
mod text;

pub use files::PpOcrFiles;
pub use reader::{PpOcr, Timing};

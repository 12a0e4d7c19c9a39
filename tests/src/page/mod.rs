//! Test pages: text that is known, set in real typefaces, degraded as scans are, and written in the formats that users
//! send. Everything is made from a seed, so that a page is the same in every run.

mod broken;
mod degrade;
mod encode;
mod example;
mod fixtures;
mod fonts;
mod passages;
mod pdf;
mod sheet;

pub use broken::{bomb, text, truncated};
pub use encode::Encoding;
pub use example::example;
pub use fixtures::{columns, document, letter, line, poster};
pub use fonts::Face;
pub use passages::{Passage, passage, prose};
pub use pdf::pdf;
pub use sheet::{Column, Sheet, Style};

use image::GrayImage;

/// A page and what stands on it.
#[derive(Debug, Clone)]
pub struct Page {
    /// The scan.
    pub image: GrayImage,
    /// Its text, a line for each line, in reading order.
    pub text: String,
}

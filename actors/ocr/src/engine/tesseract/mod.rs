//! Tesseract, where it is installed: a program that is given a page image and answers with words and their places.
//!
//! The daemon looks for it once (`discover`) and tells its workers. In a worker each page is one run of it: the image
//! goes in as PNM (`pnm`), its answer is awaited (`run`) and read (`tsv`). Which languages it reads is up to the files in
//! its data folder (`data`).

mod data;
mod discover;
mod pnm;
mod reader;
mod run;
mod tsv;

#[cfg(test)]
mod tests;

pub use data::{CODE_PATTERN, is_code};
pub use discover::{DiscoverError, discover};
pub use reader::{Installation, Tesseract};

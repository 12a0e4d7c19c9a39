//! Files to pages: what a file is by its content, how many pages it has, and each of them as upright RGB pixels.
//!
//! Whatever is wrong with a file becomes a refusal that names it and says what to do; no input makes a decoder's panic
//! escape. Sizes are checked from headers before memory is spent; what headers don't tell is for the memory limit of the
//! worker process.

mod density;
mod document;
mod jp2;
mod jpeg;
mod kind;
mod limits;
mod pdf;
mod pixels;
mod raster;
mod source;
mod tiff;

#[cfg(test)]
pub(crate) mod tests;

pub use document::{Document, PageImage};
pub(crate) use jpeg::segment as jpeg_segment;
pub use kind::Kind;
pub use limits::Limits;
pub use pdf::{PageText, merge};

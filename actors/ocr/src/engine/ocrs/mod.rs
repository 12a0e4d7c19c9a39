//! The ocrs project's models: one finds words, one reads lines. English only.
//!
//! The `ocrs` crate finds the words, groups them into lines and cuts these out. The lines are then read here, as the
//! crate does not tell how sure the model is of what it reads. Their order on the page is ours too.

mod files;
mod reader;
mod recogniser;

#[cfg(test)]
mod tests;

pub use files::OcrsFiles;
pub use reader::Ocrs;

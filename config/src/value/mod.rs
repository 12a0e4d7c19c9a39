//! The types of values that settings have beside numbers and texts.

pub(crate) mod duration;
mod secret;
mod size;

pub use secret::Secret;
pub use size::ByteSize;

//! Recognition models: what packs there are, which are installed, and how they get here.
//!
//! Models are not part of the program. A pack is pulled once per user, every file checked against its pinned SHA-256.

mod error;
mod extract;
mod fetch;
mod pack;
mod pull;
mod status;

#[cfg(test)]
mod tests;

pub(crate) use extract::sha256_of;

pub use error::ModelError;
pub use pack::{Origin, PACKS, Pack, PackFile, Wheel, named};
pub use pull::{Progress, PullOptions, Pulled, pull, require};
pub use status::{FileState, FileStatus, PackStatus, list, verify};

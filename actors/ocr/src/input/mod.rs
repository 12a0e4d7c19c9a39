//! Files to pages: what a file is by its content, how many pages it has, and each of them as upright RGB pixels.

mod limits;

pub use limits::Limits;

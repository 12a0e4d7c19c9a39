//! What the console looks like: one file for each region of the screen, each only reading the state.

pub mod confirm;
pub mod detail;
pub mod empty;
pub mod footer;
pub mod header;
pub mod help;
pub mod overview;
pub mod pools;
pub mod popup;
pub mod progress;
pub mod queue;
pub mod screen;
pub mod section;
pub mod status;
pub mod table;
pub mod tasks;
pub mod text;
pub mod theme;
pub mod throughput;

#[cfg(test)]
mod tests;

pub use screen::{draw, task_lines};
pub use text::{bytes, clean, count, fit, span};

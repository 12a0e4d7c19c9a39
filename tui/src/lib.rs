//! The operators' console of data2data.
//!
//! `client` keeps a connection to a daemon and is the only place that talks to it; `state` is what the console knows,
//! changed by events and actions, without any I/O; `ui` draws the state and changes nothing; `keys` is the one table of
//! keys; `run` joins them in one loop.

#![warn(missing_docs)]

pub mod args;
pub mod client;
pub mod event;
pub mod keys;
pub mod report;
pub mod run;
pub mod state;
pub mod ui;

#[cfg(test)]
mod testing;

//! Fetching the files that tasks name by URL.

mod actor;
mod claim;
mod download;
mod fault;
mod name;

pub(crate) use actor::{Fetcher, FetcherArgs, FetcherMsg};

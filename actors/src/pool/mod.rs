//! The worker pools: one for each conversion service, a ractor factory whose workers own one process each.

mod board;
mod fair_queue;
mod handle;
mod job;
mod outstanding;
mod process;
mod stderr;
mod worker;

pub(crate) use board::rss_bytes;
pub(crate) use handle::{PoolHandle, PoolMsg, Pools};
pub(crate) use job::{Outcome, Work};

//! The Dispatcher, and how it hears of tasks.

mod actor;
mod dispatch;
mod leases;
mod news;

pub(crate) use actor::{Dispatcher, DispatcherArgs, DispatcherMsg};
pub(crate) use news::QueueNews;

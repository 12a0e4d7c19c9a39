//! What the console knows: pure data, changed by events and actions, never rendering and never doing I/O.

mod console;
mod filter;
mod link;
mod list;
mod model;
mod notice;
mod order;
mod throughput;
mod view;

#[cfg(test)]
mod tests;

pub use console::{Command, Frozen, Settings, State};
pub use filter::matches;
pub use link::{Link, LinkStatus};
pub use list::TaskList;
pub use model::{Model, task_name};
pub use notice::{Notice, NoticeKind};
pub use order::Sort;
pub use throughput::{BUCKET_SECONDS, Throughput};
pub use view::{Prompt, View};

//! Fan-out of task changes to whoever watches: websockets, the console, tests.

mod actor;
mod inbox;
mod order;

pub(crate) use actor::{Broadcaster, BroadcasterMsg, Subscriber};
pub(crate) use inbox::Inbox;
pub use inbox::{Change, Scope, Subscription};

//! Fan-out of task changes to whoever watches: websockets, the console, tests.

mod actor;
mod inbox;
mod order;
mod places;

pub(crate) use actor::{Broadcaster, BroadcasterArgs, BroadcasterMsg, Subscriber};
pub(crate) use inbox::Inbox;
#[cfg(test)]
pub(crate) use inbox::tests as testing;
pub use inbox::{Change, Scope, Subscription};
pub(crate) use places::Places;
pub use places::QueuePlaces;
